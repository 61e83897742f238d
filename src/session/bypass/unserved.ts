import type { CachedVersion, ModcacheContents } from '../../store/modcache/contents.ts';
import type { LayThere } from './lay.ts';
import type { ServedZips } from './served.ts';

/** How a version came into a GOMODCACHE without this session's proxy, or lost what it could be compared by. */
export type UnservedKind =
  /** Nobody knows from where. */
  | 'unknown'
  /** The proxy served another zip under this name. */
  | 'other-hash'
  /** Another one lay there when the session began. */
  | 'changed'
  /** It was written before the session began and put there since: an archive was unpacked. */
  | 'restored'
  /** Its zip was deleted, so that nothing is left to compare the unpacked files with. */
  | 'no-zip';

export interface Unserved {
  readonly kind: UnservedKind;
  readonly found: CachedVersion;
  /** The hash that was there or was served, where that is another one. */
  readonly other?: string;
}

/** What a GOMODCACHE holds when a session ends, told apart by where it came from. */
export interface Compared {
  readonly unserved: readonly Unserved[];
  /** Versions that came in while the session ran, however. */
  readonly fresh: readonly CachedVersion[];
  /** Versions that lay there before, and that the proxy did not serve: nobody has looked at them. */
  readonly old: readonly CachedVersion[];
  /** How many lay there before. */
  readonly preexisting: number;
}

/**
 * Compares the contents of a GOMODCACHE with what lay there and with what was served. Pure.
 * @param lay what lay there when the session began; undefined where nobody looked, and times decide
 * @param at when the session began, ms since 1970
 */
export function compare(
  contents: ModcacheContents,
  lay: LayThere | undefined,
  served: ServedZips,
  at: number,
): Compared {
  const unserved: Unserved[] = [];
  const fresh: CachedVersion[] = [];
  const old: CachedVersion[] = [];
  let preexisting = 0;
  for (const [key, found] of contents.versions) {
    const before = lay?.versions.get(key);
    const hashes = served.of(key);
    const isServed = hashes !== undefined && (hashes.size === 0 || hashes.has(found.h1));
    const layThere = lay === undefined ? found.changedMs <= at : before?.h1 === found.h1;
    if (layThere) preexisting += 1;
    else fresh.push(found);
    if (layThere && !isServed) old.push(found);
    if (layThere || isServed) {
      if (!found.zip && (isServed || before?.zip === true)) unserved.push({ kind: 'no-zip', found });
      continue;
    }
    const [other] = hashes ?? [];
    if (other !== undefined) unserved.push({ kind: 'other-hash', found, other });
    else if (before !== undefined) unserved.push({ kind: 'changed', found, other: before.h1 });
    else unserved.push({ kind: found.writtenMs < at ? 'restored' : 'unknown', found });
  }
  return { unserved, fresh, old, preexisting };
}
