import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  factsOf,
  formatEntry,
  h1Of,
  mergeEntry,
  mergeFacts,
  type VersionFacts,
  voucherOf,
} from '../index-entry.ts';
import type { Damage } from '../index-files.ts';
import type { Upload, Uploaded } from '../layers/types.ts';
import type { VersionKeys } from '../layout.ts';
import { givesWay, voucherInWords } from '../precedence.ts';
import type { FileKind, IndexEntry, ModVer, Voucher } from '../types.ts';
import type { IndexObject, IndexObjects } from './index-objects.ts';
import { type Inline, inlineIn, withInline } from './inline.ts';
import type { Bucket, Content } from './types.ts';

/** As in writer.ts: what a reader of the tree asks for first comes last. */
const ORDER: readonly FileKind[] = ['zip', 'mod', 'info'];
/** A file that is there without facts may be one whose writer is about to write them; ms, and how often. */
const WRITER_MS = 150;
const WRITER_WAITS = 3;
/** Rounds of writing over what others write at the same moment. */
const MAX_ROUNDS = 6;

export interface WriteParts {
  readonly bucket: Bucket;
  readonly index: IndexObjects;
  /** Whether the object of a file is known to be wrong or gone. */
  readonly isRefused: (key: string) => boolean;
  readonly onDamage: (damage: Damage) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** One file of an upload, and what the index is to say of it. */
interface Piece {
  readonly kind: FileKind;
  readonly content: Content;
  readonly size: number;
  readonly add: VersionFacts;
  readonly h1: string | undefined;
  readonly by: Voucher | undefined;
}

/**
 * Writes files of a version, each only where none is yet or where the one that is there is known to be wrong, and the
 * index entry last, merged with what others wrote. Rejects with BucketError, or what aborted `signal`: the version is
 * then as visible as it was before.
 */
export async function writeVersion(
  parts: WriteParts,
  mv: ModVer,
  keys: VersionKeys,
  what: Upload,
  signal?: AbortSignal,
): Promise<Uploaded> {
  const before = await parts.index.look(mv, keys, signal);
  const done: Done[] = [];
  for (const piece of piecesOf(what)) {
    const key = keys.files[piece.kind];
    const verdict = compare(before.entry, piece, parts.isRefused(key));
    if (verdict === 'keep') {
      tellOfOther(parts, mv, key, before.entry, piece);
      continue;
    }
    const etag = verdict === 'same' ? undefined : await putFile(parts, mv, keys, piece, signal);
    done.push({ piece, etag });
  }
  if (done.length > 0) await writeIndex(parts, { mv, keys, before, done, origin: what.origin }, signal);
  const written = done.filter(({ etag }) => etag !== undefined);
  return { files: written.length, bytes: written.reduce((sum, { piece }) => sum + piece.size, 0) };
}

/** A piece that is there, and the tag of its object where we wrote it. */
interface Done {
  readonly piece: Piece;
  readonly etag: string | undefined;
}

function piecesOf({ zip, mod, info }: Upload): Piece[] {
  const pieces: Piece[] = [];
  if (zip !== undefined) {
    const { file, facts, h1, by } = zip;
    const add = {
      zip: { ...facts, representation: 'original' as const, original: facts },
      h1,
      vouchedBy: { zip: by },
    };
    pieces.push({ kind: 'zip', content: { file, size: facts.size }, size: facts.size, add, h1, by });
  }
  if (mod !== undefined) {
    const { bytes, h1, by } = mod;
    const add = { mod: factsIn(bytes), goModH1: h1, vouchedBy: { mod: by } };
    pieces.push({ kind: 'mod', content: bytes, size: bytes.length, add, h1, by });
  }
  if (info !== undefined) {
    const add = { info: factsIn(info) };
    pieces.push({ kind: 'info', content: info, size: info.length, add, h1: undefined, by: undefined });
  }
  return pieces.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

function factsIn(bytes: Buffer): { readonly sha256: string; readonly size: number } {
  return { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length };
}

/** `same`: the file that is there will do. `keep`: it is another one, and has the better voucher. */
function compare(entry: IndexEntry | undefined, piece: Piece, refused: boolean): 'put' | 'same' | 'keep' {
  if (entry === undefined) return 'put';
  const { kind, h1, by } = piece;
  const there = factsOf(entry, kind) !== undefined && !refused;
  if (kind === 'info') return there ? 'same' : 'put';
  const old = h1Of(entry, kind);
  if (old === undefined || old === h1) return there ? 'same' : 'put';
  return givesWay(voucherOf(entry, kind), by) ? 'put' : 'keep';
}

function tellOfOther(
  { bucket, onDamage }: WriteParts,
  mv: ModVer,
  key: string,
  entry: IndexEntry | undefined,
  { kind, h1 }: Piece,
): void {
  const who = voucherInWords(entry === undefined ? undefined : voucherOf(entry, kind));
  const theirs = entry === undefined ? undefined : h1Of(entry, kind);
  onDamage({
    mv,
    path: key,
    what: `a ${kind} with ${h1} was not written to ${bucket.location}: ${who} vouches for ${theirs}, which is there`,
  });
}

function voucherOnly({ kind, h1, by }: Piece): VersionFacts {
  if (kind === 'info' || h1 === undefined || by === undefined) return {};
  return kind === 'zip' ? { h1, vouchedBy: { zip: by } } : { goModH1: h1, vouchedBy: { mod: by } };
}

/**
 * The tag of the object that was written; undefined where another writer's file and entry came first. What stands there
 * and goes on standing there without a word in the index, or with a wrong one, is a dead writer's: it is written over.
 */
async function putFile(
  { bucket, index, isRefused }: WriteParts,
  mv: ModVer,
  keys: VersionKeys,
  piece: Piece,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const key = keys.files[piece.kind];
  const more = signal === undefined ? {} : { signal };
  const first = await bucket.put(key, piece.content, { condition: { absent: true }, ...more });
  if (first.state === 'written') return first.etag;
  for (let round = 0; round < WRITER_WAITS && !isRefused(key); round++) {
    await delay(WRITER_MS * (0.5 + Math.random()), undefined, more);
    if (compare((await index.ask(mv, keys, signal)).entry, piece, false) === 'same') return undefined;
  }
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const head = await bucket.head(key, signal);
    const condition = head === undefined ? { absent: true as const } : { etag: head.etag };
    const put = await bucket.put(key, piece.content, { condition, ...more });
    if (put.state === 'written') return put.etag;
  }
  throw contended(bucket, key);
}

function contended(bucket: Bucket, key: string): Error {
  return new Error(
    `${bucket.location}: others kept writing ${key} at the same time; what this job had was not added`,
  );
}

interface IndexWrite {
  readonly mv: ModVer;
  readonly keys: VersionKeys;
  readonly before: IndexObject;
  readonly done: readonly Done[];
  readonly origin: Upload['origin'];
}

async function writeIndex(
  { bucket, index, now }: WriteParts,
  { mv, keys, before, done, origin }: IndexWrite,
  signal: AbortSignal | undefined,
): Promise<void> {
  const firstSeen = new Date(now()).toISOString();
  const more = signal === undefined ? {} : { signal };
  let base = index.known(keys) ?? before;
  const copies = Object.fromEntries(
    done.flatMap(({ piece: { kind, content } }) => (content instanceof Buffer ? [[kind, content]] : [])),
  ) as Inline;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const adds: VersionFacts[] = [];
    for (const one of done) adds.push(await factsToTell(bucket, keys, one, before, base, signal));
    const add = adds.reduce(mergeFacts, origin === undefined ? {} : { origin });
    const entry = mergeEntry(mv, base.entry, add, firstSeen);
    const bytes = withInline(formatEntry(entry), entry, { ...base.inline, ...copies });
    if (base.bytes?.equals(bytes) === true) return;
    const condition = base.etag === undefined ? { absent: true as const } : { etag: base.etag };
    const put = await bucket.put(keys.index, bytes, { condition, ...more });
    if (put.state === 'written') {
      const inline = inlineIn(bytes, entry);
      index.remember(keys, { entry, bytes, inline, etag: put.etag });
      return;
    }
    base = await index.ask(mv, keys, signal);
  }
  throw contended(bucket, keys.index);
}

/**
 * What the index is to say of a file. Where others tell of other bytes than were told when we began, the object itself
 * decides whose they are: whoever wrote it last finds it so, and whoever did not leaves the entry as it is.
 */
async function factsToTell(
  bucket: Bucket,
  keys: VersionKeys,
  { piece, etag }: Done,
  before: IndexObject,
  base: IndexObject,
  signal: AbortSignal | undefined,
): Promise<VersionFacts> {
  const told = base.entry && h1Of(base.entry, piece.kind);
  const same = told === undefined || told === piece.h1;
  if (etag === undefined) return same ? voucherOnly(piece) : {};
  const unchanged = factsOf(base.entry, piece.kind)?.sha256 === factsOf(before.entry, piece.kind)?.sha256;
  if (unchanged || (await bucket.head(keys.files[piece.kind], signal))?.etag === etag) return piece.add;
  return same ? voucherOnly(piece) : {};
}
