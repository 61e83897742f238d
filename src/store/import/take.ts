import { formatInfo, parseInfo } from '../../gomod/info.ts';
import { isPseudo, pseudoTime } from '../../gomod/version.ts';
import { factsOfBytes, goModH1 } from '../digest.ts';
import { StoreError } from '../errors.ts';
import { readRegular, removeQuietly, statRegular } from '../files.ts';
import { HashError, type ZipHash } from '../hasher.ts';
import { MAX_SIZE } from '../layout.ts';
import type { Commit, FileKind, IndexEntry, ModVer, Voucher } from '../types.ts';
import { copyIn, UnreadableSource } from './copy.ts';
import { Gate } from './gate.ts';
import type { Finding, ImportOptions, ImportStore, Offer, OfferedFile, Refusal } from './types.ts';
import { Vouching, type Word } from './vouching.ts';

/** What became of one version of a source. */
export interface Taken {
  /** Bytes at rest of each file that is new in the store. */
  readonly files: Readonly<Partial<Record<FileKind, number>>>;
  readonly vouchers: readonly Voucher[];
  /** Bytes of what the store had already. */
  readonly present: readonly number[];
  readonly findings: readonly Finding[];
  /** Files that nobody needs. */
  readonly passed: number;
}

/** A zip in a temp file of the store, or where it was in a dry run. */
type StagedZip = NonNullable<Commit['zip']>;
type StagedMod = NonNullable<Commit['mod']>;

/** A day of clocks that disagree, in ms. */
const CLOCKS = 86_400_000;

/** Takes versions of a source into a store: what is vouched for, and tells of the rest. */
export class Taker {
  readonly #store: ImportStore | undefined;
  readonly #options: ImportOptions;
  readonly #zips: Gate;

  /** @param store undefined for a dry run on one that is not there */
  constructor(store: ImportStore | undefined, options: ImportOptions) {
    this.#store = store;
    this.#options = options;
    this.#zips = new Gate(options.zipsAtOnce ?? 2);
  }

  /** Rejects with StoreError when the store fails. */
  async take(offer: Offer): Promise<Taken> {
    return await new Taking(offer, this.#store, this.#options, this.#zips).run();
  }
}

class Taking {
  readonly #offer: Offer;
  readonly #mv: ModVer;
  readonly #store: ImportStore | undefined;
  readonly #options: ImportOptions;
  readonly #zips: Gate;
  readonly #findings: Finding[] = [];
  readonly #present: number[] = [];
  #passed = 0;
  /** A file of it is wrong: then its .info, which no hash protects, is not believed either. */
  #suspect = false;

  constructor(offer: Offer, store: ImportStore | undefined, options: ImportOptions, zips: Gate) {
    this.#offer = offer;
    this.#mv = { path: offer.path, version: offer.version };
    this.#store = store;
    this.#options = options;
    this.#zips = zips;
  }

  async run(): Promise<Taken> {
    const { half, noZip, name } = this.#offer;
    if (half !== undefined) {
      this.#find('not-whole', name, half);
      return this.#taken({});
    }
    const entry = await this.#store?.entry(this.#mv);
    const wanted = await this.#wanted(entry);
    if (noZip !== undefined && entry?.zip === undefined) this.#find('not-whole', name, noZip);
    if (wanted.size === 0) return this.#taken({});
    const vouching = new Vouching(this.#mv, entry, this.#options.authorities);
    const mod = wanted.has('mod') ? await this.#mod(vouching) : undefined;
    const zip = wanted.has('zip') ? await this.#zip(vouching) : undefined;
    try {
      const info = wanted.has('info')
        ? await this.#info(vouching, this.#isProven(entry) || mod !== undefined || zip !== undefined)
        : undefined;
      const what: Commit = {
        ...(info === undefined ? {} : { info }),
        ...(mod === undefined ? {} : { mod }),
        ...(zip === undefined ? {} : { zip }),
      };
      if (Object.keys(what).length > 0 && this.#options.dryRun !== true) {
        await this.#store?.commit(this.#mv, what);
      }
      return this.#taken(what);
    } finally {
      // Committed, it is gone from there.
      if (zip !== undefined && this.#options.dryRun !== true) await removeQuietly(zip.file);
    }
  }

  /** The kinds that the source has and the store lacks. */
  async #wanted(entry: IndexEntry | undefined): Promise<Set<FileKind>> {
    const wanted = new Set<FileKind>();
    for (const kind of Object.keys(this.#offer.files) as FileKind[]) {
      const facts = entry?.[kind];
      const vouched = kind === 'info' || entry?.vouchedBy?.[kind] !== undefined;
      const there =
        entry !== undefined &&
        facts !== undefined &&
        vouched &&
        ((await this.#options.isThere?.(this.#mv, kind, entry)) ?? true);
      if (there) this.#present.push(facts.size);
      else if (kind !== 'info' || this.#options.infos !== false) wanted.add(kind);
    }
    return wanted;
  }

  /** Whether the store has something of this version that somebody vouched for. */
  #isProven(entry: IndexEntry | undefined): boolean {
    return (['zip', 'mod'] as const).some(
      kind => entry?.[kind] !== undefined && entry.vouchedBy?.[kind] !== undefined,
    );
  }

  async #mod(vouching: Vouching): Promise<StagedMod | undefined> {
    const offered = this.#offer.files.mod;
    const bytes = offered && (await this.#read(offered, 'mod'));
    if (offered === undefined || bytes === undefined) return undefined;
    const h1 = goModH1((await factsOfBytes(bytes)).sha256);
    const by = this.#judge(offered, 'mod', h1, await vouching.of('mod'));
    return by && { bytes, h1, by };
  }

  async #zip(vouching: Vouching): Promise<StagedZip | undefined> {
    const offered = this.#offer.files.zip;
    if (offered === undefined) return undefined;
    const word = await vouching.of('zip');
    // What nobody vouches for is not worth the copying.
    if (word.state !== 'known' && word.state !== 'pin') {
      this.#judge(offered, 'zip', '', word);
      return undefined;
    }
    return await this.#zips.run(async () => await this.#stage(offered, word));
  }

  async #stage(offered: OfferedFile, word: Word): Promise<StagedZip | undefined> {
    if (this.#options.signal?.aborted === true) return undefined;
    if (!(await this.#isZipSized(offered))) return undefined;
    const { dryRun } = this.#options;
    const store = dryRun === true ? undefined : this.#store;
    const stored =
      this.#options.representation === 'stored' && store !== undefined ? store.tempFile() : undefined;
    const temp = store?.tempFile();
    const found = await this.#hash(offered, temp, stored);
    if (found === undefined) return undefined;
    const by = this.#judge(offered, 'zip', found.h1, word);
    const original = { sha256: found.sha256, size: found.size };
    const both = [temp, stored].filter(file => file !== undefined);
    if (by === undefined) {
      await Promise.all(both.map(removeQuietly));
      return undefined;
    }
    const { h1 } = found;
    if (stored !== undefined && temp !== undefined && found.stored !== undefined) {
      await removeQuietly(temp);
      return { file: stored, h1, by, facts: found.stored, representation: 'stored', original };
    }
    return { file: temp ?? offered.file, h1, by, facts: original, representation: 'original', original };
  }

  async #isZipSized({ file, name }: OfferedFile): Promise<boolean> {
    const stat = await statRegular(file).catch((error: unknown) => {
      if (!(error instanceof StoreError)) throw error;
      return error;
    });
    if (stat instanceof StoreError) this.#find('unreadable', name, 'it cannot be read', 'zip');
    else if (stat === undefined) this.#find('foreign', name, 'no regular file any more', 'zip');
    else if (stat.size > MAX_SIZE.zip) {
      this.#find('damaged', name, `it is ${stat.size} bytes long, more than go lets a zip be`, 'zip');
    } else return true;
    return false;
  }

  /** Of the bytes that are kept: those of the copy. Undefined when it is told why not. */
  async #hash(
    { file, name }: OfferedFile,
    temp: string | undefined,
    stored: string | undefined,
  ): Promise<ZipHash | undefined> {
    try {
      if (temp !== undefined) await copyIn(file, temp);
      return await this.#options.hasher.hashZip(temp ?? file, this.#mv, 'later', stored).result;
    } catch (error) {
      if (temp !== undefined) await removeQuietly(temp);
      if (error instanceof UnreadableSource) {
        this.#find('unreadable', name, `it cannot be read: ${error.message}`, 'zip');
        return undefined;
      }
      if (!(error instanceof HashError) || error.code === 'closed') throw error;
      const unreadable = error.code === 'unreadable' || error.code === 'absent';
      const why = unreadable ? 'it cannot be read' : 'it is no zip of this version';
      this.#find(unreadable ? 'unreadable' : 'damaged', name, `${why}: ${error.message}`, 'zip');
      return undefined;
    }
  }

  async #info(vouching: Vouching, proven: boolean): Promise<Buffer | undefined> {
    const offered = this.#offer.files.info;
    const others = this.#offer.files.mod !== undefined || this.#offer.files.zip !== undefined;
    if (offered === undefined) return undefined;
    if (!others && !proven) {
      // go keeps one of every version that it thought of: nothing is lost with it, and no hash proves it.
      this.#passed += 1;
      return undefined;
    }
    // Whoever knows a hash of the version vouches for its being a version.
    if (this.#suspect || (!proven && !(await this.#isKnown(vouching)))) return undefined;
    const bytes = await this.#read(offered, 'info');
    if (bytes === undefined) return undefined;
    try {
      return rewritten(bytes, this.#mv.version, this.#options.now?.() ?? Date.now());
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#find('damaged', offered.name, `it is no .info of this version: ${why}`, 'info');
      return undefined;
    }
  }

  async #isKnown(vouching: Vouching): Promise<boolean> {
    for (const kind of ['mod', 'zip'] as const) if ((await vouching.of(kind)).state === 'known') return true;
    return false;
  }

  /** Undefined when it is told why not. */
  async #read({ file, name }: OfferedFile, kind: 'info' | 'mod'): Promise<Buffer | undefined> {
    const found = await readRegular(file, MAX_SIZE[kind]).catch((error: unknown) => {
      if (!(error instanceof StoreError)) throw error;
      return error;
    });
    if (found instanceof StoreError) this.#find('unreadable', name, 'it cannot be read', kind);
    else if (found === undefined) this.#find('foreign', name, 'no regular file any more', kind);
    else if (found.bytes === 'oversize') {
      const what = `it is ${found.stamp.size} bytes long, more than a .${kind} file may be`;
      this.#find('damaged', name, what, kind);
    } else return found.bytes;
    return undefined;
  }

  /** Who vouches for it; undefined when it is told why it is not taken. */
  #judge({ name }: OfferedFile, kind: 'zip' | 'mod', h1: string, word: Word): Voucher | undefined {
    if (word.state === 'pin') return 'first-seen';
    if (word.state !== 'known') {
      const refusal = word.state === 'unavailable' ? 'unasked' : 'unvouched';
      // One finding tells of all files of the version.
      if (!this.#findings.some(finding => finding.refusal === refusal)) {
        this.#find(refusal, this.#offer.name, word.why);
      }
      return undefined;
    }
    if (word.h1s.includes(h1)) return word.by;
    this.#suspect = true;
    this.#findings.push({
      refusal: 'wrong-hash',
      path: name,
      mv: this.#mv,
      file: kind,
      what: `it has ${h1}, and ${word.who} has ${word.h1s.join(' and ')}`,
      hashes: { have: h1, want: word.h1s, by: word.who },
    });
    return undefined;
  }

  #find(refusal: Refusal, path: string, what: string, file?: FileKind): void {
    if (refusal === 'damaged' && file !== 'info') this.#suspect = true;
    this.#findings.push({ refusal, path, mv: this.#mv, what, ...(file === undefined ? {} : { file }) });
  }

  #taken({ info, mod, zip }: Commit): Taken {
    return {
      files: {
        ...(info === undefined ? {} : { info: info.length }),
        ...(mod === undefined ? {} : { mod: mod.bytes.length }),
        ...(zip === undefined ? {} : { zip: zip.facts.size }),
      },
      vouchers: [mod, zip].flatMap(file => (file === undefined ? [] : [file.by])),
      present: this.#present,
      findings: this.#findings,
      passed: this.#passed,
    };
  }
}

/**
 * An .info by our schema. No hash protects what it says; what its version tells it must not contradict. Throws Error.
 */
function rewritten(bytes: Buffer, version: string, now: number): Buffer {
  const info = parseInfo(bytes, { version });
  const time = info.time === undefined ? undefined : Date.parse(info.time);
  if (time !== undefined && time > now + CLOCKS) throw new Error(`its Time ${info.time} is still to come`);
  if (time !== undefined && isPseudo(version) && time !== Date.parse(pseudoTime(version))) {
    throw new Error(`its Time ${info.time} is not that of its pseudo-version`);
  }
  return formatInfo(info);
}
