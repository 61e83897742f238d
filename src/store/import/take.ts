import { InfoError } from '../../gomod/info.ts';
import { factsOfBytes, goModH1 } from '../digest.ts';
import { StoreError } from '../errors.ts';
import { readRegular, removeQuietly } from '../files.ts';
import { Gate } from '../gate.ts';
import { MAX_SIZE } from '../layout.ts';
import type { Commit, FileKind, IndexEntry, ModVer, Voucher } from '../types.ts';
import { checkedInfo } from './checked-info.ts';
import { type StagedZip, stageZip } from './stage-zip.ts';
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

type StagedMod = NonNullable<Commit['mod']>;
/** With what removes it again. */
type VouchedZip = NonNullable<Commit['zip']> & Pick<StagedZip, 'discard'>;

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

  /** Whether the store lacks a file, so that it is worth having at hand. Rejects with StoreError. */
  async needs(mv: ModVer, kind: FileKind): Promise<boolean> {
    return (await presentSize(await this.#store?.entry(mv), mv, kind, this.#options)) === undefined;
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
  /** The import ends, and nothing more of this version is looked at: the next one takes it whole. */
  #ended = false;
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
    try {
      return await this.#run();
    } finally {
      for (const { file, own } of Object.values(this.#offer.files))
        if (own === true) await removeQuietly(file);
    }
  }

  async #run(): Promise<Taken> {
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
    if (this.#ended) return this.#taken({});
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
      await zip?.discard();
    }
  }

  /** The kinds that the source has and the store lacks. */
  async #wanted(entry: IndexEntry | undefined): Promise<Set<FileKind>> {
    const wanted = new Set<FileKind>();
    for (const kind of Object.keys(this.#offer.files) as FileKind[]) {
      const size = await presentSize(entry, this.#mv, kind, this.#options);
      if (size !== undefined) this.#present.push(size);
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

  async #zip(vouching: Vouching): Promise<VouchedZip | undefined> {
    const offered = this.#offer.files.zip;
    if (offered === undefined) return undefined;
    const word = await vouching.of('zip');
    // What nobody vouches for is not worth the copying.
    if (word.state !== 'known' && word.state !== 'pin') {
      this.#judge(offered, 'zip', '', word);
      return undefined;
    }
    return await this.#zips.run(async () => {
      if (this.#options.signal?.aborted === true) {
        this.#ended = true;
        return undefined;
      }
      const { hasher, representation = 'original', dryRun } = this.#options;
      const store = dryRun === true ? undefined : this.#store;
      const tempFile = store && (() => store.tempFile());
      const staged = await stageZip(offered, this.#mv, { hasher, representation, tempFile });
      if ('refusal' in staged) {
        this.#find(staged.refusal, offered.name, staged.what, 'zip');
        return undefined;
      }
      const by = this.#judge(offered, 'zip', staged.h1, word);
      if (by !== undefined) return { ...staged, by };
      await staged.discard();
      return undefined;
    });
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
      return checkedInfo(bytes, this.#mv.version, this.#options.now?.() ?? Date.now());
    } catch (error) {
      if (!(error instanceof InfoError)) throw error;
      this.#find('damaged', offered.name, `it is no .info of this version: ${error.message}`, 'info');
      return undefined;
    }
  }

  async #isKnown(vouching: Vouching): Promise<boolean> {
    for (const kind of ['mod', 'zip'] as const) if ((await vouching.of(kind)).state === 'known') return true;
    return false;
  }

  /** Undefined when it is told why not. */
  async #read({ file, name, bytes }: OfferedFile, kind: 'info' | 'mod'): Promise<Buffer | undefined> {
    if (bytes !== undefined) return bytes;
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

/** Bytes of a file that the store has, and has somebody's word for; undefined when it is to be taken. */
async function presentSize(
  entry: IndexEntry | undefined,
  mv: ModVer,
  kind: FileKind,
  { isThere }: Pick<ImportOptions, 'isThere'>,
): Promise<number | undefined> {
  const facts = entry?.[kind];
  if (entry === undefined || facts === undefined) return undefined;
  if (kind !== 'info' && entry.vouchedBy?.[kind] === undefined) return undefined;
  return ((await isThere?.(mv, kind, entry)) ?? true) ? facts.size : undefined;
}
