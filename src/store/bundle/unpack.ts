import { createHash } from 'node:crypto';
import type { DiskStore } from '../disk.ts';
import { removeQuietly, statRegular } from '../files.ts';
import { factsOf, h1Of, parseEntry } from '../index-entry.ts';
import { MAX_INDEX_SIZE, MAX_SOFT_SIZE, TEMP, type VersionKeys, versionKeys } from '../layout.ts';
import type { FileFacts, FileKind, IndexEntry, ModVer } from '../types.ts';
import { Archive, SMALL_BODY } from './archive.ts';
import { type Arrived, Lanes, place, placeSoft, whyNoSuchName } from './arrivals.ts';
import type { BundleManifest } from './manifest.ts';
import { MANIFEST_LIMIT, manifestAtHead } from './read-manifest.ts';
import { isSharedSumdb, MAX_SUMDB_BYTES, MAX_SUMDB_FILES } from './sumdb-files.ts';
import type { TarMember } from './tar-reader.ts';
import {
  ARCHIVE_ROOT,
  BundleError,
  type Taken,
  type Unpack,
  type UnpackReport,
  type UnpackRequest,
  type Wanted,
} from './types.ts';

const MAX_REFUSALS = 100;
/** Members beside those that the manifest tells of: the files of the checksum database, and some more. */
const MAX_OTHER_MEMBERS = MAX_SUMDB_FILES + 5000;
/** Bytes of index entries that wait for their files. */
const MAX_HELD = 64 * 1024 * 1024;

/** A version of which the archive should hold files. */
interface Version {
  readonly mv: ModVer;
  readonly keys: VersionKeys;
  readonly files: readonly Expected[];
  /** Bytes of its index entry, from when it came until its files are settled. */
  entry?: Buffer;
}

/** A file that the archive should hold. */
interface Expected {
  readonly kind: FileKind;
  /** Undefined when it is not wanted. */
  readonly facts: FileFacts | undefined;
  settled: boolean;
}

/** Unpacks one archive into a store; see `Unpack`. */
export const unpack: Unpack = async request => {
  if (!request.store.writable) {
    request.stream.destroy();
    return readOnlyReport();
  }
  const archive = new Archive(request.stream, MANIFEST_LIMIT, request.signal);
  try {
    const manifest = await manifestAtHead(archive);
    const wanted = await request.wants(manifest);
    if (wanted === undefined) return { taken: 0, versions: 0, present: 0, refused: [], refusedCount: 0 };
    archive.limit = wanted.maxBytes;
    archive.h1s = request.store.proof === 'full';
    return await new Unpacking(request, archive, manifest, wanted).run();
  } finally {
    await archive.close();
  }
};

function readOnlyReport(): UnpackReport {
  const refused = [{ path: '', why: 'the store is read-only' }];
  return { taken: 0, versions: 0, present: 0, refused, refusedCount: 1 };
}

class Unpacking {
  readonly #request: UnpackRequest;
  readonly #store: DiskStore;
  readonly #archive: Archive;
  readonly #wanted: Wanted;
  /** When the archive was made, milliseconds since the epoch. */
  readonly #created: number;
  readonly #versions = new Map<string, Version>();
  readonly #files = new Map<string, { readonly version: Version; readonly file: Expected }>();
  readonly #sumdbKeys = new Set<string>();
  readonly #lanes = new Lanes();
  readonly #cameIn = new Set<Version>();
  readonly #refused: { path: string; why: string }[] = [];
  readonly #count = { taken: 0, present: 0, refused: 0, sumdbBytes: 0, held: 0 };
  /** Wanted files that did not come yet. */
  #missing = 0;
  /** Small files of one version, which become visible together. */
  #group: { readonly version: Version; readonly theirs: IndexEntry; readonly files: Arrived[] } | undefined;

  constructor(request: UnpackRequest, archive: Archive, manifest: BundleManifest, wanted: Wanted) {
    this.#request = request;
    this.#store = request.store;
    this.#archive = archive;
    this.#wanted = wanted;
    this.#created = Math.min(Date.parse(manifest.created), request.store.parts.now());
    for (const { path, version, files } of manifest.versions) {
      const own = files.filter(file => file.bundle === 0);
      const mv = { path, version };
      const keys = own.length === 0 ? undefined : versionKeys(mv);
      const kinds = own.map(file => file.kind);
      if (keys !== undefined) this.#expect(mv, keys, kinds);
    }
  }

  #expect(mv: ModVer, keys: VersionKeys, kinds: readonly FileKind[]): void {
    const files = kinds.map(kind => ({ kind, facts: this.#wanted.file(mv, kind), settled: false }));
    const version: Version = { mv, keys, files };
    this.#versions.set(keys.index, version);
    for (const file of files) {
      this.#files.set(keys.files[file.kind], { version, file });
      if (file.facts !== undefined) this.#missing += 1;
    }
  }

  async run(): Promise<UnpackReport> {
    try {
      const most = 4 * this.#files.size + MAX_OTHER_MEMBERS;
      for (let count = 0; ; count++) {
        const member = await this.#archive.next();
        this.#lanes.check();
        if (member === undefined) break;
        if (count === most) throw tooMany(most);
        if (member.type !== 'directory' && (await this.#member(member)) === 'enough') break;
      }
      await this.#flush();
    } finally {
      await this.#dropGroup();
      await this.#lanes.settle();
    }
    this.#lanes.check();
    for (const { version, file } of this.#files.values()) {
      if (file.facts !== undefined && !file.settled)
        this.#refuseFile(version, file.kind, 'the archive does not hold it');
    }
    const { taken, present, refused } = this.#count;
    return { taken, present, versions: this.#cameIn.size, refused: this.#refused, refusedCount: refused };
  }

  /** Takes or skips one member. `enough`: nothing that is wanted can follow. */
  async #member(member: TarMember): Promise<'enough' | undefined> {
    const { name } = member;
    const key = name.startsWith(ARCHIVE_ROOT) ? name.slice(ARCHIVE_ROOT.length) : '';
    if (member.type !== 'file') return this.#refuse(name, 'not a regular file');
    const found = this.#files.get(key);
    if (found !== undefined) return this.#file(key, found.version, found.file, member.size);
    const version = this.#versions.get(key);
    if (version !== undefined) return this.#indexEntry(key, version, member.size);
    if (key.startsWith('sumdb/')) return this.#sumdb(key, member.size);
    return this.#refuse(name, 'not a file that the manifest tells of');
  }

  async #indexEntry(key: string, version: Version, size: number): Promise<undefined> {
    const open = version.files.some(file => file.facts !== undefined && !file.settled);
    if (!open) return;
    if (version.entry !== undefined) return this.#refuse(key, 'a second index entry of this version');
    if (size > MAX_INDEX_SIZE || this.#count.held + size > MAX_HELD) return this.#refuse(key, 'too large');
    const bytes = Buffer.from(await this.#archive.whole());
    if (parseEntry(bytes, version.mv) === undefined) return this.#refuse(key, 'not an index entry');
    version.entry = bytes;
    this.#count.held += bytes.length;
  }

  async #file(key: string, version: Version, file: Expected, size: number): Promise<'enough' | undefined> {
    if (file.settled) return this.#refuse(key, 'a second file of this name');
    file.settled = true;
    const { facts, kind } = file;
    if (facts === undefined) {
      this.#tell(version, kind, 'skipped');
      return kind === 'zip' && this.#missing === 0 ? 'enough' : undefined;
    }
    this.#missing -= 1;
    const theirs = this.#entryOf(version);
    if (this.#group?.version !== version) await this.#flush();
    if (await this.#has(version, kind)) {
      this.#count.present += 1;
      this.#tell(version, kind, 'present');
      return;
    }
    if (theirs === undefined) return this.#refuseFile(version, kind, 'no index entry came before it');
    const why = contradiction(theirs, kind, facts, size) ?? (await this.#otherHash(version, kind, theirs));
    if (why !== undefined) return this.#refuseFile(version, kind, why);
    // Where a zip is not believed anyway, the h1 of its members decides when it is first used.
    const digest = kind !== 'zip' || this.#store.proof === 'digest';
    const { sha256, from } = await this.#receive(size, digest, digest ? undefined : version.mv);
    if (digest && sha256 !== facts.sha256) {
      if ('temp' in from) await removeQuietly(from.temp);
      const wrong = `it has SHA-256 ${sha256} where its index entry has ${facts.sha256}`;
      return this.#refuseFile(version, kind, wrong);
    }
    this.#group ??= { version, theirs, files: [] };
    this.#group.files.push({ kind, from });
    // A zip is what go waits for; small files wait for their like.
    if (kind === 'zip' || 'temp' in from) await this.#flush();
    return;
  }

  /** The index entry that came for a version; forgotten as soon as no other file of it is awaited. */
  #entryOf(version: Version): IndexEntry | undefined {
    const bytes = version.entry;
    if (bytes === undefined) return undefined;
    if (version.files.every(file => file.facts === undefined || file.settled)) {
      this.#count.held -= bytes.length;
      delete version.entry;
    }
    return parseEntry(bytes, version.mv);
  }

  async #otherHash(version: Version, kind: FileKind, theirs: IndexEntry): Promise<string | undefined> {
    const ours = (await this.#store.parts.index.read(version.mv, version.keys))?.entry;
    const pinned = ours && h1Of(ours, kind);
    if (pinned === undefined || pinned === h1Of(theirs, kind)) return undefined;
    return `the store knows it as ${pinned}`;
  }

  async #receive(
    size: number,
    digest: boolean,
    zipOf: ModVer | undefined,
  ): Promise<{ readonly sha256: string | undefined; readonly from: Arrived['from'] }> {
    if (size > SMALL_BODY) {
      const { tree } = this.#store.parts;
      await tree.makeDir(TEMP);
      const temp = tree.tempFile();
      const staged = await this.#archive.stage(temp, { digest, zipOf, chmod: tree.chmod });
      const { sha256, h1, stamp } = staged;
      return { sha256, from: { temp, ...(h1 === undefined ? {} : { hashed: { h1, stamp } }) } };
    }
    const { h1 } = this.#archive;
    const bytes = await this.#archive.whole();
    const sha256 = digest ? createHash('sha256').update(bytes).digest('hex') : undefined;
    return { sha256, from: { bytes, ...(zipOf === undefined || h1 === undefined ? {} : { h1 }) } };
  }

  async #has(version: Version, kind: FileKind): Promise<boolean> {
    const { tree } = this.#store.parts;
    if (!(await tree.hasDir(version.keys.dir))) return false;
    return (await statRegular(tree.path(version.keys.files[kind]))) !== undefined;
  }

  async #flush(): Promise<void> {
    const group = this.#group;
    if (group === undefined) return;
    const { version, theirs, files } = group;
    const { mv, keys } = version;
    await this.#lanes.start(async () => {
      const arrival = { mv, keys, theirs, files, lastUse: this.#wanted.lastUse(mv) };
      const placed = await place(this.#store, arrival).catch(whyNoSuchName);
      for (const { kind } of files) {
        if (typeof placed === 'string') {
          this.#refuseFile(version, kind, placed);
          continue;
        }
        const outcome = placed.has(kind) ? 'taken' : 'present';
        this.#count[outcome] += 1;
        this.#tell(version, kind, outcome);
        if (outcome === 'taken') this.#cameIn.add(version);
      }
    });
    this.#group = undefined;
  }

  async #dropGroup(): Promise<void> {
    for (const { from } of this.#group?.files ?? []) if ('temp' in from) await removeQuietly(from.temp);
  }

  async #sumdb(key: string, size: number): Promise<undefined> {
    const count = this.#count;
    if (!isSharedSumdb(key)) return this.#refuse(key, 'not a file of a store');
    if (this.#sumdbKeys.has(key)) return this.#refuse(key, 'a second file of this name');
    if (
      size > MAX_SOFT_SIZE ||
      this.#sumdbKeys.size >= MAX_SUMDB_FILES ||
      count.sumdbBytes + size > MAX_SUMDB_BYTES
    ) {
      return this.#refuse(key, 'too large, or one file of the checksum database too many');
    }
    this.#sumdbKeys.add(key);
    count.sumdbBytes += size;
    const bytes = await this.#archive.whole();
    await this.#flush();
    await this.#lanes.start(async () => {
      const why = await placeSoft(this.#store, key, bytes, this.#created).catch(whyNoSuchName);
      if (why !== undefined) this.#refuse(key, why);
    });
  }

  #tell(version: Version, kind: FileKind, outcome: Taken): void {
    this.#request.onFile?.(version.mv, kind, outcome, this.#archive.offset);
  }

  #refuseFile(version: Version, kind: FileKind, why: string): undefined {
    this.#refuse(version.keys.files[kind], why);
    this.#tell(version, kind, 'refused');
  }

  #refuse(path: string, why: string): undefined {
    this.#count.refused += 1;
    if (this.#refused.length < MAX_REFUSALS) this.#refused.push({ path: printable(path), why });
  }
}

/** Why a file is not what index entry and manifest agree on, as far as that can be told before its bytes come. */
function contradiction(
  theirs: IndexEntry,
  kind: FileKind,
  facts: FileFacts,
  size: number,
): string | undefined {
  const told = factsOf(theirs, kind);
  if (told === undefined) return 'its index entry does not tell what it should be';
  if (told.sha256 !== facts.sha256 || told.size !== facts.size) {
    return 'its index entry and the manifest tell different files';
  }
  return size === told.size ? undefined : `${size} bytes long where its index entry has ${told.size}`;
}

function printable(text: string): string {
  return text.slice(0, 300).replace(/[^\x20-\x7e]/g, '?');
}

function tooMany(most: number): BundleError {
  return new BundleError(
    'too-large',
    `a cache entry has more than ${most} members; what came before that was kept, the rest is fetched anew`,
  );
}
