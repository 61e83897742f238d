import { randomUUID } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Bodies on disk, so that archives of any size cost no memory. The directory is made with the first. */
export class Spool {
  #dir: string | undefined;
  readonly #bodies: SpooledBody[] = [];

  create(): SpooledBody {
    this.#dir ??= mkdtempSync(path.join(tmpdir(), 'modgate-cache-service-'));
    const body = new SpooledBody(path.join(this.#dir, randomUUID()));
    this.#bodies.push(body);
    return body;
  }

  dispose(): void {
    for (const body of this.#bodies) body.remove();
    if (this.#dir !== undefined) rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** The bytes of one upload, written at any offset and read in any range. */
export class SpooledBody {
  size = 0;
  readonly #file: string;
  #fd: number | undefined;

  constructor(file: string) {
    this.#file = file;
    this.#fd = openSync(file, 'w+');
  }

  write(chunk: Uint8Array, offset: number): void {
    if (this.#fd === undefined) return;
    writeSync(this.#fd, chunk, 0, chunk.length, offset);
    this.size = Math.max(this.size, offset + chunk.length);
  }

  /** Ends early when the body is removed meanwhile. */
  *read(start: number, end: number, chunk = 256 * 1024): Generator<Buffer> {
    for (let at = start; at < end; ) {
      if (this.#fd === undefined) return;
      const buffer = Buffer.allocUnsafe(Math.min(chunk, end - at));
      const length = readSync(this.#fd, buffer, 0, buffer.length, at);
      if (length === 0) return;
      yield buffer.subarray(0, length);
      at += length;
    }
  }

  /** Takes in all of another, at the end or at `offset`. */
  append(other: SpooledBody, offset = this.size): void {
    let at = offset;
    for (const chunk of other.read(0, other.size, 1024 * 1024)) {
      this.write(chunk, at);
      at += chunk.length;
    }
  }

  bytes(): Buffer {
    return readFileSync(this.#file);
  }

  remove(): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
    rmSync(this.#file, { force: true });
  }
}
