import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOfKey } from '../../audit/raw/key.ts';
import { Edge, type FullTile } from '../../tlog/edge.ts';
import type { Signer } from '../../tlog/note.ts';
import { tilePath } from '../../tlog/tile.ts';
import { recordHash, sameHash } from '../../tlog/tree.ts';
import { CollectorError } from '../errors.ts';
import { type Checkpoint, openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { DigestSet } from './digest-set.ts';
import { replaceFile, writeOnce } from './files.ts';
import { openLogKey } from './key.ts';
import { formatLine, type LogLine, parseLine } from './line.ts';
import { readLines } from './read-lines.ts';

/** Below the directory of a store. */
export const LINES_FILE = 'log/lines';
export const CHECKPOINT_FILE = 'log/checkpoint';

export interface BatchLogOptions {
  /** ms since 1970. */
  readonly now: () => number;
  /** The key is made where there is neither one nor a log. */
  readonly make: boolean;
}

/**
 * The transparency log over the batches of a store: one line for each, in the order in which they were taken, and a
 * signed checkpoint over all lines. What is signed lies on the disk by then, so that no two trees of one size are ever
 * signed, whenever the process is killed.
 */
export interface BatchLog {
  /** Public key, `name+hash+base64`. */
  readonly vkey: string;
  /** Lines that are in the log and signed. */
  readonly size: number;
  /** Whether a batch is in the log, or on its way there. */
  has(digest: string): boolean;
  /** The newest signed checkpoint; undefined for an empty log. */
  checkpoint(): Buffer | undefined;
  /**
   * Resolves with a checkpoint that covers the line; a batch that is in the log already gets no second line. Throws
   * CollectorError `storage`.
   */
  append(line: LogLine): Promise<Buffer>;
  /** The tiles that are not full yet. */
  partial(): readonly FullTile[];
  /** What is waiting is written first. */
  close(): Promise<void>;
}

/**
 * Opens the log of a directory, on which nobody else works, and checks that its lines are those that were signed.
 * Throws CollectorError `storage`: it cannot be read, lacks its key, or is not what was signed.
 */
export async function openBatchLog(dir: string, options: BatchLogOptions): Promise<BatchLog> {
  const file = join(dir, LINES_FILE);
  const signed = await readFile(join(dir, CHECKPOINT_FILE)).catch(() => undefined);
  const key = await openLogKey(dir, options.make && signed === undefined);
  await mkdir(join(dir, 'log'), { recursive: true });
  const last = signed === undefined ? undefined : ownCheckpoint(dir, signed, key.vkey);
  const state = await readBack(dir, file, last);
  const handle = await open(file, 'a');
  try {
    // A line that a kill cut short was never signed, nor was its batch acknowledged.
    await handle.truncate(state.bytes);
  } catch (error) {
    await handle.close();
    throw unusable(file, error);
  }
  return new Log(dir, handle, key, { ...state, signedSize: last?.tree.size ?? 0 }, signed, options.now);
}

function ownCheckpoint(dir: string, signed: Buffer, vkey: string): Checkpoint {
  try {
    return openCheckpoint(signed, [vkey]);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw changed(dir, `its checkpoint is not signed by its key (${why})`);
  }
}

interface State {
  readonly edge: Edge;
  readonly known: DigestSet;
  readonly bytes: number;
}

async function readBack(dir: string, file: string, last: Checkpoint | undefined): Promise<State> {
  const edge = new Edge();
  const known = new DigestSet();
  let bytes = 0;
  const compare = (): void => {
    if (last === undefined || last.tree.size !== edge.size || sameHash(edge.root(), last.tree.hash)) return;
    throw changed(dir, `the first ${edge.size} of its lines are not those that were signed at ${last.time}`);
  };
  for await (const line of readLines(file)) {
    const parsed = parseLine(line.bytes.toString('latin1'));
    if (parsed === undefined) throw changed(dir, `line ${edge.size + 1} is none of a log`);
    if (parsed.kind === 'batch') known.add(digestOfKey(parsed.key));
    await keepTiles(dir, edge.append(recordHash(line.bytes)));
    bytes = line.end;
    compare();
  }
  if (last !== undefined && edge.size < last.tree.size)
    throw changed(dir, `it has ${edge.size} lines, and ${last.tree.size} were signed at ${last.time}`);
  return { edge, known, bytes };
}

async function keepTiles(dir: string, tiles: readonly FullTile[]): Promise<void> {
  for (const { tile, data } of tiles) await writeOnce(join(dir, 'log', ...tilePath(tile).split('/')), data);
}

interface Waiting {
  /** Empty for a batch that has its line. */
  readonly bytes: Buffer;
  /** The batch that this line brings in. */
  readonly digest: string | undefined;
  /** The batch that is to be in the log. */
  readonly named: string | undefined;
  readonly resolve: (checkpoint: Buffer) => void;
  readonly reject: (error: Error) => void;
}

class Log implements BatchLog {
  readonly vkey: string;
  readonly #dir: string;
  readonly #handle: FileHandle;
  readonly #signer: Signer;
  readonly #edge: Edge;
  readonly #known: DigestSet;
  readonly #now: () => number;
  /** On their way; of a line that could not be written the batch is not in the log. */
  readonly #coming = new Set<string>();
  #bytes: number;
  #signed: Buffer | undefined;
  #size: number;
  #queue: Waiting[] = [];
  /** Full, and not on the disk yet. */
  #tiles: FullTile[] = [];
  #writing: Promise<void> | undefined;
  /** Lines are on the disk that the tree in memory does not have, or the other way round: only a new start helps. */
  #broken: CollectorError | undefined;

  constructor(
    dir: string,
    handle: FileHandle,
    key: { readonly signer: Signer; readonly vkey: string },
    state: State & { readonly signedSize: number },
    signed: Buffer | undefined,
    now: () => number,
  ) {
    this.#dir = dir;
    this.#handle = handle;
    this.#signer = key.signer;
    this.vkey = key.vkey;
    this.#edge = state.edge;
    this.#known = state.known;
    this.#bytes = state.bytes;
    this.#signed = signed;
    // Lines that a kill left unsigned are signed with the next.
    this.#size = state.signedSize;
    this.#now = now;
  }

  get size(): number {
    return this.#size;
  }

  has(digest: string): boolean {
    return this.#known.has(digest) || this.#coming.has(digest);
  }

  checkpoint(): Buffer | undefined {
    return this.#signed;
  }

  partial(): readonly FullTile[] {
    return this.#edge.partial();
  }

  append(line: LogLine): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const named = line.kind === 'batch' ? digestOfKey(line.key) : undefined;
      // A line that is on its way is written before this, or neither is.
      const there = named !== undefined && this.has(named);
      const digest = there ? undefined : named;
      const bytes = there ? Buffer.alloc(0) : Buffer.from(formatLine(line), 'latin1');
      if (digest !== undefined) this.#coming.add(digest);
      this.#queue.push({ bytes, digest, named, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#handle.close();
  }

  /** One write, one sync and one signature for all that wait. */
  async #write(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#queue;
      this.#queue = [];
      try {
        const signed = await this.#commit(group);
        for (const line of group) this.#answer(line, signed);
      } catch (error) {
        const told = error instanceof CollectorError ? error : unusable(join(this.#dir, LINES_FILE), error);
        for (const { reject } of group) reject(told);
      } finally {
        for (const { digest } of group) if (digest !== undefined) this.#coming.delete(digest);
      }
    }
    // In the same turn as the look at the queue: a line that comes next begins a write of its own.
    this.#writing = undefined;
  }

  #answer({ named, resolve, reject }: Waiting, signed: Buffer): void {
    if (named === undefined || this.#known.has(named)) resolve(signed);
    else reject(unusable(join(this.#dir, LINES_FILE), new Error('the write before this one failed')));
  }

  async #commit(group: readonly Waiting[]): Promise<Buffer> {
    if (this.#broken !== undefined) throw this.#broken;
    const lines = group.filter(line => line.bytes.length > 0);
    if (lines.length > 0) await this.#writeLines(Buffer.concat(lines.map(line => line.bytes)));
    for (const line of lines) {
      this.#tiles.push(...this.#edge.append(recordHash(line.bytes)));
      if (line.digest !== undefined) this.#known.add(line.digest);
    }
    const { size } = this.#edge;
    if (this.#signed !== undefined && this.#size === size && this.#tiles.length === 0) return this.#signed;
    await keepTiles(this.#dir, this.#tiles);
    this.#tiles = [];
    const signed = signCheckpoint(
      {
        origin: this.#signer.name,
        tree: { size, hash: this.#edge.root() },
        time: new Date(this.#now()).toISOString(),
      },
      this.#signer,
    );
    await replaceFile(join(this.#dir, CHECKPOINT_FILE), signed);
    this.#signed = signed;
    this.#size = size;
    return signed;
  }

  async #writeLines(bytes: Buffer): Promise<void> {
    try {
      await this.#handle.appendFile(bytes);
      await this.#handle.datasync();
    } catch (error) {
      await this.#takeBack(error);
      throw error;
    }
    this.#bytes += bytes.length;
  }

  /** Half a line at the end would make one line with the next. */
  async #takeBack(cause: unknown): Promise<void> {
    try {
      await this.#handle.truncate(this.#bytes);
    } catch {
      this.#broken = unusable(join(this.#dir, LINES_FILE), cause);
    }
  }
}

function changed(dir: string, what: string): CollectorError {
  return new CollectorError(
    'storage',
    `the log in ${join(dir, 'log')} was changed from outside: ${what}. Nothing is signed over it; keep a copy of the directory as evidence, run modgate audit verify ${dir}, and bring the log back from a backup or move log/ away to begin a new one`,
  );
}

function unusable(file: string, error: unknown): CollectorError {
  const why = error instanceof Error ? error.message : String(error);
  return new CollectorError(
    'storage',
    `the log ${file} could not be written: ${why}; see to the disk and to the rights on it`,
    { cause: error },
  );
}
