import { ForgeError } from './forges/errors.ts';
import type { Commit, Forge } from './forges/types.ts';
import type { Index } from './types.ts';

export interface ExplainerParts {
  readonly forges: readonly Forge[];
  readonly index: Pick<Index, 'unexplained' | 'explain'>;
  /** ms since 1970. */
  readonly now: () => number;
  /** Ends early, without an error, when the signal fires. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: (line: string) => void;
}

/** Asks the forges who is behind the first sightings, for as long as the collector runs. */
export interface Explainer {
  /** Resolves when nothing is asked any more. */
  close(): Promise<void>;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Commits that are taken from the index at once, and how many are asked about at a time. */
const ROUND = 50;
const LANES = 2;
/** The index is asked for new commits this often, ms, and at most one part in so many of the time. */
const IDLE_MS = 5_000;
const IDLE_SHARE = 50;
/** Pauses after which a forge or an index that is away is tried again, ms. */
const AWAY_MS = { first: 30_000, most: 60 * MINUTE } as const;
/** A token that is not taken will not be taken in a minute. */
const TOKEN_MS = 60 * MINUTE;

/** When something that may yet change is asked again: after as long as it is old, between these, ms. */
const AGAIN_MS = { least: 10 * MINUTE, most: 3 * DAY } as const;
/** Commits without a change get one within this time or never; and a change that is open for longer is left alone. */
const NO_CHANGE_MS = 30 * DAY;
const OPEN_MS = 180 * DAY;

/** Begins to ask. Each forge goes its own way, so that one that is slow or away holds up no other. */
export function startExplainer(parts: ExplainerParts): Explainer {
  const ending = new AbortController();
  const done = Promise.all(parts.forges.map(forge => keepAsking(forge, parts, ending.signal)));
  return {
    async close() {
      ending.abort();
      await done;
    },
  };
}

async function keepAsking(forge: Forge, parts: ExplainerParts, ending: AbortSignal): Promise<void> {
  const { index, now, sleep, log } = parts;
  let pause: number = AWAY_MS.first;
  let trouble = '';
  const told = new Set<string>();
  while (!ending.aborted) {
    try {
      const began = performance.now();
      const owners = forge.owners.length === 0 ? {} : { owners: forge.owners };
      const commits = await index.unexplained({
        forges: [{ iss: forge.issuer, ...owners }],
        now: now(),
        limit: ROUND,
      });
      const took = performance.now() - began;
      await inLanes(commits, ending, commit => explainOne(forge, commit, parts, told));
      if (trouble !== '' && commits.length > 0) {
        log(`${forge.url} answers again`);
        trouble = '';
      }
      pause = AWAY_MS.first;
      if (commits.length < ROUND) await sleep(Math.max(IDLE_MS, IDLE_SHARE * took), ending);
    } catch (error) {
      if (ending.aborted) return;
      const message = error instanceof Error ? error.message : String(error);
      if (message !== trouble) log(`changes are not looked up for now: ${message}`);
      trouble = message;
      const refused = error instanceof ForgeError && error.code === 'token';
      await sleep(refused ? TOKEN_MS : pause * (0.5 + Math.random() / 2), ending);
      pause = Math.min(pause * 2, AWAY_MS.most);
    }
  }
}

/** Asks about one commit and keeps the answer. Throws ForgeError for what would be no better with another commit. */
async function explainOne(
  forge: Forge,
  commit: Commit,
  { index, now, log }: ExplainerParts,
  told: Set<string>,
): Promise<void> {
  const age = Math.max(0, now() - commit.seen);
  const later = now() + Math.min(Math.max(age, AGAIN_MS.least), AGAIN_MS.most);
  try {
    const found = await forge.changeOf(commit);
    const over = found === undefined ? age > NO_CHANGE_MS : found.settled || age > OPEN_MS;
    await index.explain(commit, found?.change, over ? undefined : later);
  } catch (error) {
    if (!(error instanceof ForgeError) || error.code === 'token' || error.code === 'closing') throw error;
    // What is not there, or not for us, is remembered as that; rights and repositories may yet come.
    const over = (error.code === 'absent' || error.code === 'denied') && age > NO_CHANGE_MS;
    await index.explain(commit, undefined, over ? undefined : later);
    // A forge may be down for one commit alone, which is put off like the others so that it does not stay in their way.
    if (error.code === 'down') throw error;
    if (error.code === 'absent' || told.has(error.message) || told.size > MAX_TOLD) return;
    told.add(error.message);
    log(`no change is known for ${commit.sha.slice(0, 12)} of ${commit.repository}: ${error.message}`);
  }
}

const MAX_TOLD = 100;

/** A few at a time; the first error ends it when those under way are done. */
async function inLanes<T>(
  items: readonly T[],
  ending: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  let failed: { readonly error: unknown } | undefined;
  const lane = async (): Promise<void> => {
    for (const item of left) {
      if (ending.aborted || failed !== undefined) return;
      await work(item).catch((error: unknown) => {
        failed ??= { error };
      });
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  if (failed !== undefined) throw failed.error;
}
