import { createHash } from 'node:crypto';

/** Every entry of the build cache begins so; the number changes when older entries could not be read. */
export const BUILD_PREFIX = 'modgate-build-v1-';

/** What the objects of a job depend on. */
export interface BuildFacts {
  /** As Node names them: `linux`, `x64`. */
  readonly os: string;
  readonly arch: string;
  /** `go1.26.8`: it is in every digest of go's, so that nothing built by another version is ever found. */
  readonly goVersion: string;
  /** What tells jobs with different objects apart: their names, their matrix, their settings of go. */
  readonly job: readonly string[];
}

/** Beginnings of the keys that a job may restore, the best first; every one ends with a hyphen. */
export interface BuildKeys {
  /** Entries of this very job. */
  readonly own: string;
  /** Entries of any job with the same Go, OS and architecture. */
  readonly alike: string;
}

export function buildKeys({ os, arch, goVersion, job }: BuildFacts): BuildKeys {
  const alike = `${BUILD_PREFIX}${word(os)}-${word(arch)}-${word(goVersion)}-`;
  return { alike, own: `${alike}${digest(JSON.stringify(job)).slice(0, 12)}-` };
}

const HOUR_MS = 3_600_000;

/**
 * Key of the entry that follows `parent` (undefined: the first) among the entries of a job. Those that restored the
 * same entry and end within the hour want the same key, and the service gives it to one of them.
 */
export function nextBuildKey({ own }: BuildKeys, parent: string | undefined, now: number): string {
  return `${own}${digest(`${parent ?? ''} ${Math.floor(now / HOUR_MS)}`).slice(0, 16)}`;
}

/** The entries that take each other's place have the same; undefined for a key that is none of the build cache. */
export function lineageOf(key: string): string | undefined {
  return /^(modgate-build-v1-[a-z0-9._-]+-)[0-9a-f]{16}$/.exec(key)?.[1];
}

/** Some servers fold case, and a hyphen would make one beginning of a key that of another. */
function word(text: string): string {
  return (
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9.]+/g, '_')
      .slice(0, 60) || 'none'
  );
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
