import { createHash } from 'node:crypto';
import { goModH1 } from '../digest.ts';
import { removeQuietly } from '../files.ts';
import type { FileFacts, ModVer, Store, Voucher } from '../types.ts';
import { sessionEnds } from './guarded.ts';
import type { BehindReport, Upload, Uploaded } from './types.ts';

/** Versions that are written at one time: few while go works on the same cores, more when the job has ended. */
const AT_ONCE = 6;
const AT_ONCE_AT_END = 16;
/** The files of a version come one after another: its index entry is written once for those that come close together, ms. */
const GATHER_MS = 400;
/** Most that waits: versions, and bytes of zips whose stored form alone is kept here. */
const MAX_WAITING = 20_000;
const MAX_HELD_BYTES = 2 * 1024 * 1024 * 1024;

/** A zip to be written, and whether its file is ours to remove. */
export interface BehindZip {
  readonly file: string;
  readonly facts: FileFacts;
  readonly h1: string;
  readonly by: Voucher;
  readonly own: boolean;
}

/**
 * What was committed of a version, in hashes: what lies in the local store may have been changed by others until it is
 * written.
 */
export interface BehindFiles {
  /** SHA-256 of the .info. */
  readonly info?: string;
  readonly mod?: { readonly h1: string; readonly by: Voucher };
  readonly zip?: BehindZip;
  readonly origin?: Readonly<Record<string, string>>;
}

interface Waiting {
  readonly mv: ModVer;
  files: BehindFiles;
  /** Not before this time. */
  readonly due: number;
}

export interface BehindDeps {
  /** The local store, which has the small files. */
  readonly local: Pick<Store, 'get'>;
  /** Writes to the first layer that takes it. Undefined when no layer takes anything any more. Rejects when it failed. */
  readonly upload: (mv: ModVer, what: Upload, signal: AbortSignal) => Promise<Uploaded | undefined>;
  readonly putSoft: (key: string, bytes: Buffer, signal: AbortSignal) => Promise<void>;
  readonly getSoft: (key: string) => Promise<Buffer | undefined>;
  /** Monotonic ms. */
  readonly now: () => number;
}

/**
 * Writes to a layer what the job has new, behind its back: nobody waits for it, and no failure of it fails anything.
 * Bounded in number, in bytes on the disk and, at the end, in time.
 */
export class Behind {
  readonly #deps: BehindDeps;
  readonly #waiting = new Map<string, Waiting>();
  readonly #soft = new Set<string>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #ending = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #heldBytes = 0;
  #hurry = false;
  /** Versions of which something was written, and of which something was not. */
  readonly #written = new Set<string>();
  readonly #left = new Set<string>();
  #files = 0;
  #bytes = 0;

  constructor(deps: BehindDeps) {
    this.#deps = deps;
  }

  /** Takes note of files that were committed to the local store. A zip's file is removed here when it is `own`. */
  add(mv: ModVer, files: BehindFiles): void {
    const name = `${mv.path}@${mv.version}`;
    const { zip } = files;
    const waiting = this.#waiting.get(name);
    const held = zip?.own === true ? zip.facts.size : 0;
    const full = waiting === undefined && this.#waiting.size >= MAX_WAITING;
    if (this.#ending.signal.aborted || full || this.#heldBytes + held > MAX_HELD_BYTES) {
      this.#left.add(name);
      if (zip?.own === true) void removeQuietly(zip.file);
      return;
    }
    this.#heldBytes += held;
    if (waiting === undefined) {
      this.#waiting.set(name, { mv, files, due: this.#deps.now() + GATHER_MS });
    } else {
      const before = waiting.files.zip;
      if (zip !== undefined && before !== undefined) void this.#discard(before);
      waiting.files = { ...waiting.files, ...files };
    }
    this.#pump();
  }

  /** Takes note of a soft file that changed. */
  addSoft(key: string): void {
    if (!this.#ending.signal.aborted && this.#soft.size < MAX_WAITING) this.#soft.add(key);
  }

  /** Writes what waits, for at most `ms`; it can go on afterwards. */
  async settle(ms: number): Promise<void> {
    this.#hurry = true;
    const until = this.#deps.now() + ms;
    for (;;) {
      this.#pump();
      const left = until - this.#deps.now();
      if (this.#running.size === 0 || left <= 0) return;
      await before(left, Promise.race(this.#running.values()));
    }
  }

  /** The same for good: what did not fit is given up and counted, nothing of it is visible. */
  async end(ms: number): Promise<BehindReport> {
    await this.settle(ms);
    this.#ending.abort(sessionEnds());
    clearTimeout(this.#timer);
    await Promise.allSettled(this.#running.values());
    for (const name of this.#waiting.keys()) this.#left.add(name);
    const zips = [...this.#waiting.values()].flatMap(({ files: { zip } }) =>
      zip === undefined ? [] : [zip],
    );
    this.#waiting.clear();
    await Promise.all(zips.map(zip => this.#discard(zip)));
    return { versions: this.#written.size, files: this.#files, bytes: this.#bytes, left: this.#left.size };
  }

  #pump(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const most = this.#hurry ? AT_ONCE_AT_END : AT_ONCE;
    const now = this.#deps.now();
    let next = Number.POSITIVE_INFINITY;
    for (const [name, waiting] of this.#waiting) {
      if (this.#running.size >= most) return;
      // A second write of one version would only meet the first.
      if (this.#running.has(name)) continue;
      if (!this.#hurry && waiting.due > now) {
        next = Math.min(next, waiting.due);
        continue;
      }
      this.#waiting.delete(name);
      this.#run(name, this.#write(name, waiting));
    }
    if (this.#hurry) {
      for (const key of this.#soft) {
        if (this.#running.size >= most) return;
        this.#soft.delete(key);
        this.#run(`soft ${key}`, this.#writeSoft(key));
      }
    }
    if (next !== Number.POSITIVE_INFINITY)
      this.#timer = setTimeout(() => this.#pump(), next - now + 1).unref();
  }

  #run(name: string, work: Promise<void>): void {
    const done = work.finally(() => {
      this.#running.delete(name);
      if (!this.#ending.signal.aborted) this.#pump();
    });
    this.#running.set(name, done);
  }

  async #write(name: string, { mv, files }: Waiting): Promise<void> {
    try {
      const what = await this.#contents(mv, files);
      const done = what && (await this.#deps.upload(mv, what, this.#ending.signal));
      if (done === undefined) this.#left.add(name);
      else {
        if (done.files > 0) this.#written.add(name);
        this.#files += done.files;
        this.#bytes += done.bytes;
      }
    } catch {
      // Told by whoever uploads: it is his to say what a layer's failure means.
      this.#left.add(name);
    } finally {
      if (files.zip !== undefined) await this.#discard(files.zip);
    }
  }

  /** Undefined when the local store has nothing of it any more, or something else. */
  async #contents(mv: ModVer, { info, mod, zip, origin }: BehindFiles): Promise<Upload | undefined> {
    const { local } = this.#deps;
    const infoBytes = info === undefined ? undefined : (await local.get(mv, 'info'))?.bytes;
    const modBytes = mod === undefined ? undefined : (await local.get(mv, 'mod'))?.bytes;
    const what: Upload = {
      ...(infoBytes !== undefined && sha256(infoBytes) === info ? { info: infoBytes } : {}),
      ...(mod !== undefined && modBytes !== undefined && goModH1(sha256(modBytes)) === mod.h1
        ? { mod: { bytes: modBytes, ...mod } }
        : {}),
      // A zip that is another one by now does not have the digest that the index tells, and nobody takes it.
      ...(zip === undefined ? {} : { zip }),
      ...(origin === undefined ? {} : { origin }),
    };
    return what.info === undefined && what.mod === undefined && what.zip === undefined ? undefined : what;
  }

  async #writeSoft(key: string): Promise<void> {
    const bytes = await this.#deps.getSoft(key).catch(() => undefined);
    if (bytes !== undefined) await this.#deps.putSoft(key, bytes, this.#ending.signal).catch(() => undefined);
  }

  async #discard({ file, facts, own }: BehindZip): Promise<void> {
    if (!own) return;
    this.#heldBytes -= facts.size;
    await removeQuietly(file);
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function before(ms: number, event: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>(resolve => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([event, late]);
  clearTimeout(timer);
}
