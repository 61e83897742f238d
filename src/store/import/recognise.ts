import type { Dirent } from 'node:fs';
import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { checkPath, unescapePath } from '../../gomod/module-path.ts';
import { canonicalModuleVersion } from '../../gomod/version.ts';
import { asStoreError, errnoOf } from '../errors.ts';
import { ATHENS_MOD, ATHENS_ZIP } from './athens.ts';
import { ImportError } from './errors.ts';
import type { Source, SourceKind } from './types.ts';

/** Names that are looked at before a directory counts as none of a source. */
const MAX_NAMES = 50_000;
const MAX_DEPTH = 40;
/** Levels above a directory that was named too deep. */
const MAX_ABOVE = 6;

/** The first module that a directory shows: where it is, and in whose layout. */
interface Evidence {
  readonly kind: 'athens' | 'tree';
  /** Names of the directories from the root to the module. */
  readonly segments: readonly string[];
}

/**
 * Finds out what `named` is, by a few names in it. With `forced` only what that kind needs is looked for. Throws
 * ImportError, which says what to name instead where that can be guessed; StoreError when it cannot be read.
 */
export async function recognise(named: string, forced?: SourceKind): Promise<Source> {
  const root = await rootOf(named);
  const found = await stat(root);
  const isDirectory = found?.isDirectory() === true;
  if (!isDirectory && found?.isFile() !== true) {
    throw none(named, 'is neither a directory nor a file', 'name what modules are to be taken from');
  }
  if (forced === 'archive' && isDirectory) {
    throw none(named, 'is a directory, and an archive is one file', 'leave --from away, or name the file');
  }
  if (!isDirectory) {
    if (forced !== undefined && forced !== 'archive') {
      throw none(named, 'is a file', `name the directory of the ${WORDS[forced]}`);
    }
    return { kind: 'archive', root, why: 'it is a file' };
  }
  if (await isDir(root, 'cache', 'download')) {
    if (forced === undefined || forced === 'gomodcache') {
      return { kind: 'gomodcache', root, why: 'it has cache/download in it' };
    }
  } else if (forced === 'gomodcache') throw await noModcache(named, root);
  if (forced === undefined) await refuseNeighbours(named, root);
  const evidence = await findEvidence(root, forced === 'athens' ? 'athens' : forced && 'tree');
  if (evidence === 'cut' && forced !== undefined) return { kind: forced, root, why: 'it was named as that' };
  if (evidence === undefined || evidence === 'cut') throw await nothing(named, root, forced);
  requireWholePath(named, root, evidence);
  const at = evidence.segments.join('/');
  if (evidence.kind === 'athens') {
    return { kind: 'athens', root, why: `it has ${at} with ${ATHENS_ZIP} in it` };
  }
  return { kind: forced ?? 'tree', root, why: `it has ${at}/@v in it` };
}

/** What a source is called. */
export const WORDS: Readonly<Record<SourceKind, string>> = {
  gomodcache: 'GOMODCACHE',
  athens: 'disk storage of Athens',
  goproxy: 'cache directory of goproxy',
  tree: 'GOPROXY tree',
  archive: 'archive',
};

async function rootOf(named: string): Promise<string> {
  try {
    return await fsp.realpath(named);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== 'ENOENT' && errno !== 'ENOTDIR') throw asStoreError(error, named, 'read');
    const what = 'name a GOMODCACHE (go env GOMODCACHE), the directory of another proxy, or an archive';
    throw new ImportError('not-there', `cache import: there is no ${named}; ${what}`, { cause: error });
  }
}

async function stat(file: string): Promise<import('node:fs').Stats | undefined> {
  try {
    return await fsp.stat(file);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    throw asStoreError(error, file, 'read');
  }
}

async function isDir(...parts: readonly string[]): Promise<boolean> {
  return (await stat(path.join(...parts)))?.isDirectory() === true;
}

function none(named: string, why: string, next: string): ImportError {
  return new ImportError('no-source', `cache import: ${named} ${why}; ${next}`);
}

/** Directories that people name when they mean another one. */
async function refuseNeighbours(named: string, root: string): Promise<void> {
  if (await isDir(root, 'pkg', 'mod', 'cache', 'download')) {
    throw none(named, 'is a GOPATH, not a GOMODCACHE', `did you mean ${path.join(named, 'pkg', 'mod')}?`);
  }
  if (await isDir(root, 'mod', 'cache', 'download')) {
    throw none(
      named,
      'is the pkg directory of a GOPATH, not a GOMODCACHE',
      `did you mean ${path.join(named, 'mod')}?`,
    );
  }
  const parent = path.dirname(root);
  if (path.basename(root) === 'cache' && (await isDir(root, 'download'))) {
    throw none(named, 'is the cache directory of a GOMODCACHE', `did you mean ${parent}?`);
  }
  if ((await stat(path.join(root, ATHENS_ZIP)))?.isFile() === true) {
    throw none(named, 'is one version in the disk storage of Athens', 'name the top of that storage');
  }
  for (const mark of ['go.mod', 'go.work']) {
    if ((await stat(path.join(root, mark))) !== undefined) throw checkout(named, mark);
  }
}

function checkout(named: string, mark: string): ImportError {
  const why = `is a source checkout (it has ${mark} in it), and nothing in one can be vouched for`;
  return none(named, why, 'name a GOMODCACHE (go env GOMODCACHE tells yours) or the directory of a proxy');
}

async function noModcache(named: string, root: string): Promise<ImportError> {
  await refuseNeighbours(named, root);
  return none(
    named,
    'is no GOMODCACHE: it has no cache/download in it, where go keeps zips',
    'what is only unpacked cannot be taken over; go env GOMODCACHE tells yours',
  );
}

async function nothing(named: string, root: string, forced: SourceKind | undefined): Promise<ImportError> {
  let hasTrees = false;
  for await (const entry of entriesOf(root)) {
    if (entry.name === '.git') return checkout(named, entry.name);
    hasTrees ||= entry.isDirectory() && /@v\d/.test(entry.name);
  }
  const what = forced === undefined ? 'nothing to import from' : `no ${WORDS[forced]}`;
  const why = hasTrees
    ? `is ${what}: it has unpacked modules, and no @v directory with zips`
    : `is ${what}: no @v directory and no version directory with ${ATHENS_ZIP} was found in it`;
  return none(
    named,
    why,
    'name a GOMODCACHE, the top of a GOPROXY tree, of the cache directory of goproxy or of the disk storage of Athens',
  );
}

/** Depth first, as the first module is never far from the root. `cut`: more names than are looked at have none. */
async function findEvidence(
  root: string,
  only: Evidence['kind'] | undefined,
): Promise<Evidence | 'cut' | undefined> {
  const waiting: (readonly string[])[] = [[]];
  let names = 0;
  for (let segments = waiting.pop(); segments !== undefined; segments = waiting.pop()) {
    const below: string[] = [];
    const files = new Set<string>();
    for await (const entry of entriesOf(path.join(root, ...segments), segments.length > 0)) {
      names += 1;
      if (names > MAX_NAMES) return 'cut';
      if (entry.isFile()) files.add(entry.name);
      else if (entry.isDirectory()) below.push(entry.name);
    }
    const version = segments.at(-1) ?? '';
    if (only !== 'athens' && below.includes('@v')) return { kind: 'tree', segments };
    if (only !== 'tree' && isAthensVersion(version, files))
      return { kind: 'athens', segments: segments.slice(0, -1) };
    if (segments.length >= MAX_DEPTH) continue;
    for (const name of below.sort().reverse()) if (!name.startsWith('.')) waiting.push([...segments, name]);
  }
  return undefined;
}

function isAthensVersion(name: string, files: ReadonlySet<string>): boolean {
  return (
    canonicalModuleVersion(name) === name &&
    name !== '' &&
    (files.has(ATHENS_ZIP) || (files.has(ATHENS_MOD) && files.has(`${name}.info`)))
  );
}

/** @param mayFail what cannot be read holds nothing */
async function* entriesOf(dir: string, mayFail = false): AsyncGenerator<Dirent> {
  try {
    yield* await fsp.opendir(dir);
  } catch (error) {
    const passed = /^(?:ENOENT|ENOTDIR|EACCES|EPERM)$/.test(errnoOf(error) ?? '');
    if (!passed || !mayFail) throw asStoreError(error, dir, 'read');
  }
}

/** Names of modules are where their directories are: a root that is too deep, or too high, would change them all. */
function requireWholePath(named: string, root: string, { kind, segments }: Evidence): void {
  const isModule = (parts: readonly string[]) => isModulePath(kind, parts.join('/'));
  if (isModule(segments)) return;
  const above = root.split(path.sep);
  for (let levels = 1; levels <= Math.min(MAX_ABOVE, above.length - 1); levels++) {
    if (!isModule([...above.slice(-levels), ...segments])) continue;
    const top = above.slice(0, -levels).join(path.sep) || path.sep;
    throw none(named, `lies within a ${KINDS[kind]}`, `did you mean ${top}?`);
  }
  for (let levels = 1; levels < segments.length; levels++) {
    if (!isModule(segments.slice(levels))) continue;
    const top = path.join(named, ...segments.slice(0, levels));
    throw none(named, `has a ${KINDS[kind]} further down in it`, `did you mean ${top}?`);
  }
}

const KINDS = { athens: WORDS.athens, tree: WORDS.tree } as const;

function isModulePath(kind: Evidence['kind'], name: string): boolean {
  if (kind === 'athens') return checkPath(name) === undefined;
  try {
    unescapePath(name);
    return true;
  } catch {
    return false;
  }
}
