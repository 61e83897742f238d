import * as fs from 'node:fs';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { type Body, WrongBody, words } from './body.ts';

const open = promisify(fs.open);
const write = promisify(fs.write);
const read = promisify(fs.read);
const close = promisify(fs.close);
const ftruncate = promisify(fs.ftruncate);

/** The local disk failed: not the upstream's fault, so no retry can help. `cause` is the disk's error. */
export class SinkError extends Error {
  override readonly name = 'SinkError';
}

/** True for errors of the local machine, which must not be taken for the upstream's. */
export function isLocal(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EROFS' || code === 'EIO' || code === 'EMFILE';
}

/** Where the bytes of a transfer go. `size` counts what was taken since the last reset. */
export interface Sink {
  readonly size: number;
  /** Takes a chunk. Rejects with SinkError. */
  write(chunk: Buffer): Promise<void> | undefined;
  reset(): Promise<void>;
  /** The whole body, without its content encoding. Rejects with WrongBody when that is broken. */
  finish(encoding: string | undefined): Promise<Body>;
  close(keep: boolean): Promise<void>;
}

const GZIP_MAGIC = [0x1f, 0x8b] as const;
/** What a gzipped answer may inflate to: a little more than the largest file of its kind. */
const INFLATE_LIMIT = { memory: 64 * 1024 * 1024, file: 600 * 1024 * 1024 } as const;

export class MemorySink implements Sink {
  size = 0;
  #parts: Buffer[] = [];
  write(chunk: Buffer): undefined {
    this.#parts.push(chunk);
    this.size += chunk.length;
  }
  async reset(): Promise<void> {
    this.#parts = [];
    this.size = 0;
  }
  async finish(encoding: string | undefined): Promise<Body> {
    const bytes = Buffer.concat(this.#parts, this.size);
    // The header alone is not believed: a mirror that says gzip and sends the plain file is common enough.
    if (encoding !== 'gzip' || bytes[0] !== GZIP_MAGIC[0] || bytes[1] !== GZIP_MAGIC[1]) return { bytes };
    const { gunzip } = await import('node:zlib');
    return await new Promise<Body>((resolve, reject) => {
      gunzip(bytes, { maxOutputLength: INFLATE_LIMIT.memory }, (error, out) => {
        if (error) reject(new WrongBody(`the gzip encoding of the answer is broken (${words(error)})`));
        else resolve({ bytes: out });
      });
    });
  }
  async close(): Promise<void> {}
}

/** Bytes gathered before they are written: one call to the disk costs more than copying this much. */
const GATHER = 256 * 1024;

export class FileSink implements Sink {
  readonly #path: string;
  #fd: number | undefined;
  #gathered: Buffer | undefined;
  #used = 0;
  #written = 0;

  private constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
  }

  static async open(path: string): Promise<FileSink> {
    return new FileSink(path, await open(path, 'w', 0o644));
  }

  get size(): number {
    return this.#written + this.#used;
  }

  write(chunk: Buffer): Promise<void> | undefined {
    if (this.#used + chunk.length > GATHER) return this.#flushThen(chunk);
    this.#gather(chunk);
    return undefined;
  }

  async reset(): Promise<void> {
    this.#used = 0;
    this.#written = 0;
    if (this.#fd === undefined) this.#fd = await open(this.#path, 'w', 0o644);
    else await ftruncate(this.#fd, 0);
  }

  async finish(encoding: string | undefined): Promise<Body> {
    await this.#flush();
    this.#gathered = undefined;
    if (this.#fd !== undefined) await close(this.#fd);
    this.#fd = undefined;
    if (encoding === 'gzip' && (await startsWith(this.#path, GZIP_MAGIC))) {
      await inflateFile(this.#path);
      return { file: this.#path, size: (await stat(this.#path)).size };
    }
    return { file: this.#path, size: this.#written };
  }

  async close(keep: boolean): Promise<void> {
    this.#gathered = undefined;
    if (this.#fd !== undefined) await close(this.#fd).catch(() => undefined);
    if (!keep) await rm(this.#path, { force: true });
  }

  #gather(chunk: Buffer): void {
    this.#gathered ??= Buffer.allocUnsafeSlow(GATHER);
    chunk.copy(this.#gathered, this.#used);
    this.#used += chunk.length;
  }

  async #flushThen(chunk: Buffer): Promise<void> {
    await this.#flush();
    if (chunk.length > GATHER) await this.#writeAll(chunk);
    else this.#gather(chunk);
  }

  async #flush(): Promise<void> {
    if (this.#used === 0 || this.#gathered === undefined) return;
    const bytes = this.#gathered.subarray(0, this.#used);
    this.#used = 0;
    await this.#writeAll(bytes);
  }

  async #writeAll(bytes: Buffer): Promise<void> {
    try {
      this.#fd ??= await open(this.#path, 'w', 0o644);
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await write(this.#fd, bytes, done, bytes.length - done, this.#written);
        done += bytesWritten;
        this.#written += bytesWritten;
      }
    } catch (error) {
      throw new SinkError('write failed', { cause: error });
    }
  }
}

async function inflateFile(path: string): Promise<void> {
  const plain = `${path}.plain`;
  const { createGunzip } = await import('node:zlib');
  let out = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      out += chunk.length;
      done(out > INFLATE_LIMIT.file ? new Error('inflates to more than go accepts') : null, chunk);
    },
  });
  try {
    await pipeline(createReadStream(path), createGunzip(), meter, createWriteStream(plain));
  } catch (error) {
    await rm(plain, { force: true });
    if (isLocal(error)) throw error;
    throw new WrongBody(`the gzip encoding of the answer is broken (${words(error)})`);
  }
  await rename(plain, path);
}

async function startsWith(path: string, magic: readonly number[]): Promise<boolean> {
  const fd = await open(path, 'r', 0);
  try {
    const { buffer, bytesRead } = await read(fd, Buffer.alloc(magic.length), 0, magic.length, 0);
    return bytesRead === magic.length && magic.every((byte, i) => buffer[i] === byte);
  } finally {
    await close(fd);
  }
}
