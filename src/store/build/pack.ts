import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import * as fsp from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack as createTar, type Pack as Tar } from 'tar-stream';
import { compress } from '../bundle/compress.ts';
import { BundleError } from '../bundle/types.ts';
import { FILE_MODE, READ_FLAGS, removeQuietly } from '../files.ts';
import { ACTION_BYTES, entryPath } from './layout.ts';
import { formatManifest, MANIFEST_NAME } from './manifest.ts';
import { ACTIONS_NAME, OUTPUT_PREFIX, type PackBuildsRequest } from './types.ts';

const CHUNK = 512 * 1024;

/**
 * Packs what a job used of its GOCACHE into a zstd-compressed tar: the manifest, all action files one after the other,
 * then each output under its digest. Resolves with the bytes written. Rejects with BundleError `damaged` when an output
 * is not what its name says, or with the error of the disk; the file is gone then.
 */
export async function packBuilds(request: PackBuildsRequest): Promise<number> {
  const { file } = request;
  const tar = createTar();
  const out = createWriteStream(file, { flags: 'wx', mode: 0o600 });
  const adding = addMembers(tar, request).then(
    () => tar.finalize(),
    (error: Error) => {
      tar.destroy(error);
    },
  );
  try {
    await compress(tar, out);
    return (await fsp.stat(file)).size;
  } catch (error) {
    await adding;
    await removeQuietly(file);
    throw error;
  }
}

async function addMembers(tar: Tar, { dir, used, manifest }: PackBuildsRequest): Promise<void> {
  await addBytes(tar, MANIFEST_NAME, formatManifest(manifest));
  const actions = Buffer.alloc(used.actions.length * ACTION_BYTES);
  for (const [at, { id }] of used.actions.entries()) {
    const bytes = await fsp.readFile(join(dir, entryPath(id, 'action')));
    if (bytes.length !== ACTION_BYTES) throw changed(id);
    bytes.copy(actions, at * ACTION_BYTES);
  }
  await addBytes(tar, ACTIONS_NAME, actions);
  for (const out of [...used.outputs.keys()].sort()) {
    await addOutput(tar, join(dir, entryPath(out, 'output')), out, used.outputs.get(out) ?? 0);
  }
}

async function addOutput(tar: Tar, path: string, out: string, size: number): Promise<void> {
  const handle = await fsp.open(path, READ_FLAGS);
  try {
    const entry = tar.entry({ name: OUTPUT_PREFIX + out, ...HEADER, size });
    await pipeline(readChecked(handle, out, size), entry);
  } finally {
    await handle.close().catch(() => undefined);
  }
}

async function* readChecked(handle: fsp.FileHandle, out: string, size: number): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for (let at = 0; at < size; ) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK, size - at));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) throw changed(out);
    at += bytesRead;
    const part = buffer.subarray(0, bytesRead);
    hash.update(part);
    yield part;
  }
  if (hash.digest('hex') !== out) throw changed(out);
}

const HEADER = { type: 'file', mode: FILE_MODE, uid: 0, gid: 0, mtime: new Date(0) } as const;

async function addBytes(tar: Tar, name: string, bytes: Buffer): Promise<void> {
  await pipeline([bytes], tar.entry({ name, ...HEADER, size: bytes.length }));
}

function changed(digest: string): BundleError {
  return new BundleError('damaged', `${digest} in GOCACHE is not what it was, or not what its name says`);
}
