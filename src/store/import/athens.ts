import type { Dirent } from 'node:fs';
import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { checkPath } from '../../gomod/module-path.ts';
import { asStoreError } from '../errors.ts';
import { isAbsent } from '../files.ts';
import { versionKeys } from '../layout.ts';
import type { FileKind } from '../types.ts';
import { A_LINK } from '../walk.ts';
import type { Beside } from './tree.ts';
import type { Offer, OfferedFile } from './types.ts';

/**
 * The disk storage of Athens: `<module path>/<version>/` with these two and `<version>.info`, which is written last.
 * Neither path nor version is escaped, so that two modules may be one on a disk that does not tell upper from lower
 * case; whose files they are, only their hashes tell.
 */
export const ATHENS_ZIP = 'source.zip';
export const ATHENS_MOD = 'go.mod';

const MAX_DEPTH = 128;
/** Names of one directory that are looked at: more than any module has versions. */
const MAX_NAMES = 200_000;

/** Every version of a disk storage of Athens, one directory at a time. Links are not followed. */
export async function* walkAthens(root: string, beside: Beside): AsyncGenerator<Offer> {
  yield* walkDir(root, [], beside);
}

async function* walkDir(root: string, segments: readonly string[], beside: Beside): AsyncGenerator<Offer> {
  const at = segments.join('/');
  if (segments.length > MAX_DEPTH) return beside.onForeign(at, 'nested too deep');
  const files: string[] = [];
  const below: string[] = [];
  for await (const entry of entriesOf(root, at, beside)) {
    if (files.length + below.length >= MAX_NAMES) {
      beside.onForeign(at, 'too many names in one directory; the rest was not looked at');
      break;
    }
    const here = at === '' ? entry.name : `${at}/${entry.name}`;
    if (entry.isDirectory()) below.push(entry.name);
    else if (entry.isFile()) files.push(entry.name);
    else beside.onForeign(here, entry.isSymbolicLink() ? A_LINK : 'not a regular file');
  }
  const offer = offerOf(root, segments, files);
  if (offer !== undefined) yield offer;
  for (const name of files) {
    if (offer === undefined || !isOwn(name, offer.version)) {
      beside.onForeign(at === '' ? name : `${at}/${name}`, 'no file of a disk storage of Athens');
    }
  }
  for (const name of below) yield* walkDir(root, [...segments, name], beside);
}

async function* entriesOf(root: string, at: string, beside: Beside): AsyncGenerator<Dirent> {
  const dir = path.join(root, at);
  try {
    yield* await fsp.opendir(dir);
  } catch (error) {
    if (!isAbsent(error)) beside.onUnreadable(at, asStoreError(error, dir, 'read'));
  }
}

function isOwn(name: string, version: string): boolean {
  return name === ATHENS_ZIP || name === ATHENS_MOD || name === `${version}.info`;
}

/** Undefined for a directory that is none of a version. An empty one is: Athens makes it before its first file. */
function offerOf(root: string, segments: readonly string[], files: readonly string[]): Offer | undefined {
  const version = segments.at(-1) ?? '';
  const module = segments.slice(0, -1).join('/');
  if (checkPath(module) !== undefined || versionKeys({ path: module, version }) === undefined)
    return undefined;
  const at = segments.join('/');
  const names: Readonly<Record<FileKind, string>> = {
    info: `${version}.info`,
    mod: ATHENS_MOD,
    zip: ATHENS_ZIP,
  };
  const offered: Partial<Record<FileKind, OfferedFile>> = {};
  for (const kind of ['info', 'mod', 'zip'] as const) {
    const name = names[kind];
    if (files.includes(name)) {
      offered[kind] = { file: path.join(root, ...segments, name), name: `${at}/${name}` };
    }
  }
  const missing = (['mod', 'zip', 'info'] as const).filter(kind => offered[kind] === undefined);
  const half =
    missing.length === 0
      ? {}
      : {
          half: `it has no ${missing.map(kind => names[kind]).join(' and no ')}: Athens did not finish writing it`,
        };
  return { path: module, version, name: at, files: offered, ...half };
}
