import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type BaseState, findBase } from './base.ts';
import { CheckError } from './errors.ts';
import { type Head, headOf, headOnDisk } from './files/head.ts';
import { GitError } from './git/command.ts';
import { type OpenObjects, openObjects } from './git/open.ts';
import { untrackedModuleFiles } from './git/repository.ts';
import { judge } from './judge.ts';
import { noGo } from './no-go.ts';
import type { CheckOutcome, CheckRequest } from './types.ts';

const MAIN_FILE = /(?:^|\/)go\.(?:mod|work)$/;

/** What is checked, and all that was found out about where it comes from. */
export interface Subject {
  readonly request: CheckRequest;
  /** Root of the repository, or the directory itself where there is none. */
  readonly root: string;
  /** The checked directory in it; empty for all. */
  readonly prefix: string;
  readonly opened: OpenObjects;
  readonly head: Head;
  readonly untracked: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Checks a tree against its policy: all of it, or what a change brings. Writes nothing but the baseline when it
 * is asked to. Throws CheckError; ConfigError for a policy file that cannot be used; PolicyError.
 */
export async function runCheck(request: CheckRequest): Promise<CheckOutcome> {
  const dir = directory(request);
  const { env, platform, token } = request;
  const opened = await openObjects({ dir, env, platform, token, fetch: true });
  try {
    const subject = await subjectOf(request, dir, opened);
    const { entries } = subject.head;
    const inside = subject.prefix === '' ? '' : `${subject.prefix}/`;
    const hasGo = entries.some(({ path }) => MAIN_FILE.test(path) && path.startsWith(inside));
    if (!hasGo) return await noGo(subject);
    return await judge(subject, await baseOf(subject));
  } finally {
    if (opened.state === 'open') await opened.objects.close();
  }
}

function directory({ dir }: CheckRequest): string {
  let isDirectory = false;
  try {
    isDirectory = statSync(dir).isDirectory();
  } catch {}
  if (!isDirectory) {
    throw new CheckError(
      'usage',
      `${dir} is no directory; name the directory to check, or none for this one`,
    );
  }
  return resolve(dir);
}

async function subjectOf(request: CheckRequest, dir: string, opened: OpenObjects): Promise<Subject> {
  const common = { request, opened };
  if (opened.state !== 'open') {
    const why =
      opened.state === 'none'
        ? 'this is no git repository, so the files on the disk are checked as they are'
        : `git cannot be used (${opened.why}), so the files on the disk are checked as they are`;
    return { ...common, ...onDisk(dir, why) };
  }
  const { repository } = opened.objects;
  const { root, prefix } = repository;
  try {
    const [head, untracked] = await Promise.all([
      headOf(opened.objects),
      repository.bare ? [] : untrackedModuleFiles(repository),
    ]);
    const below = untracked.filter(path => prefix === '' || path.startsWith(`${prefix}/`));
    if (head.entries.length > 0 || repository.bare) {
      return { ...common, root, prefix, head, untracked: below, warnings: head.warnings };
    }
    return { ...common, ...onDisk(dir, 'git tracks no file here, so the files on the disk are checked') };
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    const why = `git cannot read this repository (${error.message}), so the files on the disk are checked as they are`;
    return { ...common, ...onDisk(dir, why) };
  }
}

type OnDisk = Pick<Subject, 'root' | 'prefix' | 'head' | 'untracked' | 'warnings'>;

function onDisk(dir: string, why: string): OnDisk {
  const head = headOnDisk(dir);
  return { root: dir, prefix: '', head, untracked: [], warnings: [why, ...head.warnings] };
}

/** What the tree is compared with; undefined when nobody asked for a comparison. */
async function baseOf({ request, opened, root }: Subject): Promise<BaseState | undefined> {
  const { base, platform, updateBaseline } = request;
  if (updateBaseline === true) {
    if (base === undefined) return undefined;
    throw new CheckError(
      'usage',
      'a baseline is made from everything that is there; leave out --base, or --update-baseline',
    );
  }
  if (base === undefined && platform.change === undefined) return undefined;
  if (opened.state === 'open' && opened.objects.repository.root === root) {
    const question = base === undefined ? undefined : { ref: base };
    const change = platform.change && { change: platform.change, advice: opened.advice };
    const asked = question ?? change;
    return asked === undefined ? undefined : await findBase(opened.objects, asked);
  }
  const why = opened.state === 'unreadable' ? opened.why : 'this is no git repository with commits';
  if (base !== undefined && platform.change === undefined) {
    throw new CheckError('usage', `--base ${base}: ${why}; leave out --base to check everything`);
  }
  return { state: 'unavailable', why, advice: opened.advice };
}
