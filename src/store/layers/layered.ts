import { createHash } from 'node:crypto';
import type { DiskStore } from '../disk.ts';
import { removeQuietly } from '../files.ts';
import type { Hasher, Priority } from '../hasher.ts';
import { mergeEntry } from '../index-entry.ts';
import { versionKeys } from '../layout.ts';
import type { Use } from '../stats/use-log.ts';
import type {
  Commit,
  FileKind,
  IndexEntry,
  ModVer,
  Proof,
  Representation,
  Store,
  StoredFile,
  StoredVersion,
} from '../types.ts';
import { Behind, type BehindFiles, type BehindZip } from './behind.ts';
import { checkFetched } from './check-fetched.ts';
import { GuardedLayer, sessionEnds } from './guarded.ts';
import type { Layer, LayersReport, Upload, Uploaded } from './types.ts';

export interface LayeredOptions {
  /** The store of this machine, in front. */
  readonly local: DiskStore;
  /** In reading order. The first that can be written takes what is new. */
  readonly layers: readonly Layer[];
  readonly hasher: Hasher;
  readonly warn: (line: string) => void;
  readonly log: (line: string) => void;
  /** Monotonic ms. */
  readonly now?: () => number;
}

/** What a session knows only when it begins to serve. */
export interface Serving {
  /** In which form zips of a layer are kept here. */
  readonly representation: Representation;
  /**
   * Whether a zip or go.mod of a layer is the one that go.sum or the checksum database know. Never rejects.
   * @returns why not, or undefined when it may be taken
   */
  readonly judge: (mv: ModVer, kind: 'mod' | 'zip', h1: string) => Promise<string | undefined>;
}

/** Versions whose use is told at the end; beyond that they count as used when they came. */
const MAX_USED = 100_000;
/** Lists of this machine that are younger than this are not compared with those of the layers, ms. */
const FRESH_MS = 60 * 60_000;
/** Time that the last writes of a session get when all else is done, ms. */
const NOTE_MS = 2_000;
/** Files of layers that are told of one by one when they are wrong. */
const MAX_TOLD = 20;

interface Flight {
  readonly came: Promise<boolean>;
  urgent: boolean;
  job: { promote(): void } | undefined;
}

/**
 * The store of a job: a local one in front, and layers behind it that others share. A file is looked for here, then in
 * one layer after the other; what comes is checked, committed here and served from here. What is new goes here at once,
 * and to a layer behind the job's back. No trouble of a layer is ever the job's.
 */
export class LayeredStore implements Store {
  readonly local: DiskStore;
  readonly location: string;
  readonly writable: boolean;
  readonly proof: Proof;
  readonly #options: LayeredOptions;
  readonly #layers: readonly GuardedLayer[];
  readonly #behind: Behind | undefined;
  readonly #flights = new Map<string, Flight>();
  readonly #used = new Map<string, ModVer>();
  readonly #closing = new AbortController();
  /** Until somebody says otherwise: the word of the layers counts, and zips stay as they are there. */
  #serving: Serving = { representation: 'original', judge: async () => undefined };
  #told = 0;

  constructor(options: LayeredOptions) {
    const { local, layers, warn, log, now = () => performance.now() } = options;
    this.local = local;
    this.location = local.location;
    this.writable = local.writable;
    this.proof = local.proof;
    this.#options = options;
    this.#layers = layers.map(layer => new GuardedLayer(layer, { now, warn, log }));
    this.#behind = layers.some(layer => layer.writable)
      ? new Behind({
          local,
          upload: (mv, what, signal) => this.#upload(mv, what, signal),
          putSoft: (key, bytes, signal) => this.#uploadSoft(key, bytes, signal),
          getSoft: async key => (await local.getSoft(key))?.bytes,
          now,
        })
      : undefined;
  }

  /** See `Store.wantsOriginals`. */
  get wantsOriginals(): boolean {
    return this.#behind !== undefined && this.#layers.some(layer => layer.writable);
  }

  /** Tells how what comes from a layer is kept, and who judges it. */
  serve(serving: Serving): void {
    this.#serving = serving;
  }

  async get(
    mv: ModVer,
    kind: FileKind,
    expectH1?: string,
    priority: Priority = 'now',
  ): Promise<StoredFile | undefined> {
    const here = await this.local.get(mv, kind, expectH1, priority);
    if (here !== undefined || !(await this.#pull(mv, kind, priority))) return here;
    return await this.local.get(mv, kind, expectH1, priority);
  }

  async commit(mv: ModVer, what: Commit): Promise<void> {
    const { zip } = what;
    try {
      await this.local.commit(mv, what);
    } catch (error) {
      if (zip?.originalFile !== undefined) await removeQuietly(zip.originalFile);
      throw error;
    }
    const behind = this.wantsOriginals ? this.#behind : undefined;
    if (behind !== undefined) behind.add(mv, this.#filesOf(mv, what));
    else if (zip?.originalFile !== undefined) await removeQuietly(zip.originalFile);
  }

  confirm(mv: ModVer, info: StoredFile): void {
    this.local.confirm(mv, info);
  }

  async touch(mv: ModVer): Promise<void> {
    const name = `${mv.path}@${mv.version}`;
    if (!this.#used.has(name) && this.#used.size < MAX_USED) {
      this.#used.set(name, mv);
      for (const { layer } of this.#layers) await layer.touch(mv).catch(() => undefined);
    }
    await this.local.touch(mv);
  }

  async entry(mv: ModVer, reach?: 'here'): Promise<IndexEntry | undefined> {
    const here = await this.local.entry(mv);
    if (reach === 'here' || (here?.h1 !== undefined && here.goModH1 !== undefined)) return here;
    for (const one of this.#layers) {
      const there = await one.ask(() => one.layer.entry(mv, this.#closing.signal));
      if (there === undefined) continue;
      return here === undefined ? there : mergeEntry(mv, there, here, here.firstSeen);
    }
    return here;
  }

  async list(modulePath: string): Promise<string[]> {
    const all = await Promise.all([
      this.local.list(modulePath),
      ...this.#layers.map(one => one.ask(() => one.layer.list(modulePath, this.#closing.signal))),
    ]);
    return [...new Set(all.flatMap(versions => versions ?? []))];
  }

  async *versions(): AsyncGenerator<StoredVersion> {
    const before: { entry(mv: ModVer): Promise<IndexEntry | undefined> }[] = [];
    for (const store of [this.local, ...this.#layers.map(one => one.layer)]) {
      for await (const version of store.versions()) {
        const seen = await Promise.all(before.map(earlier => earlier.entry(version)));
        if (seen.every(entry => entry === undefined)) yield version;
      }
      before.push(store);
    }
  }

  async getSoft(key: string): Promise<{ readonly bytes: Buffer; readonly storedAt: number } | undefined> {
    const here = await this.local.getSoft(key);
    if (!isShared(key)) return here;
    const steady = key.startsWith('sumdb/') && !key.endsWith('/latest');
    if (here !== undefined && (steady || Date.now() - here.storedAt < FRESH_MS)) return here;
    for (const one of this.#layers) {
      const there = await one.ask(() => one.layer.getSoft(key, this.#closing.signal));
      if (there === undefined) continue;
      if (here !== undefined && here.storedAt >= there.storedAt) return here;
      if (steady) await this.local.putSoft(key, there.bytes).catch(() => undefined);
      return there;
    }
    return here;
  }

  async putSoft(key: string, bytes: Buffer): Promise<void> {
    await this.local.putSoft(key, bytes);
    if (isShared(key) && this.wantsOriginals) this.#behind?.addSoft(key);
  }

  tempFile(): string {
    return this.local.tempFile();
  }

  async flush(): Promise<void> {
    await this.local.flush();
  }

  /** Writes behind what waits, for at most `ms`; the store is used on afterwards. */
  async settle(ms: number): Promise<void> {
    await this.#behind?.settle(ms);
  }

  /**
   * The end of a session: what is new is written as far as `ms` go, and the layers learn what was used. Nothing of what
   * did not fit is visible. Never rejects.
   */
  async finish(ms: number, use: Use | undefined): Promise<LayersReport> {
    const writing = this.#layers.find(layer => layer.writable);
    const told = await this.#behind?.end(ms);
    const written =
      told === undefined || writing === undefined ? told : { ...told, location: writing.layer.location };
    const note = { use, versions: [...this.#used.values()] };
    const signal = AbortSignal.timeout(NOTE_MS);
    if (use !== undefined || note.versions.length > 0) {
      await Promise.all(
        this.#layers.map(async one => {
          await one.write(() => one.layer.noteUse(note, signal)).catch(() => undefined);
        }),
      );
    }
    this.#closing.abort(sessionEnds());
    await Promise.all(this.#layers.map(({ layer }) => layer.close().catch(() => undefined)));
    const layers = this.#layers.map(one => one.use);
    return { layers, ...(written === undefined ? {} : { written }) };
  }

  /** Whether a layer had the file, and it is here now. Several who want it at once cost one transfer. */
  async #pull(mv: ModVer, kind: FileKind, priority: Priority): Promise<boolean> {
    const id = `${mv.path}@${mv.version}.${kind}`;
    const running = this.#flights.get(id);
    if (running !== undefined) {
      if (priority === 'now' && !running.urgent) {
        running.urgent = true;
        running.job?.promote();
      }
      return await running.came;
    }
    const flight: Flight = {
      came: this.#pullOnce(mv, kind, () => flight).finally(() => this.#flights.delete(id)),
      urgent: priority === 'now',
      job: undefined,
    };
    this.#flights.set(id, flight);
    return await flight.came;
  }

  async #pullOnce(mv: ModVer, kind: FileKind, flight: () => Flight): Promise<boolean> {
    for (const one of this.#layers) {
      const fetched = await one.ask(() =>
        one.layer.fetch(mv, kind, () => this.tempFile(), this.#closing.signal),
      );
      if (fetched === undefined) continue;
      const checked = await checkFetched(mv, kind, fetched, flight().urgent ? 'now' : 'later', {
        hasher: this.#options.hasher,
        storedTo: this.#serving.representation === 'stored' ? () => this.tempFile() : undefined,
        onJob: job => {
          flight().job = job;
        },
      });
      if ('wrong' in checked) {
        this.#refuse(one, mv, kind, checked.wrong);
        continue;
      }
      const { commit, h1 } = checked;
      const why = kind === 'info' || h1 === undefined ? undefined : await this.#serving.judge(mv, kind, h1);
      if (why !== undefined) {
        if (commit.zip !== undefined) await removeQuietly(commit.zip.file);
        this.#refuse(one, mv, kind, why);
        continue;
      }
      one.files += 1;
      one.bytes += fetched.entry[kind]?.size ?? 0;
      await this.local.commit(mv, commit);
      return true;
    }
    return false;
  }

  #refuse({ layer }: GuardedLayer, mv: ModVer, kind: FileKind, why: string): void {
    layer.refuse(mv, kind);
    this.#told += 1;
    const line = `the ${kind} of ${mv.path}@${mv.version} in ${layer.location} ${why}: it is not served, and fetched anew`;
    if (this.#told < MAX_TOLD) this.#options.warn(line);
    else if (this.#told === MAX_TOLD) this.#options.warn(`${line}. More of that is in the log only`);
    else this.#options.log(line);
  }

  async #upload(mv: ModVer, what: Upload, signal: AbortSignal): Promise<Uploaded | undefined> {
    for (const one of this.#layers) {
      if (!one.writable) continue;
      const done = await one.write(() => one.layer.upload(mv, what, signal));
      if (done !== undefined) return done;
    }
    return undefined;
  }

  async #uploadSoft(key: string, bytes: Buffer, signal: AbortSignal): Promise<void> {
    const one = this.#layers.find(layer => layer.writable);
    await one?.write(() => one.layer.putSoft(key, bytes, signal));
  }

  #filesOf(mv: ModVer, { info, mod, zip, origin }: Commit): BehindFiles {
    const fetched = zip === undefined ? undefined : this.#originalOf(mv, zip);
    return {
      ...(info === undefined ? {} : { info: createHash('sha256').update(info).digest('hex') }),
      ...(mod === undefined ? {} : { mod: { h1: mod.h1, by: mod.by } }),
      ...(fetched === undefined ? {} : { zip: fetched }),
      ...(info === undefined || origin === undefined ? {} : { origin }),
    };
  }

  /** Where the fetched bytes of a zip lie that was just committed. */
  #originalOf(mv: ModVer, zip: NonNullable<Commit['zip']>): BehindZip | undefined {
    const { originalFile, original: facts, representation, h1, by } = zip;
    if (originalFile !== undefined) return { file: originalFile, facts, h1, by, own: true };
    const keys = versionKeys(mv);
    if (representation !== 'original' || keys === undefined) return undefined;
    return { file: this.local.parts.tree.path(keys.files.zip), facts, h1, by, own: false };
  }
}

/** What other jobs can use: not the notes that this machine keeps under names of its own. */
function isShared(key: string): boolean {
  const first = key.slice(0, key.indexOf('/'));
  return first === 'sumdb' || first.includes('.');
}
