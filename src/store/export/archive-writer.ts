import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import * as fsp from 'node:fs/promises';
import { type Readable, Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import { pack as createTar, type Pack as Tar } from 'tar-stream';
import { asStoreError } from '../errors.ts';
import { FILE_MODE } from '../files.ts';
import type { FileFacts } from '../types.ts';

/** A file as it goes into an archive; it has to have exactly `size` bytes. */
export interface Member {
  readonly key: string;
  readonly size: number;
  readonly content: () => Promise<Readable>;
}

/** See the same constant in `bundle/pack.ts`: a higher level takes longer for next to nothing. */
const LEVEL = 3;
const CHUNK = 256 * 1024;

/** The oldest time that every tar and zip can tell: who packs when is no part of an export. */
const MTIME = new Date(Date.UTC(1980, 0, 1));

/**
 * Writes a tar, in one zstd frame when `zstd`, into a new file; returns its digest. The bytes depend on the members
 * alone. There is no checksum of zstd in it: a byte that changed is to be found by the digest of its file, which has a
 * name. Rejects with what `members` rejects with, and with StoreError when `file` cannot be written.
 */
export async function writeArchive(
  file: string,
  zstd: boolean,
  members: AsyncIterable<Member>,
): Promise<FileFacts> {
  const tar = createTar();
  const hash = createHash('sha256');
  let size = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  let failure: { readonly error: unknown } | undefined;
  const adding = addAll(tar, members).catch((error: unknown) => {
    failure = { error };
    tar.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  try {
    const out = createWriteStream(file, { flags: 'wx', mode: FILE_MODE });
    await (zstd ? compress(tar, meter, out) : pipeline(tar, meter, out));
    await adding;
    await seal(file);
  } catch (error) {
    tar.destroy();
    await adding;
    // What kept the members from coming is the cause, unless it was that the file could not be written.
    throw error instanceof Error && 'syscall' in error
      ? asStoreError(error, file, 'write')
      : (failure?.error ?? error);
  }
  return { sha256: hash.digest('hex'), size };
}

async function addAll(tar: Tar, members: AsyncIterable<Member>): Promise<void> {
  for await (const { key, size, content } of members) {
    const header = { name: key, type: 'file', mode: FILE_MODE, uid: 0, gid: 0, size, mtime: MTIME } as const;
    await pipeline(await content(), tar.entry(header));
  }
  tar.finalize();
}

/** One frame. Left to itself, Node's stream adds an empty second one whenever it is busy at the end. */
async function compress(tar: Tar, meter: Transform, out: Writable): Promise<void> {
  const zstd = createZstdCompress({
    chunkSize: CHUNK,
    finishFlush: constants.ZSTD_e_continue,
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL, [constants.ZSTD_c_checksumFlag]: 0 },
  });
  const frame = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of tar) yield chunk as Buffer;
    zstd.flush(constants.ZSTD_e_end);
  };
  await pipeline(frame, zstd, meter, out);
}

async function seal(file: string): Promise<void> {
  const handle = await fsp.open(file, 'r+');
  try {
    if (process.platform !== 'win32') await handle.chmod(FILE_MODE);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}
