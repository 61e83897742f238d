import { pipeline, type Readable } from 'node:stream';
import { constants, createZstdDecompress } from 'node:zlib';
import { BundleError } from './types.ts';

/** Bytes of one chunk that comes out; larger ones mean fewer turns of the loop and longer steps between them. */
const CHUNK = 512 * 1024;

/** Window of 8 MiB: more than zstd uses up to level 19, less than what a hostile frame may ask for. */
const MAX_WINDOW_LOG = 23;

/** zstd adds less than this to what it cannot compress. */
const OVERHEAD = 1 / 128;
const SLACK = 1024 * 1024;

export interface Inflated {
  /** Unpacked bytes. Fails with BundleError. */
  readonly bytes: AsyncIterable<Buffer>;
  /** Limits what may come in, given what may come out: frames without content would else go on for ever. */
  limit(unpacked: number): void;
  /** Ends both streams. */
  destroy(): void;
}

/**
 * Unpacks one zstd frame on the threads of libuv. `signal` ends it with BundleError `cancelled`, which this throws
 * when it has been given already.
 */
export function inflate(stream: Readable, signal: AbortSignal | undefined): Inflated {
  if (signal?.aborted === true) {
    stream.destroy();
    throw cancelled();
  }
  const zstd = createZstdDecompress({
    chunkSize: CHUNK,
    params: { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG },
  });
  let came = 0;
  let most = Number.POSITIVE_INFINITY;
  const fail = (error: BundleError) => {
    zstd.destroy(error);
    stream.destroy();
  };
  const cancel = () => fail(cancelled());
  signal?.addEventListener('abort', cancel, { once: true });
  stream.on('data', (chunk: Buffer) => {
    came += chunk.length;
    if (came > most)
      fail(
        new BundleError('too-large', `a cache entry has more than ${most} bytes`, {
          why: `it has more than ${most} bytes`,
        }),
      );
  });
  // Errors arrive where the bytes are read.
  pipeline(stream, zstd, () => signal?.removeEventListener('abort', cancel));
  return {
    bytes: read(zstd, () => came),
    limit(unpacked) {
      most = packedLimit(unpacked);
    },
    destroy() {
      zstd.destroy();
      stream.destroy();
    },
  };
}

/** Most bytes of an archive that may unpack to so many. */
export function packedLimit(unpacked: number): number {
  return Math.ceil(unpacked * (1 + OVERHEAD)) + SLACK;
}

async function* read(zstd: ReturnType<typeof createZstdDecompress>, came: () => number) {
  try {
    for await (const chunk of zstd) yield chunk as Buffer;
  } catch (error) {
    throw inWords(error);
  }
  // What follows the end of a frame in the same chunk is dropped without a word.
  if (zstd.bytesWritten !== came()) throw inWords(new Error('something follows its end'));
}

function cancelled(): BundleError {
  return new BundleError('cancelled', 'unpacking a cache entry was given up, because its session is ending');
}

function inWords(cause: unknown): BundleError {
  if (cause instanceof BundleError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new BundleError(
    'damaged',
    `a cache entry could not be read to its end: ${why}; what came before that was kept, the rest is fetched anew`,
    { cause, why: `it does not unpack to its end (${why})` },
  );
}
