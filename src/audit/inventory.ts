import { createHash } from 'node:crypto';
import { BATCH_LIMITS, MAX_MEMBERS, MAX_PARTS, MAX_PATH, MAX_TEXT } from './limits.ts';
import type { Inventory } from './record.ts';

/** What a job had, before it is cut into records. */
export interface Holding {
  readonly phase: Inventory['phase'];
  /** RFC 3339 in UTC with milliseconds. */
  readonly t: string;
  /** `module@version h1:...`, in any order; see `memberOf`. */
  readonly members: Iterable<string>;
  /** `module@version` of what a vendor directory says it holds. */
  readonly vendored: Iterable<string>;
  /** Origins that go fetched from by itself, without credentials. */
  readonly vcs: Iterable<string>;
  /** Versions that lay in the module cache before the job. */
  readonly preexisting: number;
}

/** Bounds of the schema: origins, vendored names, and a member's length in UTF-16 units. */
const MAX_VCS = 1_000;
const MAX_VENDORED = 5_000;
const MAX_MEMBER = 2 * MAX_PATH + 64;
/** Bytes of all members, of all origins and of all vendored names of one part, which is one line of a batch. */
const PART_BYTES = BATCH_LIMITS.line / 2;
const ASIDE_BYTES = BATCH_LIMITS.line / 8;
const MEMBER = /^[^\s@]+@[^\s@]+ h1:[A-Za-z0-9+/]{43}=$/;

/** One version with its hash, as inventories name it. */
export function memberOf({
  module,
  version,
  h1,
}: {
  readonly module: string;
  readonly version: string;
  readonly h1: string;
}): string {
  return `${module}@${version} ${h1}`;
}

/** SHA-256 of the members, sorted, each with a newline: two jobs with the same modules have the same. */
export function setDigest(members: Iterable<string>): string {
  const hash = createHash('sha256');
  for (const member of sorted(members)) hash.update(`${member}\n`);
  return hash.digest('hex');
}

/**
 * The records of an inventory, at least one: parts of at most 2,000 members in the order of the members. Origins and
 * vendored names stand in the first. What is no member by the format, which no file of go's is, is left out.
 */
export function inventoryRecords(holding: Holding): Inventory[] {
  const { phase, t, preexisting } = holding;
  const valid = sorted(holding.members).filter(member => member.length <= MAX_MEMBER && MEMBER.test(member));
  const parts = partsOf(valid).slice(0, MAX_PARTS);
  const set = setDigest(parts.flat());
  const vcs = within(
    sorted(holding.vcs)
      .filter(origin => origin.length <= MAX_TEXT)
      .slice(0, MAX_VCS),
    ASIDE_BYTES,
  );
  const vendored = within(sorted(holding.vendored).slice(0, MAX_VENDORED), ASIDE_BYTES);
  return parts.map((members, index) => ({
    kind: 'inv',
    t,
    phase,
    set,
    part: index + 1,
    parts: parts.length,
    members,
    vcs: index === 0 ? vcs : [],
    modcache_preexisting: preexisting,
    ...(index === 0 && vendored.length > 0 ? { vendored } : {}),
  }));
}

/** At least one part. */
function partsOf(members: readonly string[]): string[][] {
  let part: string[] = [];
  let bytes = 0;
  const parts = [part];
  for (const member of members) {
    bytes += Buffer.byteLength(member) + 3;
    if (part.length === MAX_MEMBERS || (bytes > PART_BYTES && part.length > 0)) {
      part = [];
      parts.push(part);
      bytes = Buffer.byteLength(member) + 3;
    }
    part.push(member);
  }
  return parts;
}

function within(texts: readonly string[], bytes: number): string[] {
  let left = bytes;
  return texts.filter(text => {
    left -= Buffer.byteLength(text) + 3;
    return left >= 0;
  });
}

/** By UTF-16 units, each once: the same on every machine. */
function sorted(texts: Iterable<string>): string[] {
  return [...new Set(texts)].sort();
}
