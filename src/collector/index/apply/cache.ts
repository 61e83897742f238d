import { Recent } from '../../../tlog/recent.ts';

/** Numbers of a module version. */
export interface ModverIds {
  readonly module: number;
  readonly modver: number;
}

const NAMES = 50_000;

/** What a writer knows of committed rows, kept over transactions: it stays true, whoever else writes. */
export class ApplyCache {
  /** Numbers already given, by `modverKey`: they never change. */
  readonly modvers = new Recent<ModverIds>(NAMES);
  readonly sightings = new SightingBounds();
}

/** A power of two; 16 bytes each. */
const SLOTS = 2 ** 17;
/** Numbers of module versions are below it, or have keys of text. */
const LOW = 2 ** 26;

/** What a first sighting is of, in memory; text is not kept there. */
export type SightingKey = number | string;

/**
 * Times at which something had been seen at the latest: first sightings only ever become earlier, so that what is seen
 * later than its bound needs no look at the table. Each key has one place, and the newest of those that share it stays.
 */
export class SightingBounds {
  /** 0 is the key of nothing: numbers of rows begin at 1. */
  readonly #keys = new Float64Array(SLOTS);
  readonly #bounds = new Float64Array(SLOTS);

  /** Whether it was seen before `at` (ms since 1970), as far as is known here. */
  seenBefore(key: SightingKey, at: number): boolean {
    if (typeof key === 'string') return false;
    const slot = slotOf(key);
    return this.#keys[slot] === key && at > (this.#bounds[slot] ?? 0);
  }

  /** Something had been seen at `at`, and that is committed. */
  note(key: SightingKey, at: number): void {
    if (typeof key === 'string') return;
    const slot = slotOf(key);
    const known = this.#keys[slot] === key;
    this.#keys[slot] = key;
    this.#bounds[slot] = known ? Math.min(at, this.#bounds[slot] ?? at) : at;
  }
}

/** The key of a module version, or of one in a repository. */
export function sightingKey(modver: number, repo = 0): SightingKey {
  const key = repo * LOW + modver;
  return modver < LOW && Number.isSafeInteger(key) ? key : `${repo} ${modver}`;
}

/** The key of a module. */
export function moduleSightingKey(module: number): SightingKey {
  return -module;
}

function slotOf(key: number): number {
  const low = key % LOW;
  const high = (key - low) / LOW;
  const mixed = Math.imul(low, 0x9e37_79b1) ^ Math.imul(high, 0x85eb_ca6b);
  return (mixed ^ (mixed >>> 15)) & (SLOTS - 1);
}
