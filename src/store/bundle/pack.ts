import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack as createTar, type Pack as Tar } from 'tar-stream';
import { asStoreError } from '../errors.ts';
import { FILE_MODE, isAbsent, READ_FLAGS, readRegular, removeQuietly } from '../files.ts';
import { factsOf, formatEntry, parseEntry } from '../index-entry.ts';
import { MAX_INDEX_SIZE, MAX_SOFT_SIZE, type VersionKeys, versionKeys } from '../layout.ts';
import { Tree } from '../tree.ts';
import { compress } from './compress.ts';
import { type BundledFile, type BundledVersion, formatManifest, MANIFEST_KEY } from './manifest.ts';
import { sumdbFiles } from './sumdb-files.ts';
import { ARCHIVE_ROOT, BundleError, type Pack, type PackRequest } from './types.ts';

const CHUNK = 256 * 1024;
/** Largest time in seconds that every tar reads. */
const MAX_TIME = 2 ** 31 - 1;

/** A version with files in this bundle. */
interface Own {
  readonly version: BundledVersion;
  readonly keys: VersionKeys;
  readonly files: readonly BundledFile[];
}

/** Packs a bundle; see `Pack`. */
export const pack: Pack = async request => {
  const { file } = request;
  const tar = createTar();
  const out = createWriteStream(file, { flags: 'wx', mode: 0o600 });
  let made = false;
  out.once('open', () => {
    made = true;
  });
  const adding = addMembers(tar, new Tree(path.resolve(request.storeDir)), request).then(
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
    if (made) await removeQuietly(file);
    throw error instanceof BundleError ? error : asStoreError(error, file, 'write');
  }
};

async function addMembers(tar: Tar, tree: Tree, request: PackRequest): Promise<void> {
  const { manifest } = request;
  const own: Own[] = [];
  for (const version of manifest.versions) {
    const files = version.files.filter(file => file.bundle === 0);
    if (files.length === 0) continue;
    const keys = versionKeys(version);
    if (keys === undefined)
      throw changed(`${version.path}@${version.version}`, 'is no version that Go accepts');
    own.push({ version, keys, files });
  }
  await addBytes(tar, MANIFEST_KEY, formatManifest(manifest));
  for (const { version, keys, files } of own) {
    await addIndexEntry(tar, tree, version, keys, files);
    for (const file of files) if (file.kind !== 'zip') await addFile(tar, tree, keys.files[file.kind], file);
  }
  for (const key of await sumdbFiles(tree.root, request.sumdbSince ?? 0)) {
    const found = await readRegular(tree.path(key), MAX_SOFT_SIZE);
    // The database is asked again for what went away meanwhile.
    if (found !== undefined && found.bytes !== 'oversize') await addBytes(tar, key, found.bytes);
  }
  for (const { keys, files } of own) {
    for (const file of files) if (file.kind === 'zip') await addFile(tar, tree, keys.files.zip, file);
  }
}

async function addIndexEntry(
  tar: Tar,
  tree: Tree,
  version: BundledVersion,
  keys: VersionKeys,
  files: readonly BundledFile[],
): Promise<void> {
  const found = (await tree.hasDir(keys.indexDir))
    ? await readRegular(tree.path(keys.index), MAX_INDEX_SIZE)
    : undefined;
  const entry =
    found === undefined || found.bytes === 'oversize' ? undefined : parseEntry(found.bytes, version);
  if (entry === undefined) throw changed(keys.index, 'is not there or not readable');
  for (const file of files) {
    const facts = factsOf(entry, file.kind);
    if (facts?.sha256 !== file.sha256 || facts.size !== file.size) {
      throw changed(keys.index, `does not tell the same .${file.kind} as the manifest`);
    }
  }
  await addBytes(tar, keys.index, formatEntry(entry), version.lastUse);
}

/** Adds a file as it is read, and compares its digest before the member ends. */
async function addFile(tar: Tar, tree: Tree, key: string, file: BundledFile): Promise<void> {
  if (!(await tree.hasDir(path.posix.dirname(key)))) throw changed(key, 'is not there');
  let handle: fsp.FileHandle;
  try {
    handle = await fsp.open(tree.path(key), READ_FLAGS);
  } catch (error) {
    if (isAbsent(error)) throw changed(key, 'is not there');
    throw asStoreError(error, tree.path(key), 'read');
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile() || stat.size !== file.size) throw changed(key, `is not ${file.size} bytes long`);
    await addMember(tar, key, file.size, 0, readChecked(handle, tree, key, file));
  } finally {
    await handle.close().catch(() => undefined);
  }
}

async function* readChecked(
  handle: fsp.FileHandle,
  tree: Tree,
  key: string,
  file: BundledFile,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for (let at = 0; at < file.size; ) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK, file.size - at));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at).catch((error: unknown) => {
      throw asStoreError(error, tree.path(key), 'read');
    });
    if (bytesRead === 0) throw changed(key, 'ended while it was read');
    at += bytesRead;
    const part = buffer.subarray(0, bytesRead);
    hash.update(part);
    yield part;
  }
  if (hash.digest('hex') !== file.sha256) throw changed(key, 'does not have the digest of the manifest');
}

async function addBytes(tar: Tar, key: string, bytes: Buffer, mtimeMs = 0): Promise<void> {
  await addMember(tar, key, bytes.length, mtimeMs, [bytes]);
}

async function addMember(
  tar: Tar,
  key: string,
  size: number,
  mtimeMs: number,
  parts: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<void> {
  const mtime = new Date(Math.min(Math.floor(mtimeMs / 1000), MAX_TIME) * 1000);
  await pipeline(
    parts,
    tar.entry({ name: ARCHIVE_ROOT + key, type: 'file', mode: FILE_MODE, uid: 0, gid: 0, size, mtime }),
  );
}

function changed(key: string, what: string): BundleError {
  return new BundleError(
    'damaged',
    `the module store changed while it was packed: ${key} ${what}; nothing is saved this time, the next job packs anew`,
  );
}
