import { ModuleError } from './errors.ts';
import { quote } from './go-text.ts';

/** Semantic versions and pseudo-versions as the go command reads them (`golang.org/x/mod/semver`, `module`). */

interface Parsed {
  readonly major: string;
  readonly minor: string;
  readonly patch: string;
  readonly prerelease: string;
}

const NUMBER = '(0|[1-9][0-9]*)';
const IDENT = '(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)';
const SEMVER = new RegExp(
  `^v${NUMBER}(?:\\.${NUMBER}(?:\\.${NUMBER}(-${IDENT}(?:\\.${IDENT})*)?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?)?)?$`,
);

function parse(v: string): Parsed | undefined {
  const m = SEMVER.exec(v);
  if (m === null) return undefined;
  const [, major = '', minor = '0', patch = '0', prerelease = ''] = m;
  return { major, minor, patch, prerelease };
}

/** One version is mostly asked several things in a row; most of the time of reading a go.mod went into that. */
let lastValid = 'v0.0.0';

/** Whether v is a semantic version as Go writes them: `v` first, `v1` and `v1.2` allowed. */
export function isValid(v: string): boolean {
  if (v === lastValid) return true;
  if (!SEMVER.test(v)) return false;
  lastValid = v;
  return true;
}

/** The version with all three numbers and without build metadata; empty when v is invalid. */
export function canonical(v: string): string {
  if (!isValid(v)) return '';
  const plus = v.indexOf('+');
  if (plus >= 0) return v.slice(0, plus);
  const dot = v.indexOf('.');
  if (dot < 0) return `${v}.0.0`;
  return v.includes('.', dot + 1) ? v : `${v}.0`;
}

/** `v2` of `v2.1.0`; empty when v is invalid. */
export function major(v: string): string {
  if (!isValid(v)) return '';
  const dot = v.indexOf('.');
  return dot < 0 ? v : v.slice(0, dot);
}

/** `v2.1` of `v2.1.0`; empty when v is invalid. */
export function majorMinor(v: string): string {
  const p = parse(v);
  return p === undefined ? '' : `v${p.major}.${p.minor}`;
}

/** `-pre` of `v2.1.0-pre+meta`; empty when there is none. */
export function prerelease(v: string): string {
  return parse(v)?.prerelease ?? '';
}

/** `+meta` of `v2.1.0+meta`; empty when there is none. */
export function build(v: string): string {
  const plus = v.indexOf('+');
  return plus >= 0 && isValid(v) ? v.slice(plus) : '';
}

/** `canonical`, but the suffix `+incompatible` is kept: the form in which go asks a proxy. */
export function canonicalModuleVersion(v: string): string {
  const cv = canonical(v);
  return build(v) === '+incompatible' ? `${cv}+incompatible` : cv;
}

type Order = -1 | 0 | 1;

function compareText(a: string, b: string): Order {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Decimal strings without leading zeros, of any length. */
function compareNumber(a: string, b: string): Order {
  if (a.length !== b.length) return a.length < b.length ? -1 : 1;
  return compareText(a, b);
}

function compareIdent(a: string, b: string): Order {
  const aNumeric = /^[0-9]+$/.test(a);
  const bNumeric = /^[0-9]+$/.test(b);
  if (aNumeric !== bNumeric) return aNumeric ? -1 : 1;
  return aNumeric ? compareNumber(a, b) : compareText(a, b);
}

function comparePrerelease(a: string, b: string): Order {
  if (a === b) return 0;
  if (a === '') return 1;
  if (b === '') return -1;
  const as = a.slice(1).split('.');
  const bs = b.slice(1).split('.');
  for (let i = 0; ; i++) {
    const x = as[i];
    const y = bs[i];
    if (x === undefined || y === undefined) return compareNumber(String(as.length), String(bs.length));
    const order = compareIdent(x, y);
    if (order !== 0) return order;
  }
}

/**
 * Semantic precedence; build metadata does not count. An invalid version is less than every valid one, and
 * all invalid versions are equal.
 */
export function compareVersions(a: string, b: string): Order {
  const x = parse(a);
  const y = parse(b);
  if (x === undefined || y === undefined) return x === y ? 0 : x === undefined ? -1 : 1;
  return (
    compareNumber(x.major, y.major) ||
    compareNumber(x.minor, y.minor) ||
    compareNumber(x.patch, y.patch) ||
    comparePrerelease(x.prerelease, y.prerelease)
  );
}

const PSEUDO =
  /^v[0-9]+\.(?:0\.0-|[0-9]+\.[0-9]+-(?:[^+]*\.)?0\.)[0-9]{14}-[A-Za-z0-9]+(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

/** Whether v has one of the forms that go gives to a commit without a tag. */
export function isPseudo(v: string): boolean {
  return isValid(v) && PSEUDO.test(v);
}

/** Whether v is the pseudo-version of no commit at all (`v0.0.0-00010101000000-000000000000`). */
export function isZeroPseudo(v: string): boolean {
  return v === `${major(v) || 'v0'}.0.0-00010101000000-000000000000`;
}

function pseudoError(v: string, why: string): ModuleError {
  return new ModuleError('malformed-pseudo-version', `pseudo-version ${quote(v)} invalid: ${why}`);
}

function splitPseudo(v: string): { base: string; stamp: string; rev: string; build: string } {
  if (!isPseudo(v)) throw pseudoError(v, 'syntax error');
  const meta = build(v);
  const bare = v.slice(0, v.length - meta.length);
  const dash = bare.lastIndexOf('-');
  const head = bare.slice(0, dash);
  const rev = bare.slice(dash + 1);
  const at = Math.max(head.lastIndexOf('-'), head.lastIndexOf('.'));
  return { base: head.slice(0, at), stamp: head.slice(at + 1), rev, build: meta };
}

/** The commit that a pseudo-version names, abbreviated. Throws `ModuleError`. */
export function pseudoRev(v: string): string {
  return splitPseudo(v).rev;
}

/** The commit time of a pseudo-version, RFC 3339 in UTC. Throws `ModuleError`. */
export function pseudoTime(v: string): string {
  const { stamp } = splitPseudo(v);
  const m = /^(....)(..)(..)(..)(..)(..)$/.exec(stamp);
  const text = m === null ? '' : `${m[1]}-${m[2]}-${m[3]}T${m[4]}:${m[5]}:${m[6]}Z`;
  if (!isRfc3339(text)) throw pseudoError(v, `malformed time ${quote(stamp)}`);
  return text;
}

/** The tagged version that a pseudo-version comes after, or empty when there is none. Throws `ModuleError`. */
export function pseudoBase(v: string): string {
  const { base, build: meta } = splitPseudo(v);
  const pre = prerelease(base);
  if (pre === '') {
    if (meta !== '') throw pseudoError(v, `lacks base version, but has build metadata ${quote(meta)}`);
    return '';
  }
  if (pre !== '-0') return base.slice(0, -'.0'.length) + meta;
  const release = base.slice(0, -pre.length);
  const dot = release.lastIndexOf('.');
  const patch = BigInt(release.slice(dot + 1));
  if (patch === 0n) throw pseudoError(v, `version before ${release} would have negative patch number`);
  return `${release.slice(0, dot + 1)}${patch - 1n}${meta}`;
}

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:Z|[+-](\d{2}):(\d{2}))$/;

/** Whether text is a time as Go's `time.RFC3339` accepts it, the day of the month included. */
export function isRfc3339(text: string): boolean {
  const m = RFC3339.exec(text);
  if (m === null) return false;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, zoneHour = 0, zoneMinute = 0] = m
    .slice(1)
    .map(part => Number(part ?? 0));
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  return (
    day >= 1 && day <= days && hour < 24 && minute < 60 && second < 60 && zoneHour < 24 && zoneMinute < 60
  );
}
