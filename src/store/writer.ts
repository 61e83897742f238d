import { setTimeout as delay } from 'node:timers/promises';
import { factsOfBytes, goModH1 } from './digest.ts';
import { asStoreError, StoreError } from './errors.ts';
import { type FileStamp, removeQuietly, sealFile, statRegular } from './files.ts';
import { factsOf, mergeFacts, type VersionFacts } from './index-entry.ts';
import type { Damage, IndexFiles, PreparedIndex } from './index-files.ts';
import { MAX_SIZE, type VersionKeys } from './layout.ts';
import { givesWay, voucherInWords } from './precedence.ts';
import type { Seen } from './reader.ts';
import type { Tree } from './tree.ts';
import type { Commit, FileKind, IndexEntry, ModVer } from './types.ts';

/** A file that waits in `modgate/tmp` to be shown. */
interface Waiting {
  readonly kind: FileKind;
  readonly temp: string;
  /** What the index is to say once the file is visible. */
  readonly add: VersionFacts;
}

export interface WriterParts {
  readonly tree: Tree;
  readonly index: IndexFiles;
  readonly onDamage: (damage: Damage) => void;
  /** This process made `key` visible, with what it knows of it. */
  readonly onPlaced: (key: string, seen: Omit<Seen, 'own'>) => void;
  /** Whether the file that stands at `key` may stay for one that this process is to put there. */
  readonly believes: (key: string, stamp: FileStamp) => boolean;
}

/**
 * The order in which the files of a version become visible. A go that reads the tree asks for .info or .mod
 * before the .zip: what it can see first comes last, so that it never meets the first half of a commit.
 */
const ORDER: readonly FileKind[] = ['zip', 'mod', 'info'];

/** A file that is there without facts may be one whose writer is about to write them; ms, and how often. */
const WRITER_MS = 20;
const WRITER_WAITS = 3;

/** Zips that are flushed to the disk at once. */
const MAX_SEALING = 2;

/** Commits versions; commits of one version within this process go one after another. */
export class Writer {
  readonly #parts: WriterParts;
  readonly #sealing = new Set<Promise<unknown>>();

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  /** See `Store.commit`. All temp files are gone afterwards, whatever happens. Throws StoreError. */
  async commit(mv: ModVer, keys: VersionKeys, what: Commit): Promise<void> {
    await this.#parts.index.inTurn(keys, () => this.#commit(mv, keys, what));
  }

  async #commit(mv: ModVer, keys: VersionKeys, what: Commit): Promise<void> {
    const { tree, index } = this.#parts;
    const temps: string[] = what.zip === undefined ? [] : [what.zip.file];
    try {
      await tree.makeDir(keys.dir);
      await tree.makeDir(keys.indexDir);
      const waiting = await this.#stage(what, temps);
      const add = joinFacts(waiting, what);
      const prepared = await index.prepare(mv, keys, add);
      if (prepared.temp !== undefined) temps.push(prepared.temp);
      const placed: VersionFacts[] = [];
      for (const kind of ORDER) {
        const file = waiting.find(w => w.kind === kind);
        if (file !== undefined && (await this.#place(mv, keys, file))) placed.push(file.add);
      }
      const all = placed.length === waiting.length;
      await index.publish(mv, keys, all ? prepared : await this.#partly(mv, keys, prepared, placed, what));
    } catch (error) {
      throw asStoreError(error, tree.path(keys.dir), 'write');
    } finally {
      await Promise.all(temps.map(removeQuietly));
    }
  }

  /** Another writer's file stayed for one of ours: the index is to say nothing of what we did not place. */
  async #partly(
    mv: ModVer,
    keys: VersionKeys,
    prepared: PreparedIndex,
    placed: readonly VersionFacts[],
    what: Commit,
  ): Promise<PreparedIndex> {
    if (prepared.temp !== undefined) await removeQuietly(prepared.temp);
    const origin = what.origin === undefined ? {} : { origin: what.origin };
    return this.#parts.index.prepare(mv, keys, placed.reduce(mergeFacts, origin));
  }

  /** Writes what came as bytes and seals the zip; nothing is visible yet. Adds to `temps` as it goes. */
  async #stage(what: Commit, temps: string[]): Promise<Waiting[]> {
    const { tree } = this.#parts;
    const waiting: Waiting[] = [];
    if (what.zip !== undefined) {
      const { file, facts, h1, by, representation, original } = what.zip;
      const stamp = await this.#seal(file);
      if (stamp.size !== facts.size || facts.size > MAX_SIZE.zip)
        throw wrongSize(file, stamp.size, facts.size);
      const zip = { ...facts, representation, original };
      waiting.push({ kind: 'zip', temp: file, add: { zip, h1, vouchedBy: { zip: by } } });
    }
    if (what.mod !== undefined) {
      const { bytes, h1, by } = what.mod;
      const mod = await factsOfBytes(bytes);
      if (goModH1(mod.sha256) !== h1) throw wrongHash(tree.root, h1);
      const temp = await this.#stageBytes('mod', bytes, temps);
      waiting.push({ kind: 'mod', temp, add: { mod, goModH1: h1, vouchedBy: { mod: by } } });
    }
    if (what.info !== undefined) {
      const temp = await this.#stageBytes('info', what.info, temps);
      waiting.push({ kind: 'info', temp, add: { info: await factsOfBytes(what.info) } });
    }
    return waiting;
  }

  /**
   * Flushing to a disk holds one of the few threads that all file work shares, for as long as the disk takes:
   * requests must not stand in line behind a hundred zips.
   */
  async #seal(file: string): Promise<FileStamp> {
    while (this.#sealing.size >= MAX_SEALING) await Promise.race(this.#sealing);
    const sealed = sealFile(file);
    const settled: Promise<unknown> = sealed
      .catch(() => undefined)
      .finally(() => this.#sealing.delete(settled));
    this.#sealing.add(settled);
    return sealed;
  }

  async #stageBytes(kind: FileKind, bytes: Buffer, temps: string[]): Promise<string> {
    if (bytes.length > MAX_SIZE[kind]) throw wrongSize(`.${kind} file`, bytes.length, MAX_SIZE[kind]);
    const temp = await this.#parts.tree.writeTemp(bytes);
    temps.push(temp);
    return temp;
  }

  /** Makes one file visible. False when a file that the index vouches for stands there already and stays. */
  async #place(mv: ModVer, keys: VersionKeys, file: Waiting): Promise<boolean> {
    const { tree, index } = this.#parts;
    const key = keys.files[file.kind];
    // Taken before the file is visible: afterwards the name may already mean another writer's file.
    const stamp = await statRegular(file.temp);
    for (let waits = 0; ; waits++) {
      if (await tree.create(key, file.temp)) break;
      const entry = (await index.read(mv, keys))?.entry;
      const verdict = await this.#compare(mv, key, entry, file);
      if (verdict === 'keep') return false;
      if (verdict === 'replace' || waits === WRITER_WAITS) {
        await tree.replace(key, file.temp);
        break;
      }
      await delay(WRITER_MS);
    }
    const facts = file.add[file.kind];
    if (stamp === undefined || facts === undefined || stamp.size !== facts.size) return true;
    const zip = file.add.zip;
    this.#parts.onPlaced(key, {
      stamp,
      facts: { sha256: facts.sha256, size: facts.size },
      original: zip?.original.sha256 ?? facts.sha256,
      representation: zip?.representation ?? 'original',
      h1: file.kind === 'zip' ? file.add.h1 : file.add.goModH1,
      by: file.kind === 'info' ? undefined : file.add.vouchedBy?.[file.kind],
    });
    return true;
  }

  async #compare(
    mv: ModVer,
    key: string,
    entry: IndexEntry | undefined,
    file: Waiting,
  ): Promise<'keep' | 'replace' | 'wait'> {
    const stamp = await statRegular(this.#parts.tree.path(key));
    if (stamp === undefined || !this.#parts.believes(key, stamp)) return 'replace';
    const theirs = factsOf(entry, file.kind);
    if (entry === undefined || theirs === undefined) return 'wait';
    if (theirs.size !== stamp.size) return 'replace';
    if (file.kind === 'info') return 'keep';
    const [oldH1, newH1, oldBy, newBy] =
      file.kind === 'zip'
        ? [entry.h1, file.add.h1, entry.vouchedBy?.zip, file.add.vouchedBy?.zip]
        : [entry.goModH1, file.add.goModH1, entry.vouchedBy?.mod, file.add.vouchedBy?.mod];
    if (oldH1 === newH1) {
      if (oldBy === undefined || (oldBy !== 'sumdb' && newBy === 'sumdb')) return 'replace';
      return entry.zip?.representation === file.add.zip?.representation || file.kind === 'mod'
        ? 'keep'
        : 'replace';
    }
    if (givesWay(oldBy, newBy)) return 'replace';
    this.#parts.onDamage({
      mv,
      path: key,
      what: `a ${file.kind} with ${newH1} was not kept: ${voucherInWords(oldBy)} vouches for ${oldH1}, which is here`,
    });
    return 'keep';
  }
}

function joinFacts(waiting: readonly Waiting[], what: Commit): VersionFacts {
  const origin: VersionFacts = what.origin === undefined ? {} : { origin: what.origin };
  return waiting.map(w => w.add).reduce(mergeFacts, origin);
}

function wrongSize(what: string, size: number, expected: number): StoreError {
  const message = `module store: ${what} is ${size} bytes long where ${expected} were expected (or are the limit); it was not kept`;
  return new StoreError('store-io', what, message);
}

function wrongHash(root: string, h1: string): StoreError {
  const message = `module store: a go.mod does not have the hash ${h1} that it was committed with; it was not kept`;
  return new StoreError('store-io', root, message);
}
