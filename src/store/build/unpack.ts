import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { inflate } from '../bundle/inflate.ts';
import { TarReader } from '../bundle/tar-reader.ts';
import { BundleError } from '../bundle/types.ts';
import {
  ACTION_BYTES,
  type BuildAction,
  entryPath,
  MAX_ACTIONS,
  MAX_OUTPUT_BYTES,
  parseAction,
  SUBDIRECTORIES,
} from './layout.ts';
import { MANIFEST_NAME, MAX_MANIFEST, notOurs, parseManifest } from './manifest.ts';
import { ACTIONS_NAME, OUTPUT_PREFIX, type UnpackBuildsRequest, type UnpackedBuilds } from './types.ts';

/** Header, name of more than a hundred characters, padding: for each member. */
const PER_MEMBER = 2 * 1024;
/** Manifest, actions, the end of the archive, and what a chunk reaches beyond them. */
const HEAD = MAX_MANIFEST + MAX_ACTIONS * ACTION_BYTES + 4 * 1024 * 1024;
const PART = 1024 * 1024;

/**
 * Unpacks an archive that somebody else made into a new GOCACHE. Nothing is written under a name of the archive's:
 * what comes in are actions of go's own form and the outputs that they name, each with the size and the SHA-256 that it
 * must have. The first thing that is not so rejects with BundleError, and so do disk and time in their own words; the
 * directory is the caller's to remove then. Whether an output is what a compiler would have made nobody can tell.
 */
export async function unpackBuilds(request: UnpackBuildsRequest): Promise<UnpackedBuilds> {
  const { stream, dir, usedMs, maxBytes, signal } = request;
  const inflated = inflate(stream, signal);
  try {
    inflated.limit(HEAD);
    const reader = new TarReader(inflated.bytes, HEAD);
    const manifest = parseManifest(await bodyOf(reader, MANIFEST_NAME, MAX_MANIFEST));
    const packed = await bodyOf(reader, ACTIONS_NAME, MAX_ACTIONS * ACTION_BYTES);
    const actions = parseActions(packed);
    const missing = outputsOf(actions);
    const bytes = [...missing.values()].reduce((sum, size) => sum + size, 0);
    const most = Math.min(maxBytes, MAX_OUTPUT_BYTES);
    if (bytes > most) {
      throw new BundleError('too-large', `its objects have ${bytes} bytes, where ${most} have room`);
    }
    reader.limit = HEAD + bytes + missing.size * PER_MEMBER;
    inflated.limit(reader.limit);
    for (const name of SUBDIRECTORIES) fs.mkdirSync(join(dir, name), { recursive: true });
    await outputs(reader, dir, missing, usedMs);
    if (missing.size > 0) throw damaged('an object that an action names is not in it');
    // Last, so that no action is there before its output is.
    for (const [at, { id }] of actions.entries()) {
      const file = join(dir, entryPath(id, 'action'));
      writeNew(file, packed.subarray(at * ACTION_BYTES, (at + 1) * ACTION_BYTES), usedMs);
    }
    return { manifest, actions: actions.length, bytes };
  } catch (error) {
    throw inWords(error);
  } finally {
    inflated.destroy();
  }
}

/** What an archive says of itself; the rest of it is not fetched. The stream is destroyed. Rejects with BundleError. */
export async function readBuildManifest(
  stream: UnpackBuildsRequest['stream'],
  signal: AbortSignal,
): Promise<UnpackedBuilds['manifest']> {
  const inflated = inflate(stream, signal);
  try {
    inflated.limit(HEAD);
    return parseManifest(await bodyOf(new TarReader(inflated.bytes, HEAD), MANIFEST_NAME, MAX_MANIFEST));
  } finally {
    inflated.destroy();
  }
}

async function bodyOf(reader: TarReader, name: string, max: number): Promise<Buffer> {
  const member = await reader.next();
  if (member?.type !== 'file' || member.name !== name || member.size > max) throw notOurs();
  return await reader.whole(true);
}

function parseActions(packed: Buffer): BuildAction[] {
  if (packed.length % ACTION_BYTES !== 0) throw damaged('its actions are cut short');
  const actions: BuildAction[] = [];
  for (let at = 0; at < packed.length; at += ACTION_BYTES) {
    const action = parseAction(packed.subarray(at, at + ACTION_BYTES));
    // In order, so that none can come twice.
    if (action === undefined || action.id <= (actions.at(-1)?.id ?? ''))
      throw damaged('it has an action that go would not have written');
    actions.push(action);
  }
  return actions;
}

function outputsOf(actions: readonly BuildAction[]): Map<string, number> {
  const outputs = new Map<string, number>();
  for (const { out, size } of actions) {
    if ((outputs.get(out) ?? size) !== size) throw damaged('two actions differ in the size of one object');
    outputs.set(out, size);
  }
  return outputs;
}

async function outputs(
  reader: TarReader,
  dir: string,
  missing: Map<string, number>,
  usedMs: number,
): Promise<void> {
  for (let member = await reader.next(); member !== undefined; member = await reader.next()) {
    const { name, type, size } = member;
    const out = name.startsWith(OUTPUT_PREFIX) ? name.slice(OUTPUT_PREFIX.length) : '';
    if (type !== 'file' || missing.get(out) !== size) throw damaged('it has a member that no action names');
    missing.delete(out);
    const hash = createHash('sha256');
    const file = fs.openSync(join(dir, entryPath(out, 'output')), 'wx', 0o666);
    try {
      for (let part = await reader.some(PART); part !== undefined; part = await reader.some(PART)) {
        hash.update(part);
        for (let at = 0; at < part.length; ) at += fs.writeSync(file, part, at);
      }
      fs.futimesSync(file, usedMs / 1000, usedMs / 1000);
    } finally {
      fs.closeSync(file);
    }
    if (hash.digest('hex') !== out) throw damaged('an object in it is not what its name says');
  }
}

function writeNew(path: string, bytes: Buffer, usedMs: number): void {
  const file = fs.openSync(path, 'wx', 0o666);
  try {
    fs.writeSync(file, bytes);
    fs.futimesSync(file, usedMs / 1000, usedMs / 1000);
  } finally {
    fs.closeSync(file);
  }
}

/** The reader's own words end with what it means for modules, which come in one by one; here it is all or nothing. */
function inWords(error: unknown): unknown {
  if (!(error instanceof BundleError)) return error;
  const [what = ''] = error.message.split('; what came before that was kept');
  return new BundleError(error.code, what, { cause: error });
}

function damaged(why: string): BundleError {
  return new BundleError('damaged', `it is damaged: ${why}`);
}
