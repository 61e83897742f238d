import { lineageOf } from '../platform/cache/build-keys.ts';
import { CACHE_PREFIX } from '../platform/cache/keys.ts';

/** An entry of the shared cache as the forge lists it. Times in milliseconds since the epoch. */
export interface SharedEntry {
  readonly id: number;
  readonly key: string;
  /** Whose runs may read it: those of this ref, and of the branches and pull requests that begin at it. */
  readonly ref: string;
  /** Entries of different versions do not see each other. */
  readonly version: string;
  readonly bytes: number;
  readonly created: number;
  readonly accessed: number;
}

/** Whether a ref is still there. `closed`: a pull request that is; `unknown`: nobody would tell. */
export type RefState = 'open' | 'gone' | 'closed' | 'unknown';

/** What is known besides the list. */
export interface Known {
  /** Milliseconds since the epoch. */
  readonly now: number;
  refState(ref: string): RefState;
  /** Keys that an entry needs besides itself, by its manifest; undefined when that could not be read. */
  parents(entry: SharedEntry): readonly string[] | undefined;
}

export type Reason =
  /** Keep: a job that runs may have begun with it, and may name it when it saves. */
  | 'in-use'
  /** Keep: the one that the next job of its branch restores. */
  | 'newest'
  /** Keep: lends files to a newest one. */
  | 'parent'
  /** Keep: a newest one whose manifest this job cannot read may need it. */
  | 'perhaps-parent'
  /** Keep: of a version of modgate that this one does not know. */
  | 'not-ours'
  /** Delete: of a version of modgate that nobody reads any more. */
  | 'old-format'
  /** Delete: its branch or tag is gone, its pull request closed. */
  | 'ref-gone'
  /** Delete: a newer one has taken its place. */
  | 'replaced'
  /** Delete: nobody read it for so long that the forge itself would have let it go. */
  | 'unread';

export interface Verdict {
  readonly entry: SharedEntry;
  readonly keep: boolean;
  readonly why: Reason;
}

/** Every entry of modgate's begins so. */
export const ALL_ENTRIES = 'modgate-';
const OLD = /^modgate-v1-/;

/** Longest that a job of a hosted runner lasts: until then it may save, and name what it began with. */
const JOB_MS = 6 * 3_600_000;
/** A ref that was left a moment ago may have jobs that still run. */
const LEFT_MS = 3_600_000;
/** GitHub itself forgets what nobody read for seven days. */
const UNREAD_MS = 8 * 86_400_000;

/**
 * The entries that the next job of each ref would restore: the newest of each ref and version. Only of these
 * a manifest is worth reading.
 */
export function newestEntries(entries: readonly SharedEntry[]): SharedEntry[] {
  return newestOf(entries, ({ key }) => (key.startsWith(CACHE_PREFIX) ? '' : undefined));
}

/** The newest of each ref, version and kind; those without a kind are left out. */
function newestOf(
  entries: readonly SharedEntry[],
  kindOf: (entry: SharedEntry) => string | undefined,
): SharedEntry[] {
  const newest = new Map<string, SharedEntry>();
  for (const entry of entries) {
    const kind = kindOf(entry);
    if (kind === undefined) continue;
    const group = JSON.stringify([entry.ref, entry.version, kind]);
    const other = newest.get(group);
    if (other === undefined || isNewer(entry, other)) newest.set(group, entry);
  }
  return [...newest.values()];
}

/**
 * What becomes of each entry, in the order of the list. Pure. An entry goes only when it is known that nobody
 * needs it: where a manifest or the state of a ref cannot be had, age alone decides, and only after so long
 * that the forge would have dropped the entry itself.
 */
export function judgeEntries(entries: readonly SharedEntry[], known: Known): Verdict[] {
  const newest = newestEntries(entries);
  const isNewest = new Set(newest.map(entry => entry.id));
  const newestBuilds = new Set(newestOf(entries, ({ key }) => lineageOf(key)).map(entry => entry.id));
  const named = new Set<string>();
  let blindSince = Number.NEGATIVE_INFINITY;
  for (const entry of newest) {
    if (isGone(known.refState(entry.ref))) continue;
    const parents = known.parents(entry);
    if (parents === undefined) blindSince = Math.max(blindSince, entry.created);
    else for (const key of parents) named.add(key);
  }
  return entries.map(entry => {
    const keep = (why: Reason): Verdict => ({ entry, keep: true, why });
    const drop = (why: Reason): Verdict => ({ entry, keep: false, why });
    const age = known.now - Math.max(entry.created, entry.accessed);
    if (OLD.test(entry.key)) return age < JOB_MS ? keep('in-use') : drop('old-format');
    const lineage = lineageOf(entry.key);
    if (lineage === undefined && !entry.key.startsWith(CACHE_PREFIX)) return keep('not-ours');
    const state = known.refState(entry.ref);
    if (isGone(state)) return known.now - entry.created < LEFT_MS ? keep('in-use') : drop('ref-gone');
    if (lineage !== undefined) {
      // A job reads one when it begins, and none lends anything to another.
      if (newestBuilds.has(entry.id)) return age < UNREAD_MS ? keep('newest') : drop('unread');
      return age < LEFT_MS ? keep('in-use') : drop('replaced');
    }
    // Read by a manifest of another ref too: pull requests build on what their target branch saved.
    if (named.has(entry.key)) return keep('parent');
    if (isNewest.has(entry.id)) {
      const judged = state === 'open' || known.parents(entry) !== undefined;
      return judged || age < UNREAD_MS ? keep('newest') : drop('unread');
    }
    if (age < JOB_MS) return keep('in-use');
    // Parents are older than what names them.
    if (entry.created > blindSince) return drop('replaced');
    return age < UNREAD_MS ? keep('perhaps-parent') : drop('unread');
  });
}

function isGone(state: RefState): boolean {
  return state === 'gone' || state === 'closed';
}

function isNewer(a: SharedEntry, b: SharedEntry): boolean {
  return a.created > b.created || (a.created === b.created && a.id > b.id);
}
