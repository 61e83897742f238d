import { isH1 } from '../gomod/sum.ts';
import { goModH1 } from './digest.ts';
import { FILE_KINDS, MAX_SIZE } from './layout.ts';
import type { FileFacts, FileKind, IndexEntry, ModVer, Voucher } from './types.ts';

/** What is known of the files of one version, apart from which version it is and when it was first seen. */
export type VersionFacts = Omit<IndexEntry, 'v' | 'module' | 'version' | 'firstSeen'>;

type ZipFacts = NonNullable<IndexEntry['zip']>;
type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readFacts(value: unknown, max: number): FileFacts | undefined {
  if (!isObject(value)) return undefined;
  const { sha256, size } = value;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0 || size > max) return undefined;
  return { sha256, size };
}

function readZip(value: unknown): ZipFacts | undefined {
  const facts = readFacts(value, MAX_SIZE.zip);
  if (facts === undefined || !isObject(value)) return undefined;
  const original = readFacts(value.original, MAX_SIZE.zip);
  const { representation } = value;
  if (original === undefined || (representation !== 'original' && representation !== 'stored'))
    return undefined;
  if (representation === 'original' && original.sha256 !== facts.sha256) return undefined;
  return { ...facts, representation, original };
}

function readH1(value: unknown): string | undefined {
  return typeof value === 'string' && isH1(value) ? value : undefined;
}

/** Strongest first. */
const STRENGTH: readonly Voucher[] = ['sumdb', 'gosum', 'first-seen'];

function readVoucher(value: unknown): Voucher | undefined {
  return STRENGTH.find(voucher => voucher === value);
}

function readOrigin(value: unknown): Record<string, string> | undefined {
  if (!isObject(value)) return undefined;
  const pairs = Object.entries(value);
  const fine = (text: unknown): text is string => typeof text === 'string' && text.length <= 2048;
  if (
    pairs.length === 0 ||
    pairs.length > 16 ||
    !pairs.every(([key, text]) => key.length <= 32 && fine(text))
  ) {
    return undefined;
  }
  return Object.fromEntries(pairs) as Record<string, string>;
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(value);
}

/** Without keys whose value is undefined, in the order in which they are written. */
function compact<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as T;
}

/**
 * Reads an index file of the version `mv`. A fact that is malformed or contradicts another is left out, as
 * if the file it is about had never been hashed: a zip without h1, a go.mod whose h1 is not that of its
 * digest. Undefined when it is no index entry, or one of another version.
 */
export function parseEntry(bytes: Uint8Array, mv: ModVer): IndexEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
  if (!isObject(value) || value.v !== 1 || value.module !== mv.path || value.version !== mv.version) {
    return undefined;
  }
  if (!isTime(value.firstSeen)) return undefined;
  const h1 = readH1(value.h1);
  const zip = h1 === undefined ? undefined : readZip(value.zip);
  const mod = readFacts(value.mod, MAX_SIZE.mod);
  const modHash = mod === undefined ? undefined : goModH1(mod.sha256);
  const modFine = modHash !== undefined && modHash === readH1(value.goModH1);
  const vouched = isObject(value.vouchedBy) ? value.vouchedBy : {};
  return makeEntry(mv, value.firstSeen, {
    ...compact<VersionFacts>({
      h1,
      // Without a file it is what is left of one that was pinned.
      goModH1: mod === undefined ? readH1(value.goModH1) : modFine ? modHash : undefined,
      info: readFacts(value.info, MAX_SIZE.info),
      mod: modFine ? mod : undefined,
      zip,
      origin: readOrigin(value.origin),
    }),
    vouchedBy: compact<NonNullable<IndexEntry['vouchedBy']>>({
      zip: readVoucher(vouched.zip),
      mod: readVoucher(vouched.mod),
    }),
  });
}

function makeEntry(mv: ModVer, firstSeen: string, facts: VersionFacts): IndexEntry {
  const { zip: zipBy, mod: modBy } = facts.vouchedBy ?? {};
  const vouched = compact<NonNullable<IndexEntry['vouchedBy']>>({ zip: zipBy, mod: modBy });
  return compact<IndexEntry>({
    v: 1,
    module: mv.path,
    version: mv.version,
    h1: facts.h1,
    goModH1: facts.goModH1,
    info: facts.info,
    mod: facts.mod,
    zip: facts.zip,
    vouchedBy: Object.keys(vouched).length > 0 ? vouched : undefined,
    origin: facts.origin,
    firstSeen,
  });
}

/** The voucher of a zip's or go.mod's hash; undefined when there is no hash, or nobody vouched for it. */
export function voucherOf(entry: IndexEntry, kind: FileKind): Voucher | undefined {
  return kind === 'info' || h1Of(entry, kind) === undefined ? undefined : entry.vouchedBy?.[kind];
}

/**
 * What must outlive the files of a version: the hashes that were pinned when they were first seen. Undefined when there
 * are none.
 */
export function pinOf(entry: IndexEntry): IndexEntry | undefined {
  const [zip, mod] = [voucherOf(entry, 'zip'), voucherOf(entry, 'mod')];
  if (zip !== 'first-seen' && mod !== 'first-seen') return undefined;
  return makeEntry({ path: entry.module, version: entry.version }, entry.firstSeen, {
    ...(zip === undefined || entry.h1 === undefined ? {} : { h1: entry.h1 }),
    ...(mod === undefined || entry.goModH1 === undefined ? {} : { goModH1: entry.goModH1 }),
    vouchedBy: { ...(zip === undefined ? {} : { zip }), ...(mod === undefined ? {} : { mod }) },
  });
}

/** An index entry as it is written: keys in one order, so that equal entries are equal bytes. */
export function formatEntry(entry: IndexEntry): Buffer {
  return Buffer.from(
    `${JSON.stringify(makeEntry({ path: entry.module, version: entry.version }, entry.firstSeen, entry))}\n`,
  );
}

/** Digest and size at rest of one file, or undefined when the entry says nothing of it. */
export function factsOf(entry: IndexEntry | undefined, kind: FileKind): FileFacts | undefined {
  return entry?.[kind];
}

/** `h1:` of a zip or go.mod as the entry has it. */
export function h1Of(entry: IndexEntry, kind: FileKind): string | undefined {
  return kind === 'zip' ? entry.h1 : kind === 'mod' ? entry.goModH1 : undefined;
}

function stronger(a: Voucher | undefined, b: Voucher | undefined): Voucher | undefined {
  return STRENGTH.find(voucher => voucher === a || voucher === b);
}

/**
 * The entry of a version after `add` became true of it: what `add` says replaces what `base` said of the
 * same file, everything else of `base` stays. A voucher is kept only for the hash that it vouched for.
 */
export function mergeEntry(
  mv: ModVer,
  base: IndexEntry | undefined,
  add: VersionFacts,
  firstSeen: string,
): IndexEntry {
  const voucher = (kind: 'zip' | 'mod', key: 'h1' | 'goModH1'): Voucher | undefined => {
    const kept = add[key] === undefined || add[key] === base?.[key] ? base?.vouchedBy?.[kind] : undefined;
    return stronger(kept, add.vouchedBy?.[kind]);
  };
  return makeEntry(mv, base?.firstSeen ?? firstSeen, {
    ...base,
    ...add,
    vouchedBy: compact<NonNullable<IndexEntry['vouchedBy']>>({
      zip: voucher('zip', 'h1'),
      mod: voucher('mod', 'goModH1'),
    }),
  });
}

/** Facts of several files of one version as one; of the same file the later ones count. */
export function mergeFacts(a: VersionFacts, b: VersionFacts): VersionFacts {
  return { ...a, ...b, vouchedBy: { ...a.vouchedBy, ...b.vouchedBy } };
}

/** Whether `entry` says all that `add` says. */
export function includesFacts(entry: IndexEntry, add: VersionFacts): boolean {
  return FILE_KINDS.every(kind => add[kind] === undefined || entry[kind]?.sha256 === add[kind].sha256);
}
