import { createHash } from 'node:crypto';
import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { READ_FLAGS } from '../files.ts';
import { versionKeys } from '../layout.ts';
import type { BundledFile, BundleManifest } from './manifest.ts';

const CHUNK = 1024 * 1024;

/**
 * The manifest without those of its own files whose bytes are not what it says. In a store that is not believed a zip
 * counts for its h1 alone, and what the index says of its bytes may be somebody's fancy; nobody can pack by that.
 */
export async function withoutStrangers(storeDir: string, manifest: BundleManifest): Promise<BundleManifest> {
  const versions: BundleManifest['versions'][number][] = [];
  for (const version of manifest.versions) {
    const keys = versionKeys(version);
    const files: BundledFile[] = [];
    for (const file of version.files) {
      const key = keys?.files[file.kind];
      const known = file.bundle > 0 || (key !== undefined && (await isWhat(path.join(storeDir, key), file)));
      if (known) files.push(file);
    }
    if (files.length > 0) versions.push({ ...version, files });
  }
  return { ...manifest, versions };
}

async function isWhat(file: string, { size, sha256 }: BundledFile): Promise<boolean> {
  const handle = await fsp.open(file, READ_FLAGS).catch(() => undefined);
  if (handle === undefined) return false;
  try {
    const stat = await handle.stat();
    if (!stat.isFile() || stat.size !== size) return false;
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(CHUNK, size)));
    for (let at = 0; at < size; ) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) return false;
      hash.update(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
    return hash.digest('hex') === sha256;
  } catch {
    return false;
  } finally {
    await handle.close().catch(() => undefined);
  }
}
