import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { openSealed } from './decode.ts';
import { BatchError } from './errors.ts';
import { inflateMember } from './gzip-member.ts';
import { BATCH_LIMITS } from './limits.ts';
import { quarantine } from './quarantine.ts';
import { unpackRaw } from './raw/object.ts';
import { MAX_RAW } from './raw/pack.ts';
import { AUDIT_FILES, sentMark } from './recover.ts';
import type { Kept, Source } from './source.ts';
import { parseSpoolName } from './spool.ts';
import type { Ack, SealedBatch } from './types.ts';

/** A file that should be a batch. */
export interface BatchFile {
  readonly path: string;
  /** The spool of a session: what is delivered is taken away and marked, so that the session knows. */
  readonly spool: boolean;
}

/** More files than this are not looked for, and directories are not followed deeper. */
const MAX_FILES = 1_000_000;
const MAX_DEPTH = 16;
const ENDING = '.ndjson.gz';

/**
 * The batch files at a path: the path itself, or all `*.ndjson.gz` below it, in the order of their names. Links are not
 * followed. Rejects with the error of the system.
 */
export async function findBatchFiles(path: string): Promise<BatchFile[]> {
  const found = await stat(path);
  if (!found.isDirectory()) return [{ path, spool: false }];
  const files: BatchFile[] = [];
  const look = async (dir: string, depth: number): Promise<void> => {
    const spool = basename(dir) === AUDIT_FILES.spool && (await isSession(dirname(dir)));
    const entries = await readdir(dir, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (files.length >= MAX_FILES) return;
      const inner = join(dir, entry.name);
      if (entry.isDirectory() && depth < MAX_DEPTH) await look(inner, depth + 1);
      else if (entry.isFile() && entry.name.endsWith(ENDING)) files.push({ path: inner, spool });
    }
  };
  await look(path, 0);
  return files;
}

/** Whether a directory is that of a session, which counts its batches in a journal. */
export async function isSession(dir: string): Promise<boolean> {
  return await stat(join(dir, AUDIT_FILES.journal)).then(
    found => found.isFile(),
    () => false,
  );
}

export interface BatchFilesOptions {
  /** Remove files that the store has, beside those of a spool. */
  readonly remove: boolean;
  /** Told of lines that the store took for no records. */
  readonly onRefused: (file: string, refused: Ack['refused']) => void;
}

/** Batches that lie about as files: of spools, artifacts, or raw objects of another store. */
export class BatchFiles implements Source {
  readonly #options: BatchFilesOptions;
  readonly #waiting: BatchFile[];
  readonly #kept: (Kept & { readonly file: string })[] = [];
  readonly #done = new Set<string>();
  #current: { readonly file: BatchFile; readonly batch: SealedBatch } | undefined;

  constructor(files: readonly BatchFile[], options: BatchFilesOptions) {
    this.#waiting = [...files];
    this.#options = options;
  }

  async next(): Promise<SealedBatch | undefined> {
    while (this.#current === undefined) {
      const file = this.#waiting[0];
      if (file === undefined) return undefined;
      const batch = await this.#read(file);
      if (batch !== undefined && !this.#done.has(batch.digest)) this.#current = { file, batch };
      else this.#waiting.shift();
    }
    return this.#current.batch;
  }

  async #read(file: BatchFile): Promise<SealedBatch | undefined> {
    try {
      const { size } = await stat(file.path);
      if (size > MAX_RAW) throw new BatchError('too-large', `it has ${size} bytes`);
      return sealedIn(await readFile(file.path));
    } catch (error) {
      // Its session, or another upload, may have delivered it just now.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' && file.spool) return undefined;
      const why = error instanceof Error ? error.message : String(error);
      const { no = 0, digest = '' } = parseSpoolName(basename(file.path)) ?? {};
      this.#kept.push({ file: file.path, no, digest, why });
      return undefined;
    }
  }

  async acked(batch: SealedBatch, ack: Ack): Promise<void> {
    const { file } = this.#take();
    this.#done.add(batch.digest);
    const dir = dirname(file.path);
    if (ack.refused.length > 0) {
      this.#options.onRefused(file.path, ack.refused);
      if (file.spool) {
        const to = join(dirname(dir), AUDIT_FILES.quarantine);
        await quarantine(to, batch, ack.refused, batch.gzip).catch(() => undefined);
      }
    }
    try {
      if (file.spool) await writeFile(join(dir, sentMark(batch)), '', { mode: 0o600 });
      if (file.spool || this.#options.remove) await rm(file.path, { force: true });
    } catch {
      // On a disk that cannot be written it stays, and is sent again with no effect.
    }
  }

  async keep(batch: SealedBatch, why: string): Promise<void> {
    const { file } = this.#take();
    this.#kept.push({ file: file.path, no: batch.no, digest: batch.digest, why });
  }

  /** Batches after it have its digest in them and may have been sent: only who sealed them can part them. */
  async split(): Promise<boolean> {
    return false;
  }

  kept(): readonly (Kept & { readonly file: string })[] {
    return this.#kept;
  }

  waiting(): number {
    return this.#waiting.length + this.#kept.length;
  }

  #take(): { readonly file: BatchFile } {
    const current = this.#current;
    if (current === undefined) throw new Error('no batch is being sent');
    this.#current = undefined;
    this.#waiting.shift();
    return current;
  }
}

/** A batch as it was sealed, also out of the raw object of a store. Throws BatchError. */
function sealedIn(bytes: Buffer): SealedBatch {
  try {
    return openSealed(bytes);
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    try {
      unpackRaw(bytes);
    } catch {
      throw error;
    }
    return openSealed(bytes.subarray(inflateMember(bytes, 0, BATCH_LIMITS.line).end));
  }
}
