import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';

/**
 * Of 160 MB of real module zips, level 1 leaves 143 MB in 0.3 s and level 3 leaves 139 MB in 0.5 s; level 4 takes
 * longer for nothing. One job packs, and every job after it fetches.
 */
const LEVEL = 3;
const CHUNK = 256 * 1024;

/** Writes one zstd frame. Left to itself, Node's stream adds an empty second one whenever it is busy at the end. */
export async function compress(source: AsyncIterable<unknown>, out: Writable): Promise<void> {
  const zstd = createZstdCompress({
    chunkSize: CHUNK,
    finishFlush: constants.ZSTD_e_continue,
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL, [constants.ZSTD_c_checksumFlag]: 1 },
  });
  const frame = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of source) yield chunk as Buffer;
    zstd.flush(constants.ZSTD_e_end);
  };
  await pipeline(frame, zstd, out);
}
