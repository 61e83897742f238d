import { posix } from 'node:path';
import { readGoMod } from '../gomod/modfile/read-mod.ts';
import { readGoWork } from '../gomod/modfile/read-work.ts';
import { parseGoSum } from '../gomod/sum.ts';
import { TOOLCHAIN } from '../gomod/toolchain.ts';
import type { Platform } from '../platform/types.ts';
import type { ModVer } from '../store/types.ts';
import { KeepListError } from './errors.ts';
import { GitError } from './git/command.ts';
import type { Objects } from './git/objects.ts';
import { openObjects } from './git/open.ts';

export interface KeepRequest {
  /** A directory of the repository. */
  readonly dir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: Pick<Platform, 'change' | 'forge'>;
  /** Token for the server of the checkout. */
  readonly token: string | undefined;
  /** False: only what the checkout has. */
  readonly fetch: boolean;
  /** Branches, tags and commits, as `gitRefProblem` allows them. */
  readonly refs: readonly string[];
}

/** What a ref was found to need. */
export interface KeptRef {
  readonly ref: string;
  readonly commit: string;
  /** Module versions that its files name. */
  readonly versions: number;
}

export interface KeptModules {
  readonly keep: (mv: ModVer) => boolean;
  readonly refs: readonly KeptRef[];
  /** What the user is to know, one line each; may hold text of the repository. */
  readonly warnings: readonly string[];
}

/** A go.sum of the largest projects has some thousand lines; this many are no module set any more. */
const MAX_VERSIONS = 2_000_000;

const FILES: ReadonlySet<string> = new Set(['go.mod', 'go.sum', 'go.work', 'go.work.sum']);

/**
 * The module versions that commits need, from their go.mod, go.sum, go.work and go.work.sum files, all of them, read
 * without a checkout. A branch or tag is looked up at the remote when there is one, else in the checkout.
 * Throws KeepListError.
 */
export async function keptModules(request: KeepRequest): Promise<KeptModules> {
  if (request.refs.length === 0) return { keep: () => false, refs: [], warnings: [] };
  const opened = await openObjects(request);
  if (opened.state !== 'open') {
    const why = opened.state === 'none' ? 'there is no git repository' : opened.why;
    throw failure(
      request.refs,
      `${request.dir}: ${why}; run this in a checkout of the repository, or leave the refs out`,
    );
  }
  try {
    return await readRefs(opened.objects, request);
  } catch (error) {
    if (error instanceof KeepListError) throw error;
    const what = error instanceof Error ? error.message : String(error);
    throw failure(request.refs, `${what}; ${opened.advice}`);
  } finally {
    await opened.objects.close();
  }
}

async function readRefs(objects: Objects, { refs, fetch }: KeepRequest): Promise<KeptModules> {
  const warnings: string[] = [];
  const remote = fetch ? await askRemote(objects, refs, warnings) : new Map<string, string>();
  const versions = new Set<string>();
  const found: KeptRef[] = [];
  for (const ref of refs) {
    const commit = isCommit(ref) ? ref : (remote.get(ref) ?? (await localCommit(objects, ref)));
    if (commit === undefined) {
      const fix = 'check its name, fetch it first, or take it out of the list';
      throw failure([ref], `neither the checkout nor its remote has a branch, tag or commit ${ref}; ${fix}`);
    }
    const set = await readCommit(objects, ref, commit, warnings);
    for (const name of set) versions.add(name);
    if (versions.size > MAX_VERSIONS) throw failure([ref], `more than ${MAX_VERSIONS} module versions`);
    found.push({ ref, commit, versions: set.size });
  }
  return { keep: mv => versions.has(nameOf(mv)), refs: found, warnings };
}

/** A remote that cannot be asked is no reason to stop as long as the checkout has the ref. */
async function askRemote(
  objects: Objects,
  refs: readonly string[],
  warnings: string[],
): Promise<ReadonlyMap<string, string>> {
  const names = refs.filter(ref => !isCommit(ref));
  if (names.length === 0) return new Map();
  try {
    return await objects.refsOf(names);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    if (error.detail !== 'no remote') {
      warnings.push(`keep-refs: ${error.message}; the refs are taken as the checkout has them`);
    }
    return new Map();
  }
}

async function localCommit(objects: Objects, ref: string): Promise<string | undefined> {
  for (const name of [`refs/remotes/origin/${ref}`, ref]) {
    const { git } = objects.repository;
    const commit = await git.ask([
      'rev-parse',
      '--verify',
      '--quiet',
      '--end-of-options',
      `${name}^{commit}`,
    ]);
    if (commit !== undefined && isCommit(commit)) return commit;
  }
  return undefined;
}

async function readCommit(
  objects: Objects,
  ref: string,
  commit: string,
  warnings: string[],
): Promise<ReadonlySet<string>> {
  const entries = (await objects.entries(commit)).filter(
    ({ kind, path }) => kind === 'file' && FILES.has(posix.basename(path)),
  );
  if (!entries.some(({ path }) => posix.basename(path) === 'go.mod')) {
    warnings.push(`keep-refs: ${ref} (${commit.slice(0, 12)}) has no go.mod, so nothing is kept for it`);
    return new Set();
  }
  const blobs = await objects.blobs(entries.map(({ oid }) => oid));
  const versions = new Set<string>();
  let doubtful: string | undefined;
  for (const { path, oid } of entries) {
    const blob = blobs.get(oid);
    if (blob === undefined || 'why' in blob) {
      throw failure([ref], `${path} of ${commit.slice(0, 12)} cannot be read: ${blob?.why ?? 'it is gone'}`);
    }
    const problem = collect(posix.basename(path), blob.bytes, mv => versions.add(nameOf(mv)));
    if (problem !== undefined) doubtful ??= `${path}: ${problem}`;
  }
  if (doubtful !== undefined && versions.size === 0) {
    throw failure([ref], `its files name no module at all, and ${doubtful}; mend it or take the ref out`);
  }
  if (doubtful !== undefined) {
    warnings.push(`keep-refs: ${ref}: ${doubtful}; what else the file says is kept`);
  } else if (versions.size === 0) {
    warnings.push(`keep-refs: ${ref} (${commit.slice(0, 12)}) needs no module`);
  }
  return versions;
}

/** Adds what a file names; returns the first thing in it that cannot be read. */
function collect(name: string, bytes: Uint8Array, add: (mv: ModVer) => void): string | undefined {
  if (name === 'go.sum' || name === 'go.work.sum') {
    const { entries, problems } = parseGoSum(bytes, name);
    for (const { module: path, version } of entries) add({ path, version });
    const [first] = problems;
    return first === undefined ? undefined : `line ${first.line}: ${first.reason}`;
  }
  const work = name === 'go.work';
  const read = work ? undefined : readGoMod(bytes);
  const { problems, file } =
    read === undefined
      ? (({ work: file, problems: of }) => ({ file, problems: of }))(readGoWork(bytes))
      : { file: read.mod, problems: read.problems };
  for (const { path, version } of read?.mod.require ?? []) add({ path: path.value, version: version.value });
  for (const { newPath, newVersion } of file.replace) {
    if (newVersion !== undefined) add({ path: newPath.value, version: newVersion.value });
  }
  // One release is a version for each platform; they are kept under one name.
  for (const go of [file.toolchain?.value.value, file.go && `go${file.go.value.value}`]) {
    if (go !== undefined) add({ path: TOOLCHAIN, version: go });
  }
  return problems[0]?.message;
}

/** `path@version`; of Go's own releases the release alone, whatever the platform. */
function nameOf({ path, version }: ModVer): string {
  if (path !== TOOLCHAIN) return `${path}@${version}`;
  const release = /^v0\.0\.1-(go[0-9].*)\.[a-z0-9]+-[a-z0-9]+$/.exec(version)?.[1] ?? version;
  return `${path}@${release}`;
}

function isCommit(ref: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(ref);
}

function failure(refs: readonly string[], why: string): KeepListError {
  return new KeepListError(
    `the modules of ${refs.join(', ')} could not be told, so nothing was removed: ${why}`,
  );
}
