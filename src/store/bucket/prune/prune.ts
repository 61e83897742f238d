import { StoreError } from '../../errors.ts';
import { parseEntry, pinOf } from '../../index-entry.ts';
import { LOOSE_MS, PIN_MS, TEMP_MS } from '../../keep-times.ts';
import { MAX_INDEX_SIZE, PRUNED } from '../../layout.ts';
import { Ledger } from '../../prune/ledger.ts';
import { RECENT_MS } from '../../prune/remove-version.ts';
import type { PruneOptions, PruneReason, PruneReport } from '../../prune/types.ts';
import { Cutter, UseTimes } from '../../prune/use-times.ts';
import type { IndexEntry, ModVer } from '../../types.ts';
import { Lanes } from '../../verify/lanes.ts';
import { bytesOf, isLoose, type ListedModule, listedModules, writtenOf } from '../contents.ts';
import { BucketError } from '../errors.ts';
import { readSmall } from '../read-small.ts';
import type { Bucket } from '../types.ts';
import { Claims } from './claims.ts';
import { Notes } from './notes.ts';
import { sweepOwnObjects } from './own-objects.ts';
import { AT_ONCE, type Doomed, indexKey, removeVersions } from './removal.ts';
import { requireRights } from './rights.ts';

/** Entries that are read at once; the bucket has a bound of its own. */
const READS_AT_ONCE = 32;

/** A version and what is to become of it. */
interface Candidate extends Doomed {
  readonly mv: ModVer;
  /** Last use, ms since the epoch. */
  readonly used: number;
}

interface Going extends Candidate {
  readonly reason: PruneReason;
}

/**
 * Removes from a bucket what its rules are against, as `prune` does from a directory, with the same report. See
 * removal.ts for why that is safe beside running sessions, other prunes, and at any kill.
 *
 * Two passes at most: the first removes by time and age, and adds up how much was last used when; the second, only when
 * the bucket is still too large, removes the least recently used. Each is a listing of all objects, in whose order
 * versions are looked at and removed some hundred at a time: memory grows with the largest module, the notes of use and
 * nothing else.
 *
 * Throws StoreError `store-read-only` when nothing can be removed and this is no dry run; BucketError when the bucket
 * cannot be read to begin with. What fails later ends the prune: it is in `failed`, and the report says what was done.
 */
export async function pruneBucket(bucket: Bucket, options: PruneOptions): Promise<PruneReport> {
  if (!options.dryRun) await requireRights(bucket);
  return await new BucketPrune(bucket, options).run();
}

class BucketPrune {
  readonly #bucket: Bucket;
  readonly #options: PruneOptions;
  readonly #ledger: Ledger;
  readonly #times = new UseTimes();
  #going: Going[] = [];
  /** Lists of modules that have no versions. */
  #lists: string[] = [];

  constructor(bucket: Bucket, options: PruneOptions) {
    this.#bucket = bucket;
    this.#options = options;
    this.#ledger = new Ledger(bucket.location, options);
  }

  async run(): Promise<PruneReport> {
    const { now, keepSinceMs, dryRun } = this.#options;
    const foreign = (key: string, why: string) => this.#ledger.foreign.add(key, why);
    const notes = await Notes.read(this.#bucket, { now, keepSinceMs, foreign });
    const claims = await Claims.read(this.#bucket);
    let finished = false;
    try {
      finished = (await this.#look(notes, claims)) && (await this.#own()) && (await this.#shrink(notes));
      if (finished && !dryRun) {
        await claims.settle();
        const { files, bytes } = await notes.join();
        if (files > 0) this.#ledger.sweep('log', Math.max(0, bytes), files);
      }
      this.#ledger.otherBytes += notes.bytes;
      if (!dryRun) await this.#mark(finished);
    } catch (error) {
      if (!(error instanceof BucketError) && !(error instanceof StoreError)) throw error;
      finished = false;
      this.#ledger.failed.add('', error.message);
    }
    return this.#ledger.report(finished);
  }

  async #mark(finished: boolean): Promise<void> {
    const { now } = this.#options;
    const bytes = JSON.stringify({ v: 1, at: now, finished, bytes: this.#ledger.bytesLeft });
    await this.#bucket.put(PRUNED, Buffer.from(bytes));
  }

  async #own(): Promise<boolean> {
    const { now, maxBytes, dryRun } = this.#options;
    const own = await sweepOwnObjects(this.#bucket, {
      now,
      maxBytes,
      dryRun,
      stop: () => this.#isTime(),
      swept: (litter, bytes) => this.#ledger.sweep(litter, bytes),
      failed: (key, why) => this.#ledger.failed.add(key, why),
    });
    this.#ledger.otherBytes += own.bytes;
    if (!dryRun) await this.#dropUploads();
    return own.finished;
  }

  /** What a killed process left of a large object; not every service tells of those. */
  async #dropUploads(): Promise<void> {
    try {
      const dropped = await this.#bucket.dropUploads(this.#options.now - TEMP_MS);
      if (dropped > 0) this.#ledger.sweep('temp', 0, dropped);
    } catch (error) {
      if (!(error instanceof BucketError) || !/^(?:denied|invalid|service)$/.test(error.code)) throw error;
      if (error.code === 'denied') this.#ledger.failed.add('', error.message);
    }
  }

  /** The first pass: what time and age are against goes at once. */
  async #look(notes: Notes, claims: Claims): Promise<boolean> {
    const foreign = (key: string, why: string) => this.#ledger.foreign.add(key, why);
    const lanes = new Lanes(READS_AT_ONCE);
    const isClaimed = ({ mv, state }: Candidate) =>
      claims.has(mv) && writtenOf(state) <= this.#options.now - RECENT_MS;
    for await (const candidate of this.#candidates(notes, foreign, this.#bare)) {
      if (this.#isTime()) return await this.#give(lanes, false);
      const { state } = candidate;
      if (isLoose(state)) await lanes.run(() => this.#loose(candidate));
      else {
        this.#ledger.see(bytesOf(state));
        if (isClaimed(candidate)) await lanes.run(() => this.#resume(candidate));
        else await this.#decide(candidate, lanes);
      }
      if (this.#going.length >= AT_ONCE || this.#lists.length >= AT_ONCE) {
        await lanes.end();
        await this.#remove();
      }
    }
    return await this.#give(lanes, true);
  }

  async #give(lanes: Lanes, finished: boolean): Promise<boolean> {
    await lanes.end();
    await this.#remove();
    return finished;
  }

  /** A version that an earlier prune was about to remove: whether it had begun is told by its entry. */
  async #resume(candidate: Candidate): Promise<void> {
    const entry = candidate.state.index === undefined ? undefined : await this.#entry(candidate);
    if (entry === undefined || hasNoFacts(entry)) this.#take(candidate, 'resumed');
    else await this.#decide(candidate);
  }

  async #decide(candidate: Candidate, lanes?: Lanes): Promise<void> {
    const reason = this.#judge(candidate);
    if (reason === 'doubt') {
      const judged = () => this.#judgeAge(candidate);
      await (lanes === undefined ? judged() : lanes.run(judged));
    } else if (reason !== undefined) this.#take(candidate, reason);
  }

  async #judgeAge(candidate: Candidate): Promise<void> {
    const { now, maxAgeMs = 0 } = this.#options;
    if ((await this.#firstSeen(candidate)) < now - maxAgeMs) this.#take(candidate, 'age');
    else this.#times.add(candidate.used, bytesOf(candidate.state));
  }

  /** `doubt`: its entry has to tell when it was first seen. */
  #judge({ mv, state, used }: Candidate): PruneReason | 'doubt' | undefined {
    const { now, keepSinceMs, maxAgeMs, keep } = this.#options;
    const ledger = this.#ledger;
    const bytes = bytesOf(state);
    const inUse = used > now - RECENT_MS;
    if (keep?.(mv) === true) return void ledger.listed.add(bytes);
    if (inUse) return void ledger.recent.add(bytes);
    if (used < now - keepSinceMs) return 'unused';
    if (maxAgeMs !== undefined) return 'doubt';
    return void this.#times.add(used, bytes);
  }

  /** A version without an index entry was first seen when its files were written. */
  async #firstSeen(candidate: Candidate): Promise<number> {
    const entry = candidate.state.index === undefined ? undefined : await this.#entry(candidate);
    const seen = entry === undefined ? Number.NaN : Date.parse(entry.firstSeen);
    return Number.isNaN(seen) ? writtenOf(candidate.state) : seen;
  }

  async #entry(candidate: Candidate): Promise<IndexEntry | undefined> {
    const found = await readSmall(this.#bucket, indexKey(candidate), MAX_INDEX_SIZE);
    if (found === undefined || found.bytes === 'oversize') return undefined;
    return parseEntry(found.bytes, candidate.mv);
  }

  /** The second pass. */
  async #shrink(notes: Notes): Promise<boolean> {
    const { maxBytes, now, keepSinceMs, maxAgeMs, dryRun, keep } = this.#options;
    const ledger = this.#ledger;
    const excess = ledger.bytesLeft + notes.bytes - maxBytes;
    if (excess <= 0) return true;
    ledger.phase = 'shrink';
    const cutter = new Cutter(this.#times.cut(excess));
    for await (const candidate of this.#candidates(notes, () => undefined)) {
      if (this.#isTime()) return await this.#give(new Lanes(1), false);
      const { mv, state, used } = candidate;
      if (isLoose(state) || used > now - RECENT_MS || keep?.(mv) === true) continue;
      // In a dry run those are still there that the first pass counted.
      if (dryRun && used < now - keepSinceMs) continue;
      if (dryRun && maxAgeMs !== undefined && (await this.#firstSeen(candidate)) < now - maxAgeMs) continue;
      if (cutter.takes(used, bytesOf(state))) this.#take(candidate, 'size');
      if (this.#going.length >= AT_ONCE) await this.#remove();
    }
    await this.#remove();
    return true;
  }

  async *#candidates(
    notes: Notes,
    foreign: (key: string, why: string) => void,
    bare: (module: ListedModule) => void = () => undefined,
  ): AsyncGenerator<Candidate> {
    for await (const module of listedModules(this.#bucket, { foreign })) {
      const { dir, path } = module;
      if (module.versions.size === 0) bare(module);
      for (const state of module.versions.values()) {
        const mv = { path, version: state.version };
        const used = Math.max(notes.uses.of(mv) ?? 0, state.index?.modified ?? 0, writtenOf(state));
        yield { module: { dir, path }, state, mv, used };
      }
      this.#ledger.tell();
    }
  }

  /** A list without a version is taken away, unless a commit may be on its way. */
  readonly #bare = ({ dir, list, latest }: ListedModule): void => {
    const old = this.#options.now - RECENT_MS;
    if (list !== undefined && list.modified < old) this.#lists.push(`${dir}/list`);
    if (latest !== undefined && latest.modified < old) {
      this.#lists.push(`${dir.slice(0, -'/@v'.length)}/@latest`);
    }
  };

  /** An index entry without any file, long after the last commit that could be on its way. */
  async #loose(candidate: Candidate): Promise<void> {
    const { now, dryRun } = this.#options;
    const { index } = candidate.state;
    if (index === undefined) return;
    const age = now - index.modified;
    const isPin = async () => {
      const entry = await this.#entry(candidate);
      return entry !== undefined && pinOf(entry) !== undefined;
    };
    if (age <= LOOSE_MS || (age <= PIN_MS && (await isPin()))) {
      this.#ledger.otherBytes += index.size;
      return;
    }
    const [left] = dryRun ? [] : await this.#bucket.remove([indexKey(candidate)]);
    if (left === undefined) this.#ledger.sweep('index', index.size);
    else this.#ledger.failed.add(left.key, left.why);
  }

  #take(candidate: Candidate, reason: PruneReason): void {
    this.#going.push({ ...candidate, reason });
  }

  /** Removes what was taken so far. */
  async #remove(): Promise<void> {
    const ledger = this.#ledger;
    // Those whose entry had to be read first have come behind others.
    const all = this.#going.toSorted((a, b) => (`${a.module.dir}/` < `${b.module.dir}/` ? -1 : 1));
    this.#going = [];
    const lists = this.#lists;
    this.#lists = [];
    if (lists.length > 0 && !this.#options.dryRun) {
      for (const { key, why } of await this.#bucket.remove(lists)) ledger.failed.add(key, why);
    }
    for (let at = 0; at < all.length; at += AT_ONCE) {
      const going = all.slice(at, at + AT_ONCE);
      const outcomes = this.#options.dryRun
        ? undefined
        : await removeVersions(this.#bucket, going, {
            pins: 'stay',
            failed: (key, why) => ledger.failed.add(key, why),
          });
      let path: string | undefined;
      for (const each of going) {
        if (path !== undefined && path !== each.module.path) ledger.moduleDone(path);
        path = each.module.path;
        const outcome = outcomes === undefined ? 'removed' : outcomes.get(each);
        if (outcome === 'removed') ledger.remove(each.reason, bytesOf(each.state));
        else if (outcome === 'used') ledger.meanwhile.add(bytesOf(each.state));
      }
      if (path !== undefined) ledger.moduleDone(path);
      ledger.tell();
    }
  }

  #isTime(): boolean {
    return this.#options.until?.aborted === true;
  }
}

/** What a prune left of the entry of a version: its pins. */
function hasNoFacts({ info, mod, zip }: IndexEntry): boolean {
  return info === undefined && mod === undefined && zip === undefined;
}
