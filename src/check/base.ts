import type { Change } from '../platform/types.ts';
import { CheckError } from './errors.ts';
import { GitError } from './git/command.ts';
import type { Objects } from './git/objects.ts';
import { mergeBase, parentsOf } from './git/repository.ts';
import { nearestRef } from './nearest-ref.ts';

/** The two commits that a change is held against; often the same. */
export interface Base {
  readonly state: 'found';
  /** How people call it: a branch or what the user named. */
  readonly name: string;
  /** What the tree is compared with: where the change left the base, or what it was merged into. */
  readonly compare: string;
  /** Whose policy, waivers and baseline count: the tip of the base. */
  readonly policy: string;
  /** What the reader must know about how they were found; one line each. */
  readonly warnings: readonly string[];
}

export type BaseState =
  | Base
  /** The base cannot be had; everything is to be checked. In words, one line each. */
  | { readonly state: 'unavailable'; readonly why: string; readonly advice: string };

/** What is asked for: `--base`, or the change that the platform tells of. */
export type BaseQuestion =
  | { readonly ref: string }
  | {
      readonly change: Change;
      /** How to get a deeper checkout there. */
      readonly advice: string;
      /** Only `policy` is asked for: nothing is fetched to find what the tree is compared with. */
      readonly policyOnly?: true;
    };

/** Depths that a common ancestor is looked for in, one after the other. */
const DEPTHS = [50, 500, 5_000, 50_000];

/**
 * Finds the commits of the base, fetching what the checkout lacks. Throws CheckError `usage` for a ref that is
 * proven not to exist, NeedsFetch where fetching is needed and not allowed.
 */
export async function findBase(objects: Objects, question: BaseQuestion): Promise<BaseState> {
  const { head } = objects.repository;
  if (head === undefined) {
    const why = 'the checkout has no commit yet';
    if ('ref' in question) throw new CheckError('usage', `--base ${question.ref}: ${why}; commit first`);
    return { state: 'unavailable', why, advice: question.advice };
  }
  try {
    return 'ref' in question
      ? await ofRef(objects, question.ref, head)
      : await ofChange(objects, question, head);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    const advice =
      'ref' in question
        ? 'give the checkout more depth, or fetch the base: git fetch origin'
        : question.advice;
    return { state: 'unavailable', why: error.message, advice };
  }
}

async function ofChange(
  objects: Objects,
  { change, advice, policyOnly }: Extract<BaseQuestion, { change: Change }>,
  head: string,
): Promise<BaseState> {
  const name = change.baseRef || change.baseSha?.slice(0, 12) || 'the target branch';
  const parents = await parentsOf(objects.repository.git, head);
  const warnings: string[] = [];

  const [onto, merged] = parents;
  const platformMerged = parents.length === 2 && change.headSha === merged && change.headSha !== head;
  if (platformMerged && onto !== undefined) {
    // The platform merged the change into the branch as it was then, which may be newer than the event says.
    await objects.need([onto]);
    return { state: 'found', name, compare: onto, policy: onto, warnings };
  }
  const told = change.baseSha ?? (await tip(objects, change.baseRef));
  if (told === undefined) {
    return { state: 'unavailable', why: 'the platform does not tell the target branch', advice };
  }
  if (told === head) return nothingOfTheChange(head, advice);

  const policy = change.tipUnknown === true ? await newestOf(objects, change, told, warnings) : told;
  if (policyOnly) {
    await objects.need([policy]);
    return { state: 'found', name, compare: told, policy, warnings };
  }
  const known = change.tipUnknown === true || parents.includes(told);
  const compare = known ? told : await ancestor(objects, told, head);
  if (compare === head) return nothingOfTheChange(head, advice);
  if (compare === undefined) warnings.push(unrelated(name));
  const base = compare ?? told;
  await objects.need([base, policy]);
  return { state: 'found', name, compare: base, policy, warnings };
}

function nothingOfTheChange(head: string, advice: string): BaseState {
  const why = `the checkout (${head.slice(0, 12)}) is the target branch itself and holds nothing of the change`;
  return { state: 'unavailable', why, advice: `check out the change: ${advice}` };
}

function unrelated(name: string): string {
  return `${name} and the checkout have no common ancestor that could be found; the checkout is compared with ${name} itself`;
}

/** The tip of the target branch, for platforms that tell only where the change left it. */
async function newestOf(
  objects: Objects,
  { baseRef }: Change,
  left: string,
  warnings: string[],
): Promise<string> {
  try {
    const newest = await tip(objects, baseRef);
    if (newest !== undefined) {
      await objects.need([newest]);
      return newest;
    }
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    warnings.push(
      `the policy is that of ${left.slice(0, 12)}, where the change left ${baseRef}, because the newest commit of ${baseRef} could not be fetched: ${error.message}`,
    );
  }
  return left;
}

async function tip(objects: Objects, branch: string): Promise<string | undefined> {
  return branch === '' ? undefined : await objects.tipOf(branch);
}

/** The best common ancestor; in a shallow clone looked for in the remote's history, deeper and deeper. */
async function ancestor(objects: Objects, base: string, head: string): Promise<string | undefined> {
  const { git, shallow } = objects.repository;
  const found = (await objects.hasLocally(base)) ? await mergeBase(git, base, head) : undefined;
  if (found !== undefined) return found;
  if (!shallow && (await objects.hasLocally(base))) return undefined;
  const history = await objects.openHistory();
  try {
    for (const depth of DEPTHS) {
      await history.fetchHistory([base, head], depth);
      const common = await mergeBase(history.git, base, head);
      if (common !== undefined) return common;
    }
    return undefined;
  } finally {
    await history.close();
  }
}

async function ofRef(objects: Objects, ref: string, head: string): Promise<BaseState> {
  const { repository } = objects;
  const { git, shallow } = repository;
  const commit =
    (await commitOf(objects, ref)) ??
    (await commitOf(objects, `refs/remotes/origin/${ref}`)) ??
    (shallow ? await fetched(objects, ref) : undefined);
  if (commit === undefined) {
    const near = await nearestRef(git, ref);
    const hint = near === undefined ? '' : ` (did you mean ${near}?)`;
    const branch = ref.replace(/^(?:refs\/remotes\/)?origin\//, '');
    const plain = BRANCH.test(branch)
      ? `fetch it first: git fetch origin ${branch}`
      : 'check how it is written';
    throw new CheckError(
      'usage',
      `--base ${ref}: there is no such commit in this repository${hint}; ${plain}`,
    );
  }
  const compare = await ancestor(objects, commit, head);
  const warnings = compare === undefined ? [unrelated(ref)] : [];
  await objects.need([compare ?? commit, commit]);
  return { state: 'found', name: ref, compare: compare ?? commit, policy: commit, warnings };
}

async function commitOf(objects: Objects, ref: string): Promise<string | undefined> {
  // What begins with a dash would be read as an option, whatever stands before it in old versions of git.
  if (ref === '' || ref.startsWith('-') || ref.length > 1000 || ref.includes('\0')) return undefined;
  const { git } = objects.repository;
  return (await git.ask(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`])) || undefined;
}

/** What git allows in the name of a branch, as far as its characters go. */
const BRANCH = /^[^\s~^:?*[\\@-][^\s~^:?*[\\]*$/;

/** A ref of the remote; undefined when the remote proves that it has no such branch. */
async function fetched(objects: Objects, ref: string): Promise<string | undefined> {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(ref)) {
    const sha = ref.toLowerCase();
    await objects.need([sha]);
    return sha;
  }
  const branch = ref.replace(/^(?:refs\/heads\/|(?:refs\/remotes\/)?origin\/)/, '');
  if (!BRANCH.test(branch)) return undefined;
  const sha = await tip(objects, branch);
  if (sha !== undefined) await objects.need([sha]);
  return sha;
}
