/** Versions of Go itself, which are no semantic versions: `1.21`, `1.21rc1`, `1.21.3` (Go's `internal/gover`). */

interface Parsed {
  /** Decimal strings of any length; empty where nothing is written. */
  readonly major: string;
  readonly minor: string;
  readonly patch: string;
  /** `alpha`, `beta`, `rc`, or empty. */
  readonly kind: string;
  readonly pre: string;
}

const NUMBER = '(0|[1-9][0-9]*)';
const VERSION = new RegExp(`^${NUMBER}(?:\\.${NUMBER}(?:\\.${NUMBER}|([a-z]+)${NUMBER}?)?)?$`);

function parse(version: string): Parsed | undefined {
  const m = VERSION.exec(version);
  if (m === null) return undefined;
  const [, major = '', minor, patch, kind = '', pre = ''] = m;
  if (minor === undefined) return { major, minor: '0', patch: '0', kind: '', pre: '' };
  // From 1.21 on the language version 1.21 and its first release 1.21.0 are two things.
  const noPatch = kind === '' && compareNumber(minor, '21') < 0 ? '0' : '';
  return { major, minor, patch: patch ?? noPatch, kind, pre };
}

type Order = -1 | 0 | 1;

function compareText(a: string, b: string): Order {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Decimal strings without leading zeros, of any length; an empty one is less than all others. */
function compareNumber(a: string, b: string): Order {
  if (a.length !== b.length) return a.length < b.length ? -1 : 1;
  return compareText(a, b);
}

/** Whether go reads the text as a version of Go; without `go` in front. */
export function isGoVersion(version: string): boolean {
  return parse(version) !== undefined;
}

/**
 * The order of Go versions without `go` in front: 1.21 < 1.21rc1 < 1.21.0. What is malformed is less than every
 * version, and equal to all that is malformed.
 */
export function compareGoVersions(a: string, b: string): Order {
  const x = parse(a);
  const y = parse(b);
  if (x === undefined || y === undefined) return x === y ? 0 : x === undefined ? -1 : 1;
  return (
    compareNumber(x.major, y.major) ||
    compareNumber(x.minor, y.minor) ||
    compareNumber(x.patch, y.patch) ||
    compareText(x.kind, y.kind) ||
    compareNumber(x.pre, y.pre)
  );
}

/** Whether the version names a language, such as 1.21, and no release of it. */
export function isGoLanguage(version: string): boolean {
  const parsed = parse(version);
  return parsed !== undefined && parsed.patch === '' && parsed.kind === '' && parsed.pre === '';
}

/** The language of a release: 1.21 of 1.21.3; empty when the version is malformed. */
export function goLanguage(version: string): string {
  const parsed = parse(version);
  if (parsed === undefined) return '';
  return parsed.major === '1' && parsed.minor === '0' ? parsed.major : `${parsed.major}.${parsed.minor}`;
}

/** The version in the name of a toolchain: 1.21.3 of `go1.21.3-acme`; empty when it is no such name. */
export function goVersionOfToolchain(name: string): string {
  if (!name.startsWith('go') || /[\\/]/.test(name)) return '';
  const version = name.slice(2).replace(/[ \t-].*$/s, '');
  return isGoVersion(version) ? version : '';
}
