import { setTimeout as delay } from 'node:timers/promises';
import { sameFacts } from './digest.ts';
import { type Digested, FileDigests, isComputed, isSmall, type Turn } from './digest-file.ts';
import { StoreError } from './errors.ts';
import { type FileStamp, readRegular, sameStamp, statRegular } from './files.ts';
import type { Hasher, Priority } from './hasher.ts';
import { factsOf, h1Of, voucherOf } from './index-entry.ts';
import type { Damage, IndexFiles } from './index-files.ts';
import { MAX_SIZE, type VersionKeys } from './layout.ts';
import { partsOfBytes, partsOfFile, streamOfBytes, streamOfFile } from './stream.ts';
import type { Tree } from './tree.ts';
import type {
  FileFacts,
  FileKind,
  IndexEntry,
  ModVer,
  Proof,
  Representation,
  StoredFile,
  Voucher,
} from './types.ts';

/** A file whose bytes were compared with what the index says of them. */
export interface Seen {
  readonly stamp: FileStamp;
  /** Of the bytes at rest. */
  readonly facts: FileFacts;
  /** Undefined where nobody has hashed the file as such. */
  readonly original: string | undefined;
  readonly representation: Representation;
  readonly h1: string | undefined;
  readonly by: Voucher | undefined;
  /** This process itself put it there. */
  readonly own: boolean;
}

/** Files remembered as verified; the oldest are forgotten beyond this and would be hashed once more. */
const MAX_SEEN = 50_000;

/** Time in ms that a writer which replaces a file gets to write the index entry too. */
const SETTLE_MS = 100;

interface Verified {
  readonly seen: Seen;
  readonly bytes: Buffer | undefined;
}

/** One verification, for all who want the file meanwhile. */
interface Flight extends Turn {
  readonly verified: Promise<Verified | undefined>;
}

export interface ReaderParts {
  readonly tree: Tree;
  readonly index: IndexFiles;
  readonly hasher: Hasher;
  readonly proof: Proof;
  readonly writable: boolean;
  readonly now: () => number;
  readonly onDamage: (damage: Damage) => void;
  /** A version's .info or .mod was taken away. */
  readonly onLoss: (modulePath: string) => void;
}

/** Reads files of versions; every file is verified before this process first hands it out. */
export class Reader {
  readonly #parts: ReaderParts;
  readonly #digests: FileDigests;
  readonly #seen = new Map<string, Seen>();
  /** Damaged files that could not be moved away, so that each is told of once. */
  readonly #refused = new Map<string, FileStamp>();
  readonly #flights = new Map<string, Flight>();

  constructor(parts: ReaderParts) {
    this.#parts = parts;
    this.#digests = new FileDigests(parts.tree, parts.hasher);
  }

  /** Notes a verified file. */
  remember(key: string, seen: Seen): void {
    this.#seen.delete(key);
    this.#seen.set(key, seen);
    if (this.#seen.size > MAX_SEEN) {
      for (const oldest of this.#seen.keys()) {
        this.#seen.delete(oldest);
        break;
      }
    }
  }

  /** See `DiskParts.hashed`. */
  hashed(key: string, stamp: FileStamp, h1: string): void {
    this.#digests.hashed(key, stamp, h1);
  }

  /** Whether this process put the file there that has this stamp. */
  isOwn(key: string, stamp: FileStamp): boolean {
    const seen = this.#seen.get(key);
    return seen?.own === true && sameStamp(seen.stamp, stamp);
  }

  /** See `Store.confirm`. */
  confirm(key: string, sha256: string): void {
    const seen = this.#seen.get(key);
    if (seen?.facts.sha256 === sha256) this.#seen.set(key, { ...seen, own: true });
  }

  /** See `Store.get`. */
  async get(
    mv: ModVer,
    keys: VersionKeys,
    kind: FileKind,
    expectH1: string | undefined,
    priority: Priority,
  ): Promise<StoredFile | undefined> {
    const key = keys.files[kind];
    const known = await this.#known(key, kind);
    const verified = known ?? (await this.#share(mv, keys, kind, expectH1, priority).verified);
    if (verified === undefined) return undefined;
    const { seen, bytes } = verified;
    if (expectH1 !== undefined && seen.h1 !== undefined && seen.h1 !== expectH1) return undefined;
    return this.#present(mv, key, kind, seen, bytes);
  }

  #present(mv: ModVer, key: string, kind: FileKind, seen: Seen, bytes: Buffer | undefined): StoredFile {
    const file = this.#parts.tree.path(key);
    const accept = (opened: FileStamp) => this.#accept(mv, key, seen, opened);
    return {
      kind,
      size: seen.facts.size,
      representation: seen.representation,
      ...(seen.original === undefined ? {} : { sha256: seen.original }),
      ...(seen.h1 === undefined ? {} : { h1: seen.h1 }),
      ...(seen.by === undefined ? {} : { by: seen.by }),
      ...(kind === 'info' && this.#parts.proof === 'full' && !seen.own ? { unproven: true } : {}),
      ...(bytes === undefined ? {} : { bytes }),
      stream: range =>
        bytes === undefined ? streamOfFile(file, accept, range) : streamOfBytes(bytes, range),
      parts: range => (bytes === undefined ? partsOfFile(file, accept, range) : partsOfBytes(bytes, range)),
    };
  }

  /** Another daemon may have put the same bytes there anew since they were verified: that is no fault. */
  async #accept(mv: ModVer, key: string, seen: Seen, opened: FileStamp): Promise<void> {
    if (sameStamp(opened, seen.stamp)) return;
    const { facts, h1 } = seen;
    const again = isComputed(facts)
      ? await this.#digests.digestLarge(key)
      : await this.#digests.wholeZip(key, mv, facts.size, { urgent: true, job: undefined });
    const wanted: Wanted = { facts, h1: isComputed(facts) ? undefined : h1 };
    if (again !== undefined && sameStamp(again.stamp, opened) && fits(again, wanted)) return;
    const file = this.#parts.tree.path(key);
    const message = `module store: ${file} changed after it was verified and was not served; ask again`;
    throw new StoreError('store-io', file, message);
  }

  async #known(key: string, kind: FileKind): Promise<Verified | undefined> {
    const seen = this.#seen.get(key);
    if (seen === undefined) return undefined;
    const file = this.#parts.tree.path(key);
    if (isSmall(kind, seen.facts.size)) {
      const found = await readRegular(file, MAX_SIZE[kind]);
      if (found !== undefined && found.bytes !== 'oversize' && sameStamp(found.stamp, seen.stamp)) {
        return { seen, bytes: found.bytes };
      }
    } else {
      const stamp = await statRegular(file);
      if (stamp !== undefined && sameStamp(stamp, seen.stamp)) return { seen, bytes: undefined };
    }
    this.#seen.delete(key);
    return undefined;
  }

  /** Several clients that ask for one file at once cost one hash. */
  #share(
    mv: ModVer,
    keys: VersionKeys,
    kind: FileKind,
    expectH1: string | undefined,
    priority: Priority,
  ): Flight {
    const id = `${keys.files[kind]} ${expectH1 ?? ''}`;
    const running = this.#flights.get(id);
    if (running !== undefined) {
      if (priority === 'now') {
        running.urgent = true;
        running.job?.promote();
      }
      return running;
    }
    const flight: Flight = {
      verified: this.#verify(mv, keys, kind, expectH1, () => flight).finally(() => this.#flights.delete(id)),
      urgent: priority === 'now',
      job: undefined,
    };
    this.#flights.set(id, flight);
    return flight;
  }

  async #verify(
    mv: ModVer,
    keys: VersionKeys,
    kind: FileKind,
    expectH1: string | undefined,
    flight: () => Flight,
  ): Promise<Verified | undefined> {
    const key = keys.files[kind];
    if (!(await this.#parts.tree.hasDir(keys.dir))) return undefined;
    const whole = kind === 'zip' && this.#parts.proof === 'full';
    let before: { readonly wanted: Wanted; readonly found: Digested } | undefined;
    for (;;) {
      const entry = (await this.#parts.index.read(mv, keys))?.entry;
      const facts = factsOf(entry, kind);
      if (entry === undefined || facts === undefined)
        return this.#unindexed(mv, keys, kind, expectH1, flight);
      const wanted: Wanted = { facts, h1: whole ? entry.h1 : undefined };
      if (before !== undefined && (await this.#unchanged(key, before, wanted))) {
        await this.#damaged(mv, key, kind, before.wanted, before.found);
        return undefined;
      }
      const found = whole
        ? await this.#digests.wholeZip(key, mv, facts.size, flight())
        : await this.#digests.digest(key, kind, facts.size);
      if (found === undefined) return undefined;
      if (fits(found, wanted)) return this.#accepted(key, kind, entry, found);
      const refused = this.#refused.get(key);
      if (refused !== undefined && sameStamp(refused, found.stamp)) return undefined;
      if (before !== undefined) {
        await this.#damaged(mv, key, kind, wanted, found);
        return undefined;
      }
      before = { wanted, found };
      await delay(SETTLE_MS);
    }
  }

  /** Neither the file nor what the index says of it is another than it was. */
  async #unchanged(
    key: string,
    before: { readonly wanted: Wanted; readonly found: Digested },
    wanted: Wanted,
  ): Promise<boolean> {
    if (!sameFacts(before.wanted.facts, wanted.facts) || before.wanted.h1 !== wanted.h1) return false;
    const stamp = await statRegular(this.#parts.tree.path(key));
    return stamp !== undefined && sameStamp(stamp, before.found.stamp);
  }

  #accepted(key: string, kind: FileKind, entry: IndexEntry, found: Digested): Verified {
    const zip = kind === 'zip' ? entry.zip : undefined;
    const seen: Seen = {
      stamp: found.stamp,
      facts: found.facts,
      // What the bytes once were is nothing that bytes at rest can prove.
      original: this.#originalOf(found.facts, zip),
      representation: zip?.representation ?? 'original',
      h1: h1Of(entry, kind),
      by: voucherOf(entry, kind),
      own: false,
    };
    this.remember(key, seen);
    return { seen, bytes: found.bytes };
  }

  #originalOf(found: FileFacts, zip: IndexEntry['zip']): string | undefined {
    if (this.#parts.proof === 'digest') return (zip?.original ?? found).sha256;
    return isComputed(found) ? found.sha256 : undefined;
  }

  async #damaged(mv: ModVer, key: string, kind: FileKind, wanted: Wanted, found: Digested): Promise<void> {
    const { tree, writable, now, onDamage, onLoss } = this.#parts;
    const moved = writable ? await tree.quarantine(key, found.stamp.ino, now()) : undefined;
    if (moved === undefined && writable && (await statRegular(tree.path(key)))?.ino !== found.stamp.ino)
      return;
    if (moved === undefined && this.#refused.size < MAX_SEEN) this.#refused.set(key, found.stamp);
    const where = moved === undefined ? 'it is not served' : `it was moved to ${moved}`;
    const what = `the file ${misfit(found, wanted)}; ${where} and will be fetched anew`;
    onDamage({ mv, path: key, what });
    if (kind !== 'zip') onLoss(mv.path);
  }

  /** Nothing in the index vouches for the file: only the hash that the caller brings can. */
  async #unindexed(
    mv: ModVer,
    keys: VersionKeys,
    kind: FileKind,
    expectH1: string | undefined,
    flight: () => Flight,
  ): Promise<Verified | undefined> {
    if (expectH1 === undefined || kind === 'info') return undefined;
    const key = keys.files[kind];
    const found =
      kind === 'mod' ? await this.#digests.digest(key, kind) : await this.#digests.hashZip(key, mv, flight());
    if (found?.h1 === undefined || found.h1 !== expectH1) return undefined;
    const { facts, stamp, h1, bytes } = found;
    const add =
      kind === 'mod'
        ? { mod: facts, goModH1: h1 }
        : { zip: { ...facts, representation: 'original' as const, original: facts }, h1 };
    // The file is right whether or not this can be written down.
    await this.#parts.index.heal(mv, keys, add).catch(() => undefined);
    const seen: Seen = {
      stamp,
      facts,
      original: facts.sha256,
      representation: 'original',
      h1,
      by: undefined,
      own: false,
    };
    this.remember(key, seen);
    return { seen, bytes };
  }
}

/** What a file must be. Where there is an h1, that and the size decide. */
interface Wanted {
  readonly facts: FileFacts;
  readonly h1: string | undefined;
}

function fits(found: Digested, wanted: Wanted): boolean {
  if (found.fault !== undefined) return false;
  if (wanted.h1 === undefined) return sameFacts(found.facts, wanted.facts);
  return found.facts.size === wanted.facts.size && found.h1 === wanted.h1;
}

function misfit({ facts, h1, fault }: Digested, wanted: Wanted): string {
  if (fault !== undefined) return `is no zip of this version (${fault})`;
  if (facts.size !== wanted.facts.size)
    return `is ${facts.size} bytes long where the index has ${wanted.facts.size}`;
  if (wanted.h1 === undefined)
    return `has SHA-256 ${facts.sha256} where the index has ${wanted.facts.sha256}`;
  return `has ${h1} where the index has ${wanted.h1}`;
}
