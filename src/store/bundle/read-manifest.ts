import type { Readable } from 'node:stream';
import { inflate } from './inflate.ts';
import { type BundleManifest, MANIFEST_KEY, MAX_MANIFEST_SIZE, parseManifest } from './manifest.ts';
import { TarReader } from './tar-reader.ts';
import { ARCHIVE_ROOT, BundleError } from './types.ts';

/** Directories that another packer may put before the manifest. */
const MAX_BEFORE_MANIFEST = 16;
/** Bytes that an archive may unpack to until its manifest has ended: headers, and the chunk that its end lies in. */
export const MANIFEST_LIMIT = MAX_MANIFEST_SIZE + 4 * 1024 * 1024;

/**
 * The manifest of an archive; the rest of it is not fetched. The stream is destroyed when this settles. Rejects with
 * BundleError, whatever went wrong.
 */
export async function readManifest(stream: Readable, signal?: AbortSignal): Promise<BundleManifest> {
  const inflated = inflate(stream, signal);
  try {
    inflated.limit(MANIFEST_LIMIT);
    return await manifestAtHead(new TarReader(inflated.bytes, MANIFEST_LIMIT));
  } finally {
    inflated.destroy();
  }
}

/** Reads the manifest at the head of an archive; the reader stands behind it then. Rejects with BundleError. */
export async function manifestAtHead(reader: Pick<TarReader, 'next' | 'whole'>): Promise<BundleManifest> {
  for (let count = 0; count < MAX_BEFORE_MANIFEST; count++) {
    const member = await reader.next();
    if (member?.type === 'directory') continue;
    if (member?.type !== 'file' || member.name !== ARCHIVE_ROOT + MANIFEST_KEY) break;
    if (member.size > MAX_MANIFEST_SIZE) break;
    return parseManifest(await reader.whole());
  }
  throw new BundleError(
    'not-a-bundle',
    `a cache entry has no ${ARCHIVE_ROOT}${MANIFEST_KEY} at its head; it is not used, and the next save replaces it`,
  );
}
