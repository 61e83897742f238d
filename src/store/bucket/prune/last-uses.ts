import { createHash } from 'node:crypto';
import type { ModVer } from '../../types.ts';

/** Versions that are remembered one by one, at some 80 bytes each. */
const MAX_VERSIONS = 2_000_000;

/** When versions were last used, by what notes tell. */
export class LastUses {
  readonly #max: number;
  readonly #times = new Map<number, number>();
  /** Of versions beyond `max`: all that are not remembered count as used then, rather than never. */
  #others: number | undefined;

  constructor(max = MAX_VERSIONS) {
    this.#max = max;
  }

  /** @param time ms since the epoch */
  add(mv: ModVer, time: number): void {
    const id = idOf(mv);
    const before = this.#times.get(id);
    if (before === undefined && this.#times.size >= this.#max) {
      this.#others = Math.max(this.#others ?? 0, time);
    } else if (before === undefined || before < time) {
      this.#times.set(id, time);
    }
  }

  /** Undefined when no note tells of it. */
  of(mv: ModVer): number | undefined {
    return this.#times.get(idOf(mv)) ?? this.#others;
  }
}

/** 48 bits of a hash: two versions in one only make the one stay as long as the other. */
export function idOf({ path, version }: ModVer): number {
  return createHash('sha256').update(`${path}@${version}`).digest().readUIntBE(0, 6);
}
