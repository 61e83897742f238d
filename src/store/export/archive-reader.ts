import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { inflate } from '../bundle/inflate.ts';
import { type TarMember, TarReader } from '../bundle/tar-reader.ts';
import { BundleError } from '../bundle/types.ts';
import { STEP } from '../digest.ts';
import { asStoreError } from '../errors.ts';
import { FILE_MODE, removeQuietly } from '../files.ts';
import type { FileFacts } from '../types.ts';
import { ExportError } from './errors.ts';
import { MANIFEST_KEY } from './keys.ts';
import { type ExportHead, type ListedFile, MAX_MANIFEST_SIZE } from './manifest.ts';
import { type ManifestReader, readManifest } from './read-manifest.ts';

export interface ReadExportOptions {
  /** A directory that is there, for the manifest as long as the archive is open. */
  readonly tempDir: string;
  /** SHA-256 in hex that the manifest must have, as the export printed it. */
  readonly manifest?: string;
  readonly signal?: AbortSignal;
}

/** A file of the archive. Its content can be had once, by one of the two, before the next member is asked for. */
export interface ExportMember {
  readonly file: ListedFile;
  /** The content, for small files. Rejects with ExportError; `changed` when it is not what the manifest says. */
  bytes(): Promise<Buffer>;
  /** Writes the content into a new file, which is gone again when this rejects: as `bytes`, or with StoreError. */
  writeTo(file: string): Promise<void>;
}

/** First bytes of a zstd frame. */
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const CHUNK = 256 * 1024;
/** Headers of one member, with its long name, and what fills up its last block. */
const MEMBER_OVERHEAD = 16 * 1024;

/**
 * Opens an archive that `modgate cache export` may have written, `.tar.zst` or `.tar`. The manifest is read and judged
 * whole; nothing else yet. Constant memory, and no more disk than the manifest takes.
 *
 * Rejects with ExportError `not-an-export`, `other-manifest`, `damaged`, `too-large`, `cancelled`; StoreError when a
 * file cannot be read or written.
 */
export async function openExport(file: string, options: ReadExportOptions): Promise<ExportArchive> {
  const { signal } = options;
  // First: a stream of a file that cannot be opened fails before anybody listens to it.
  const zstd = await isZstd(file);
  const packed = createReadStream(file, { highWaterMark: CHUNK });
  const inflated = zstd ? inflate(packed, signal) : undefined;
  const bytes: AsyncIterable<Buffer> = inflated?.bytes ?? (packed as AsyncIterable<Buffer>);
  const reader = new TarReader(bytes, MAX_MANIFEST_SIZE + MEMBER_OVERHEAD);
  const temp = path.join(options.tempDir, `modgate-manifest-${process.pid}-${Date.now().toString(36)}.tmp`);
  try {
    const { head, manifest } = await stageManifest(file, reader, temp, signal);
    if (options.manifest !== undefined && options.manifest !== manifest.sha256) {
      const { sha256 } = manifest;
      throw new ExportError(
        'other-manifest',
        `the export ${file} has the manifest sha256:${sha256}, expected is sha256:${options.manifest}; nothing of it is used. It is another export than was meant, or somebody changed it`,
      );
    }
    const most = manifest.size + head.bytes + (head.files + 2) * MEMBER_OVERHEAD;
    reader.limit = most;
    inflated?.limit(most);
    const lines = await readManifest(createReadStream(temp));
    const end = async () => {
      await lines.return();
      inflated?.destroy();
      packed.destroy();
      await removeQuietly(temp);
    };
    return new ExportArchive(file, reader, lines, { head, manifest, signal, end });
  } catch (error) {
    inflated?.destroy();
    packed.destroy();
    await removeQuietly(temp);
    throw inWords(error, file);
  }
}

async function isZstd(file: string): Promise<boolean> {
  try {
    const handle = await fsp.open(file, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(ZSTD.length), 0, ZSTD.length, 0);
      return bytesRead === ZSTD.length && buffer.equals(ZSTD);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw asStoreError(error, file, 'read');
  }
}

/** Writes the manifest into a new file while every line of it is judged. */
async function stageManifest(
  file: string,
  reader: TarReader,
  temp: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly head: ExportHead; readonly manifest: FileFacts }> {
  let first: TarMember | undefined;
  try {
    first = await reader.next();
  } catch (error) {
    if (!(error instanceof BundleError) || error.code !== 'damaged') throw error;
    throw notAnExport(file, error.why, error);
  }
  if (first?.type !== 'file' || first.name !== MANIFEST_KEY) {
    throw notAnExport(file, `its first member is not ${MANIFEST_KEY}`);
  }
  if (first.size > MAX_MANIFEST_SIZE) throw notAnExport(file, 'its manifest is too large');
  const staging = stage(reader, temp);
  let manifest: FileFacts | undefined;
  const bytes = async function* (): AsyncGenerator<Buffer> {
    for (;;) {
      const { value, done } = await staging.next();
      if (done === true) {
        manifest = value;
        return;
      }
      signal?.throwIfAborted();
      yield value;
    }
  };
  try {
    const lines = await readManifest(bytes());
    for await (const _ of lines);
    if (manifest === undefined) throw new Error('a manifest was accepted before its end');
    return { head: lines.head, manifest };
  } finally {
    await staging.return({ sha256: '', size: 0 });
  }
}

function notAnExport(file: string, why: string, cause?: unknown): ExportError {
  return new ExportError(
    'not-an-export',
    `${file} is no archive of modgate cache export: ${why}; nothing of it is used`,
    { cause },
  );
}

/**
 * Writes the body of the current member into a new file, and gives its parts on, each valid until the next one. The
 * file is gone when this rejects. Returns digest and size.
 */
async function* stage(reader: TarReader, file: string): AsyncGenerator<Buffer, FileFacts> {
  const hash = createHash('sha256');
  let size = 0;
  const handle = await fsp.open(file, 'wx', FILE_MODE).catch((error: unknown) => {
    throw asStoreError(error, file, 'write');
  });
  let whole = false;
  try {
    for (let part = await reader.some(STEP); part !== undefined; part = await reader.some(STEP)) {
      hash.update(part);
      size += part.length;
      await handle.writeFile(part).catch((error: unknown) => {
        throw asStoreError(error, file, 'write');
      });
      yield part;
    }
    whole = true;
    return { sha256: hash.digest('hex'), size };
  } finally {
    await handle.close().catch(() => undefined);
    if (!whole) await removeQuietly(file);
  }
}

interface ArchiveParts {
  readonly head: ExportHead;
  readonly manifest: FileFacts;
  readonly signal: AbortSignal | undefined;
  readonly end: () => Promise<void>;
}

/** An archive whose manifest was accepted; its files come in the order of that. One call at a time. */
export class ExportArchive {
  readonly head: ExportHead;
  /** Of the manifest itself. */
  readonly manifest: FileFacts;
  readonly #file: string;
  readonly #reader: TarReader;
  readonly #lines: ManifestReader;
  readonly #parts: ArchiveParts;
  /** The member whose content nobody has asked for yet. */
  #open: ListedFile | undefined;

  constructor(file: string, reader: TarReader, lines: ManifestReader, parts: ArchiveParts) {
    this.#file = file;
    this.#reader = reader;
    this.#lines = lines;
    this.#parts = parts;
    this.head = parts.head;
    this.manifest = parts.manifest;
  }

  /**
   * The next file; undefined after the last one, when the archive ended with it. The content of one that nobody asked
   * for is compared all the same. Rejects with ExportError: after `changed`, which is about the file before, the next
   * one can be asked for; after anything else the archive is over.
   */
  async next(): Promise<ExportMember | undefined> {
    try {
      this.#parts.signal?.throwIfAborted();
      if (this.#open !== undefined) await this.#compare(this.#take());
      const line = await this.#lines.next();
      const member = await this.#reader.next();
      if (line.done === true) {
        if (member === undefined) return undefined;
        throw this.#damaged(`it goes on with ${shown(member)} after its last file`);
      }
      const file = line.value;
      if (member === undefined) throw this.#damaged(`it ends before ${file.key}`);
      if (member.type !== 'file' || member.name !== file.key || member.size !== file.size) {
        throw this.#damaged(
          `it has ${shown(member)} where its manifest has the file ${file.key} of ${file.size} bytes`,
        );
      }
      this.#open = file;
      return {
        file,
        bytes: async () => await this.#content(file),
        writeTo: async to => await this.#writeTo(file, to),
      };
    } catch (error) {
      throw inWords(error, this.#file);
    }
  }

  async close(): Promise<void> {
    await this.#parts.end();
  }

  async #content(file: ListedFile): Promise<Buffer> {
    try {
      this.#take(file);
      const parts: Buffer[] = [];
      await this.#compare(file, part => parts.push(Buffer.from(part)));
      return Buffer.concat(parts);
    } catch (error) {
      throw inWords(error, this.#file, file);
    }
  }

  async #writeTo(file: ListedFile, to: string): Promise<void> {
    try {
      this.#take(file);
      const sha256 = await this.#stage(to);
      if (sha256 === file.sha256) return;
      await removeQuietly(to);
      throw this.#changed(file, sha256);
    } catch (error) {
      throw inWords(error, this.#file, file);
    }
  }

  async #stage(to: string): Promise<string> {
    const staging = stage(this.#reader, to);
    for (;;) {
      const { value, done } = await staging.next();
      if (done === true) return value.sha256;
    }
  }

  #take(file = this.#open): ListedFile {
    if (file === undefined || file !== this.#open) {
      throw new Error(
        'the content of a file of an archive can be had once, before the next file is asked for',
      );
    }
    this.#open = undefined;
    return file;
  }

  async #compare(file: ListedFile, each: (part: Buffer) => void = () => undefined): Promise<void> {
    const hash = createHash('sha256');
    const reader = this.#reader;
    for (let part = await reader.some(STEP); part !== undefined; part = await reader.some(STEP)) {
      hash.update(part);
      each(part);
    }
    const sha256 = hash.digest('hex');
    if (sha256 !== file.sha256) throw this.#changed(file, sha256);
  }

  #changed({ key, sha256 }: ListedFile, found: string): ExportError {
    return new ExportError(
      'changed',
      `${key} in ${this.#file} has SHA-256 ${found}, expected is ${sha256}; it is refused. Copy the archive again and compare what modgate cache export printed`,
    );
  }

  #damaged(why: string): ExportError {
    return damaged(this.#file, why);
  }
}

function damaged(file: string, why: string, cause?: unknown): ExportError {
  return new ExportError(
    'damaged',
    `the export ${file} is damaged: ${why}; what follows is not used. Copy the archive again`,
    { cause },
  );
}

function shown({ name, type, size }: TarMember): string {
  const kind = type === 'file' ? 'a file' : type === 'directory' ? 'a directory' : 'a link or something else';
  return `${kind} ${JSON.stringify(name.slice(0, 300).replace(/[^\x20-\x7e]/g, '?'))} of ${size} bytes`;
}

/** @param at what was being read: unpacking is a little ahead of that */
function inWords(error: unknown, file: string, at?: ListedFile): unknown {
  if (error instanceof BundleError) {
    if (error.code === 'too-large') {
      const why = `the export ${file} is larger than its manifest tells: ${error.why}; what follows is not used`;
      return new ExportError('too-large', why, { cause: error });
    }
    if (error.code === 'cancelled') return cancelled(file, error);
    const where =
      at === undefined ? '' : `, at or soon after ${at.key}, of which SHA-256 ${at.sha256} is expected`;
    return damaged(file, error.why + where, error);
  }
  if (error instanceof Error && error.name === 'AbortError') return cancelled(file, error);
  if (error instanceof Error && 'syscall' in error) return asStoreError(error, file, 'read');
  return error;
}

function cancelled(file: string, cause: unknown): ExportError {
  return new ExportError('cancelled', `reading ${file} was ended before its end`, { cause });
}
