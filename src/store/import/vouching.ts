import { h1Of } from '../index-entry.ts';
import type { IndexEntry, ModVer, Voucher } from '../types.ts';
import type { SumDbWord } from '../verify/types.ts';
import type { ImportAuthorities } from './types.ts';

/** What those who may vouch for a zip or go.mod say. */
export type Word =
  | {
      readonly state: 'known';
      readonly h1s: readonly string[];
      readonly by: Voucher;
      /** `the checksum database`, for messages. */
      readonly who: string;
    }
  /** Whatever it is, it is pinned. */
  | { readonly state: 'pin' }
  | { readonly state: 'unknown' | 'unavailable'; readonly why: string };

/**
 * Asks, for the files of one version, those who may vouch, the nearest first: the store's own index, go.sum, the
 * checksum database, which is asked once at most and never about what is private or was pinned as such.
 */
export class Vouching {
  readonly #mv: ModVer;
  readonly #entry: IndexEntry | undefined;
  readonly #authorities: ImportAuthorities;
  #asked: Promise<SumDbWord> | undefined;

  constructor(mv: ModVer, entry: IndexEntry | undefined, authorities: ImportAuthorities) {
    this.#mv = mv;
    this.#entry = entry;
    this.#authorities = authorities;
  }

  async of(kind: 'zip' | 'mod'): Promise<Word> {
    const { path, version } = this.#mv;
    const { goSum, isPrivate, pins } = this.#authorities;
    const kept = this.#entry?.vouchedBy?.[kind];
    const h1 = kept === undefined || this.#entry === undefined ? undefined : h1Of(this.#entry, kind);
    const own: Word | undefined =
      kept === undefined || h1 === undefined
        ? undefined
        : { state: 'known', h1s: [h1], by: kept, who: KEPT[kept] };
    if (own !== undefined && kept === 'sumdb') return own;
    const h1s = goSum(path, version, kind);
    if (h1s.length > 0) return { state: 'known', h1s, by: 'gosum', who: 'go.sum' };
    if (own !== undefined) return own;
    if (pins(path)) return { state: 'pin' };
    if (isPrivate(path)) {
      const why =
        'no checksum database may hear of it (GOPRIVATE, GONOSUMDB or proxy.private), and no go.sum that was named has it';
      return { state: 'unknown', why };
    }
    return await this.#database(kind);
  }

  async #database(kind: 'zip' | 'mod'): Promise<Word> {
    const { sumdb } = this.#authorities;
    if (typeof sumdb === 'string') {
      return {
        state: 'unknown',
        why: `no go.sum that was named has it, and the checksum database is not asked: ${sumdb}`,
      };
    }
    this.#asked ??= sumdb(this.#mv);
    const word = await this.#asked;
    if (word.state === 'unavailable') return word;
    const h1 = word.state === 'known' ? word[kind] : undefined;
    if (h1 !== undefined) return { state: 'known', h1s: [h1], by: 'sumdb', who: 'the checksum database' };
    const what = word.state === 'known' ? `no ${kind === 'zip' ? 'zip' : 'go.mod'} of it` : 'no record of it';
    return {
      state: 'unknown',
      why: `the checksum database has ${what}, and no go.sum that was named has it`,
    };
  }
}

const KEPT: Readonly<Record<Voucher, string>> = {
  sumdb: 'the index of the store (by the checksum database)',
  gosum: 'the index of the store (by a go.sum)',
  'first-seen': 'the index of the store (as first seen)',
};
