import { h1Of, voucherOf } from '../store/index-entry.ts';
import type { ModVer, Store, Voucher } from '../store/types.ts';
import { ProxyError } from './errors.ts';
import type { Vouch } from './types.ts';

export interface PinsDeps {
  readonly store: Pick<Store, 'entry' | 'proof'>;
  /** Whether no checksum database is to know a module: private ones, and all of them where there is no database. */
  readonly covers: (module: string) => boolean;
  /** Whether what this job fetches first is right for others, too. */
  readonly trusted: boolean;
}

/** The hash that a file had when it was first seen. */
export interface Pin {
  readonly kind: 'mod' | 'zip';
  readonly h1: string;
  /** RFC 3339, UTC. */
  readonly since: string;
  readonly by: Voucher;
}

/**
 * What takes the place of a checksum database for modules that none knows: the hash of the first fetch by a trusted job
 * is pinned in the store's index, and other bytes are refused from then on, until somebody says that they are meant.
 */
export class Pins {
  readonly #deps: PinsDeps;

  constructor(deps: PinsDeps) {
    this.#deps = deps;
  }

  covers(module: string): boolean {
    return this.#deps.covers(module);
  }

  /** The voucher of what this job fetches of a module that nobody vouches for; undefined where it may not pin. */
  mayPin(module: string): Voucher | undefined {
    return this.#deps.trusted && this.covers(module) ? 'first-seen' : undefined;
  }

  /**
   * The pin of a file, if there is one. In a store that is believed every hash that was vouched for is one; of one that
   * is not, what go.sum and the checksum database once vouched for they can vouch for again.
   */
  async of(mv: ModVer, kind: Pin['kind']): Promise<Pin | undefined> {
    const { store } = this.#deps;
    if (!this.covers(mv.path)) return undefined;
    const entry = await store.entry(mv).catch(() => undefined);
    if (entry === undefined) return undefined;
    const by = voucherOf(entry, kind);
    const h1 = h1Of(entry, kind);
    if (by === undefined || h1 === undefined) return undefined;
    return store.proof === 'full' && by !== 'first-seen'
      ? undefined
      : { kind, h1, by, since: entry.firstSeen };
  }

  /**
   * Whom a fetch has to satisfy, given what the job's go.sum has; undefined when the pin has no say. Of a store that is
   * not believed go.sum knows better.
   * @throws ProxyError when nothing can satisfy both
   */
  vouch(mv: ModVer, pin: Pin, goSum: readonly string[]): Vouch | undefined {
    if (goSum.length === 0) return { state: 'known', h1s: [pin.h1], by: 'first-seen' };
    if (goSum.includes(pin.h1) || this.#deps.store.proof === 'full') return undefined;
    throw changed(mv, pin, `go.sum has ${goSum.join(' or ')}`);
  }
}

/** The refusal of a file that is another one than was first seen. Plain text for go, with both hashes. */
export function changed(mv: ModVer, pin: Pin, now: string, upstream?: string): ProxyError {
  const name = `${mv.path}@${mv.version}`;
  const file = pin.kind === 'mod' ? "its go.mod's hash" : 'its hash';
  const lines = [
    `modgate: ${name} is not what it was: ${file} was ${pin.h1} when it was first seen on ${pin.since.slice(0, 19)}Z`,
    `now ${now}; no checksum database knows it, so that the first hash is pinned`,
    `next: find out who moved the tag. If that is right: modgate cache forget ${name}`,
  ];
  return new ProxyError('hash-changed', lines.join('\n'), {
    rule: 'sum/changed',
    reason: `${pin.kind === 'mod' ? 'go.mod' : 'zip'} of ${name}: first seen ${pin.h1} on ${pin.since}, now ${now}`,
    ...(upstream === undefined ? {} : { upstream }),
  });
}
