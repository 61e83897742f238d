/** Values that a key may have, for the schema and for the overrides, which are checked without it. */
/** How far a GOMODCACHE is believed, the strictest last. */
export const MODCACHE = ['inherit', 'verify', 'isolated'] as const;
export type Modcache = (typeof MODCACHE)[number];
export const ON_FAILURE = ['fail', 'fallback'] as const;
export const SAVE = ['auto', 'always', 'never'] as const;
/** In which form zips are kept. */
export const ZIPS = ['auto', 'stored', 'original'] as const;

export function stricterModcache(a: Modcache, b: Modcache): Modcache {
  return MODCACHE.indexOf(a) > MODCACHE.indexOf(b) ? a : b;
}

/** Streams that prefetch may open at most; 0 switches it off. */
export const MAX_PREFETCH = 64;

/** Upstreams that one chain may have. */
export const MAX_UPSTREAMS = 16;

/** Most entries that one list of the file may have: a bound for what a hostile file can cost. */
export const MAX_ENTRIES = 10_000;

/** Files that one configuration may be made of, itself included. */
export const MAX_FILES = 20;

/** Whether one entry of an upstream chain is well formed: an http, https or file URL, `direct` or `off`. */
export function isUpstream(value: string): boolean {
  if (value === 'direct' || value === 'off') return true;
  // A comma or a pipe would make one entry a chain; the list itself is the chain.
  return /^(https?|file):\/\//i.test(value) && !/[,|\s]/.test(value) && URL.canParse(value);
}

/** Why a text names no branch, tag or commit as a list of refs may have it; undefined when it is fine. */
export function gitRefProblem(value: string): string | undefined {
  return /^(?![-/.])[^\s\0~^:?*[\\]{1,255}$/.test(value) && !value.includes('..')
    ? undefined
    : 'is not a branch, tag or commit; write its name as git does, like main, origin/release-1.2 or v1.4.0';
}
