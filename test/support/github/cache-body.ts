import { randomUUID } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Bodies on disk, so that archives of any size cost no memory. The directory is made with the first. */
export class Spool {
  #dir: string | undefined;

  create(): SpooledBody {
    this.#dir ??= mkdtempSync(path.join(tmpdir(), 'modgate-cache-service-'));
    return new SpooledBody(path.join(this.#dir, randomUUID()));
  }

  dispose(): void {
    if (this.#dir !== undefined) rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** The bytes of one upload, written at any offset and read in any range. */
export class SpooledBody {
  size = 0;
  readonly file: string;

  constructor(file: string) {
    this.file = file;
    closeSync(openSync(file, 'w'));
  }

  write(chunk: Uint8Array, offset: number): void {
    const fd = openSync(this.file, 'r+');
    try {
      writeSync(fd, chunk, 0, chunk.length, offset);
    } finally {
      closeSync(fd);
    }
    this.size = Math.max(this.size, offset + chunk.length);
  }

  *read(start: number, end: number, chunk = 64 * 1024): Generator<Buffer> {
    const fd = openSync(this.file, 'r');
    try {
      for (let at = start; at < end; ) {
        const buffer = Buffer.allocUnsafe(Math.min(chunk, end - at));
        const length = readSync(fd, buffer, 0, buffer.length, at);
        if (length === 0) return;
        yield buffer.subarray(0, length);
        at += length;
      }
    } finally {
      closeSync(fd);
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
    return readFileSync(this.file);
  }

  remove(): void {
    rmSync(this.file, { force: true });
  }
}
