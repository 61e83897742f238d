import * as fs from 'node:fs';
import path from 'node:path';
import { errnoOf, type StoreError } from '../errors.ts';
import { FILE_KINDS, versionKeys } from '../layout.ts';
import { modcachePaths } from '../modcache/paths.ts';
import type { FileKind } from '../types.ts';
import { walkVersions } from '../walk.ts';
import type { Offer, OfferedFile } from './types.ts';

/** Who is told of what is beside the versions of a source. Paths are relative to the source, with `/`. */
export interface Beside {
  readonly onForeign: (path: string, why: string) => void;
  /** Left over from a writer that did not come to its end. */
  readonly onLeftOver: (path: string, why: string) => void;
  /** Such a source has it, and nobody needs it. */
  readonly onPassed: (path: string) => void;
  /** Not the bytes that its own archive says. */
  readonly onDamaged: (path: string, why: string) => void;
  readonly onUnreadable: (path: string, error: StoreError) => void;
}

/** What go keeps beside a version, and what proxies keep as answers to queries such as `@v/main.info`. */
const PASSED = /\/@v\/[^/]+\.(?:lock|ziphash|partial|info)$/;
/** `v1.0.0.zip123.tmp` of go, `.v1.0.0.zip.tmp.123` of goproxy. */
const LEFT_OVER = /\/@v\/[^/]+\.tmp(?:[.-]?\d+)?$/;

/** Every version of a GOPROXY tree. */
export async function* walkTree(root: string, beside: Beside): AsyncGenerator<Offer> {
  for await (const { path: module, version, files } of walkVersions(root, walkOptions('', beside))) {
    const offer = offerOf(root, '', module, version, files);
    if (offer !== undefined) yield offer;
  }
}

/**
 * Every version of a GOMODCACHE of which it has files as they were downloaded. What go unpacked from them is not read:
 * nobody vouches for a directory.
 */
export async function* walkModcache(root: string, beside: Beside): AsyncGenerator<Offer> {
  const prefix = 'cache/download/';
  const download = path.join(root, 'cache', 'download');
  for await (const { path: module, version, files } of walkVersions(download, walkOptions(prefix, beside))) {
    const offer = offerOf(download, prefix, module, version, files);
    if (offer === undefined) continue;
    if (files.zip !== undefined || !isUnpacked(root, offer)) yield offer;
    else yield { ...offer, noZip: UNPACKED };
  }
}

const UNPACKED =
  'only its unpacked directory is there, not its zip: a store holds zips as they were published, so fetch it anew';

function isUnpacked(root: string, mv: Offer): boolean {
  const tree = modcachePaths(mv)?.tree;
  if (tree === undefined) return false;
  try {
    return fs.lstatSync(path.join(root, tree), { throwIfNoEntry: false })?.isDirectory() === true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

function walkOptions(prefix: string, beside: Beside): Parameters<typeof walkVersions>[1] {
  return {
    maxNames: Number.MAX_SAFE_INTEGER,
    onSkip: (at, why) => {
      const name = `${prefix}${at}`;
      if (why === NO_STORE_FILE && PASSED.test(name)) beside.onPassed(name);
      else if (why === NO_STORE_FILE && LEFT_OVER.test(name)) {
        beside.onLeftOver(name, 'left over from a download that did not come to its end');
      } else beside.onForeign(name, why === NO_STORE_FILE ? 'no file of a GOPROXY tree' : why);
    },
    onUnreadable: (at, error) => beside.onUnreadable(`${prefix}${at}`, error),
  };
}

/** The words of the walk for a regular file whose name is none of a store's. */
const NO_STORE_FILE = 'not a file of a store';

function offerOf(
  root: string,
  prefix: string,
  module: string,
  version: string,
  sizes: Readonly<Partial<Record<FileKind, number>>>,
): Offer | undefined {
  const keys = versionKeys({ path: module, version });
  if (keys === undefined) return undefined;
  const files: Partial<Record<FileKind, OfferedFile>> = {};
  for (const kind of FILE_KINDS) {
    const key = keys.files[kind];
    if (sizes[kind] !== undefined) files[kind] = { file: path.join(root, key), name: `${prefix}${key}` };
  }
  const name = `${prefix}${keys.files.zip.slice(0, -'.zip'.length)}`;
  return { path: module, version, name, files };
}
