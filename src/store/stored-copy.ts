import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { type StoredZip, storedZip } from '../gomod/stored-zip.ts';
import type { ContentSink, ZipMember } from '../gomod/zip.ts';
import type { FileFacts } from './types.ts';

/** One for the life of the thread, as it works on one zip at a time. */
let shared: Buffer | undefined;
const BUFFER_BYTES = 1024 * 1024;

/**
 * Writes the stored form of a zip while that is hashed, synchronously: for worker threads only. A form that cannot
 * be had, or cannot be written, is only a gain forgone: then there is no file, and never an error.
 */
export class StoredCopy implements ContentSink {
  readonly #file: string;
  readonly #hash = createHash('sha256');
  readonly #buffer: Buffer;
  #zip: StoredZip | undefined;
  #fd: number | undefined;
  #index = 0;
  #filled = 0;
  #written = 0;

  /** @param file where it goes; nothing is there yet */
  constructor(file: string) {
    this.#file = file;
    shared ??= Buffer.allocUnsafeSlow(BUFFER_BYTES);
    this.#buffer = shared;
  }

  begin(members: readonly ZipMember[]): void {
    this.#zip = storedZip(members);
    if (this.#zip === undefined) return;
    this.#try(() => {
      this.#fd = fs.openSync(this.#file, 'wx', 0o600);
    });
  }

  member(): void {
    const header = this.#fd === undefined ? undefined : this.#zip?.header(this.#index);
    this.#index += 1;
    if (header !== undefined) this.content(header);
  }

  content(part: Uint8Array): void {
    for (let at = 0; at < part.length && this.#fd !== undefined; ) {
      const count = Math.min(part.length - at, BUFFER_BYTES - this.#filled);
      this.#buffer.set(part.subarray(at, at + count), this.#filled);
      at += count;
      this.#filled += count;
      if (this.#filled === BUFFER_BYTES) this.#flush();
    }
  }

  /** To be called when the zip was found right. Digest and size of the file, or undefined when there is none. */
  finish(): FileFacts | undefined {
    const zip = this.#zip;
    if (zip === undefined || this.#fd === undefined) return undefined;
    this.content(zip.directory());
    this.#flush();
    if (this.#fd === undefined) return undefined;
    if (this.#written !== zip.size) {
      this.discard();
      return undefined;
    }
    this.#close();
    return { sha256: this.#hash.digest('hex'), size: zip.size };
  }

  /** Removes what was written, unless it is finished. */
  discard(): void {
    if (this.#fd === undefined) return;
    this.#close();
    try {
      fs.rmSync(this.#file, { force: true });
    } catch {
      // What is left of it goes with the next opening of the store.
    }
  }

  #flush(): void {
    const part = this.#buffer.subarray(0, this.#filled);
    this.#filled = 0;
    this.#try(() => {
      for (let at = 0; at < part.length && this.#fd !== undefined; ) {
        at += fs.writeSync(this.#fd, part, at, part.length - at);
      }
      this.#hash.update(part);
      this.#written += part.length;
    });
  }

  #try(write: () => void): void {
    try {
      write();
    } catch {
      this.discard();
    }
  }

  #close(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    try {
      if (fd !== undefined) fs.closeSync(fd);
    } catch {
      // What did not reach the disk is found by whoever reads it.
    }
  }
}
