import { sameFacts } from '../digest.ts';
import { StoreError } from '../errors.ts';
import { factsOf, h1Of, parseEntry, type VersionFacts } from '../index-entry.ts';
import { FILE_KINDS, type VersionKeys } from '../layout.ts';
import type { FileKind, IndexEntry, ModVer, Voucher } from '../types.ts';
import type { Examined } from './examine.ts';
import { type Judgement, judge } from './judge.ts';
import type { Medium, Stamp } from './medium.ts';
import type { Authorities, FindingKind, VouchedFor } from './types.ts';

/** Something wrong with one file of a version, or with its index entry. */
export interface Fault {
  readonly kind: FindingKind;
  readonly key: string;
  /** Undefined for the index entry. */
  readonly file?: FileKind;
  readonly what: string;
  /**
   * How it can be mended: `move` the file away; `index` it as `proof` says; `forget` what the index tells of it.
   * Undefined: not by us.
   */
  readonly mend?: 'move' | 'index' | 'forget';
  /** The file that `move` is about. */
  readonly stamp?: Stamp;
}

/** All that one look at a version showed. */
export interface Look {
  readonly mv: ModVer;
  readonly keys: VersionKeys;
  /** Stamps of the index entry and the files, as they were looked at. */
  readonly stamps: ReadonlyMap<string, Stamp | undefined>;
  readonly entry: IndexEntry | undefined;
  /** Bytes of the entry. */
  readonly entryBytes: Buffer | undefined;
  readonly faults: readonly Fault[];
  /** Facts that are proven and that the index lacks. */
  readonly proof: VersionFacts;
  readonly files: number;
  readonly bytes: number;
  readonly vouchers: readonly (keyof VouchedFor)[];
  /** The checksum database was to be asked and did not answer. */
  readonly unasked?: string;
}

export interface LookParts {
  readonly medium: Medium;
  readonly authorities: Authorities;
}

const UNINDEXED =
  'the index does not tell what it should be; it is not served, and fetched anew when asked for';

/** Hashes every file of a version and compares it with all who may know. What cannot be read is a fault. */
export async function lookAt(parts: LookParts, mv: ModVer, keys: VersionKeys): Promise<Look> {
  const stamps = new Map<string, Stamp | undefined>();
  const faults: Fault[] = [];
  const read = await readEntry(parts.medium, mv, keys, stamps, faults);
  if (read === 'unreadable') {
    // Nothing can be said of its files, and nothing written about them.
    const nothing = { entry: undefined, entryBytes: undefined, proof: {}, files: 0, bytes: 0, vouchers: [] };
    return { mv, keys, stamps, faults, ...nothing };
  }
  const entry = read?.entry;
  const asked = isPinned(entry) ? undefined : await parts.authorities.sumdb?.(mv);
  const vouchers: (keyof VouchedFor)[] = [];
  let proof: VersionFacts = {};
  let files = 0;
  let bytes = 0;
  for (const kind of FILE_KINDS) {
    const key = keys.files[kind];
    const found = await tryExamine(parts.medium, mv, kind, key, faults);
    if (found === 'unreadable') continue;
    stamps.set(key, found?.stamp);
    if (found === undefined) {
      if (factsOf(entry, kind) === undefined) continue;
      const what = 'the index tells of this file, and it is not there';
      faults.push({ kind: 'missing', key, file: kind, what, mend: 'forget' });
      continue;
    }
    files += 1;
    bytes += found.stamp.size;
    const judged = judge(kind, found, entry, asked, parts.authorities, mv);
    const fault = faultOf(kind, key, found, entry, judged);
    if (fault !== undefined) faults.push(fault);
    if (judged?.by !== undefined && fault?.kind !== 'damaged') vouchers.push(judged.by);
    if (judged?.proven !== undefined && !says(entry, kind, found, judged.proven)) {
      proof = {
        ...proof,
        ...factsFor(kind, found, entry),
        vouchedBy: { ...proof.vouchedBy, [kind]: judged.proven },
      };
    }
  }
  const unasked = asked?.state === 'unavailable' ? { unasked: asked.why } : {};
  const entryBytes = read?.bytes;
  return { mv, keys, stamps, entry, entryBytes, faults, proof, files, bytes, vouchers, ...unasked };
}

/**
 * Whether it was pinned when it was first seen, because no database was to hear of it. This one may not either: a store
 * has modules of many teams, and who verifies it need not know which of them are private.
 */
function isPinned(entry: IndexEntry | undefined): boolean {
  return Object.values(entry?.vouchedBy ?? {}).includes('first-seen');
}

/** Whether index and files with faults are still the ones that were looked at. Throws StoreError. */
export async function isUnchanged(medium: Medium, look: Look): Promise<boolean> {
  for (const [key, before] of look.stamps) {
    if ((await medium.stamp(key))?.id !== before?.id) return false;
  }
  return true;
}

async function readEntry(
  medium: Medium,
  mv: ModVer,
  keys: VersionKeys,
  stamps: Map<string, Stamp | undefined>,
  faults: Fault[],
): Promise<{ readonly entry: IndexEntry; readonly bytes: Buffer } | 'unreadable' | undefined> {
  let found: Awaited<ReturnType<Medium['readIndex']>>;
  try {
    found = await medium.readIndex(keys);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    faults.push({ kind: 'unreadable', key: keys.index, what: error.message });
    return 'unreadable';
  }
  stamps.set(keys.index, found?.stamp);
  if (found === undefined) return undefined;
  if (found.bytes !== 'oversize') {
    const entry = parseEntry(found.bytes, mv);
    if (entry !== undefined) return { entry, bytes: found.bytes };
  }
  const what = 'it is no index entry of this version; its files count as unknown';
  faults.push({ kind: 'damaged', key: keys.index, what, mend: 'move', stamp: found.stamp });
  return undefined;
}

async function tryExamine(
  medium: Medium,
  mv: ModVer,
  kind: FileKind,
  key: string,
  faults: Fault[],
): Promise<Examined | 'unreadable' | undefined> {
  try {
    return await medium.examine(mv, kind, key);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    faults.push({ kind: 'unreadable', key, file: kind, what: error.message });
    return 'unreadable';
  }
}

function faultOf(
  file: FileKind,
  key: string,
  found: Examined,
  entry: IndexEntry | undefined,
  judged: Judgement | undefined,
): Fault | undefined {
  const { facts, stamp, bad } = found;
  const move = { key, file, mend: 'move', stamp } as const;
  if (bad !== undefined || facts === undefined) {
    return { kind: 'damaged', what: bad ?? 'it cannot be hashed', ...move };
  }
  const index = judged?.proven === undefined ? {} : { mend: 'index' as const };
  const said = factsOf(entry, file);
  if (said !== undefined && !sameFacts(said, facts)) {
    const what =
      said.size === facts.size
        ? `it has SHA-256 ${facts.sha256} where the index has ${said.sha256}`
        : `it is ${facts.size} bytes long where the index has ${said.size}`;
    return { kind: 'damaged', what, ...move, ...index };
  }
  const pinned = entry && h1Of(entry, file);
  if (pinned !== undefined && pinned !== found.h1) {
    return { kind: 'damaged', what: `it has ${found.h1} where the index has ${pinned}`, ...move, ...index };
  }
  if (judged?.contradiction !== undefined) {
    const { what, mendable } = judged.contradiction;
    return { kind: 'contradicted', what, ...(mendable ? move : { key, file }) };
  }
  if (said === undefined) return { kind: 'unindexed', key, file, what: UNINDEXED, ...index };
  if (judged?.by === 'nobody') {
    return {
      kind: 'unvouched',
      key,
      file,
      what: `${found.h1} is what the index says, and nobody else knows it`,
    };
  }
  return undefined;
}

/** Whether the index tells all of this already, the voucher included. */
function says(
  entry: IndexEntry | undefined,
  kind: 'info' | 'mod' | 'zip',
  found: Examined,
  by: Voucher,
): boolean {
  if (entry === undefined || kind === 'info' || found.facts === undefined) return false;
  const said = factsOf(entry, kind);
  if (said === undefined || !sameFacts(said, found.facts) || h1Of(entry, kind) !== found.h1) return false;
  return entry.vouchedBy?.[kind] === 'sumdb' || entry.vouchedBy?.[kind] === by;
}

function factsFor(kind: FileKind, { facts, h1 }: Examined, entry: IndexEntry | undefined): VersionFacts {
  if (facts === undefined || h1 === undefined) return {};
  if (kind === 'mod') return { mod: facts, goModH1: h1 };
  if (kind === 'info') return {};
  // What was fetched is known only where the entry is about these very bytes.
  const same = entry?.zip !== undefined && sameFacts(entry.zip, facts);
  return { zip: same ? entry.zip : { ...facts, representation: 'original', original: facts }, h1 };
}
