import { StoreError } from '../errors.ts';
import { INDEX, moduleOfDir, OWN, versionOfName } from '../layout.ts';
import type { FileKind } from '../types.ts';
import type { Bucket, ObjectFacts } from './types.ts';

/** Behind every key that begins with the text before it: no code point is encoded in higher bytes. */
const LAST = '\u{10ffff}';
const SUMDB = 'sumdb';
const INDEXED = '.json';

/** What a listing tells of one object of a version. */
export type Listed = Omit<ObjectFacts, 'key'>;

/** One version as listings show it. */
export interface ListedVersion {
  /** Escaped. */
  readonly stem: string;
  /** Unescaped. */
  readonly version: string;
  readonly files: Partial<Record<FileKind, Listed>>;
  index: Listed | undefined;
}

/** All that a bucket has of one module. */
export interface ListedModule {
  /** `<escaped path>/@v`. */
  readonly dir: string;
  /** Unescaped. */
  readonly path: string;
  readonly versions: Map<string, ListedVersion>;
  /** The object `@v/list`. */
  list?: Listed;
  /** The object `@latest`. */
  latest?: Listed;
}

/** Bytes of a version's files and its index entry. */
export function bytesOf({ files, index }: ListedVersion): number {
  return Object.values(files).reduce((sum, { size }) => sum + size, index?.size ?? 0);
}

/** When the newest of its files was written, ms since the epoch; 0 without any. */
export function writtenOf({ files }: ListedVersion): number {
  return Object.values(files).reduce((newest, { modified }) => Math.max(newest, modified), 0);
}

/** An index entry without any file. */
export function isLoose({ files }: ListedVersion): boolean {
  return Object.keys(files).length === 0;
}

export interface ContentsOptions {
  /** Directories (`<escaped path>/@v`) to begin and to end with; not given, all of them. */
  readonly from?: string;
  readonly to?: string;
  /** Told of each object that is none of a store. */
  readonly foreign?: (key: string, why: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * The modules of a bucket in the order of their keys, out of two listings that are read side by side: that of the files
 * and that of the index. Memory grows with the largest module only.
 *
 * Throws BucketError, and StoreError `store-io` for a service that lists out of order: what belongs together could not
 * be put together.
 */
export async function* listedModules(
  bucket: Bucket,
  options: ContentsOptions = {},
): AsyncGenerator<ListedModule> {
  const files = groups(bucket, fileObjects(bucket, options), '', options);
  const index = groups(bucket, indexObjects(bucket, options), `${INDEX}/`, options);
  try {
    let [file, entry] = await Promise.all([files.next(), index.next()]);
    while (file.done !== true || entry.done !== true) {
      const order = compare(file.value?.dir, entry.value?.dir);
      if (order === 0 && file.value !== undefined && entry.value !== undefined) {
        yield joined(file.value, entry.value);
        [file, entry] = await Promise.all([files.next(), index.next()]);
      } else if (order < 0 && file.value !== undefined) {
        yield file.value;
        file = await files.next();
      } else if (entry.value !== undefined) {
        yield entry.value;
        entry = await index.next();
      }
    }
  } finally {
    await Promise.all([files.return(undefined), index.return(undefined)]);
  }
}

/** Escaped names have ASCII only, so that the order of strings is that of their bytes. The end comes last. */
function compare(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  return b === undefined || (a !== undefined && `${a}/` < `${b}/`) ? -1 : 1;
}

function joined(files: ListedModule, index: ListedModule): ListedModule {
  for (const [stem, { version, index: entry }] of index.versions) {
    const there = files.versions.get(stem);
    if (there === undefined) files.versions.set(stem, { stem, version, files: {}, index: entry });
    else there.index = entry;
  }
  return files;
}

/** Objects outside of our own directory and the checksum database's: those that modules have. */
async function* fileObjects(bucket: Bucket, options: ContentsOptions): AsyncGenerator<ObjectFacts> {
  let after = options.from === undefined ? undefined : justBefore(options.from);
  for (;;) {
    let skip: string | undefined;
    for await (const object of bucket.list('', listing(after, options.signal))) {
      skip = [OWN, SUMDB].find(own => object.key.startsWith(`${own}/`));
      if (skip !== undefined) break;
      yield object;
    }
    if (skip === undefined) return;
    after = `${skip}/${LAST}`;
  }
}

async function* indexObjects(bucket: Bucket, { from, signal }: ContentsOptions): AsyncGenerator<ObjectFacts> {
  const after = from === undefined ? undefined : `${INDEX}/${justBefore(from)}`;
  yield* bucket.list(`${INDEX}/`, listing(after, signal));
}

function listing(after: string | undefined, signal: AbortSignal | undefined) {
  return { ...(after === undefined ? {} : { after }), ...(signal === undefined ? {} : { signal }) };
}

/** A key before all of a module's, its `@latest` included, and behind those of other modules. */
function justBefore(dir: string): string {
  return dir.slice(0, -'v'.length);
}

/** Puts objects together by module. Ends behind `to`. Throws StoreError `store-io`. */
async function* groups(
  bucket: Bucket,
  objects: AsyncIterable<ObjectFacts>,
  below: '' | `${string}/`,
  { to, foreign = () => undefined }: ContentsOptions,
): AsyncGenerator<ListedModule, undefined> {
  let module: ListedModule | undefined;
  for await (const { key, ...facts } of objects) {
    const place = placeOf(key.slice(below.length), below === '');
    if (place === undefined) {
      foreign(key, whyForeign(key));
      continue;
    }
    if (place.dir !== module?.dir) {
      if (module !== undefined) {
        if (compare(module.dir, place.dir) > 0) throw outOfOrder(bucket, key);
        yield module;
      }
      if (to !== undefined && compare(to, place.dir) < 0) return undefined;
      module = { dir: place.dir, path: place.path, versions: new Map() };
    }
    if (place.of === 'version') add(module, place, facts);
    else module[place.of] = facts;
  }
  if (module !== undefined) yield module;
  return undefined;
}

type Place = { readonly dir: string; readonly path: string } & (
  | { readonly of: 'list' | 'latest' }
  | {
      readonly of: 'version';
      readonly stem: string;
      readonly version: string;
      readonly kind: FileKind | 'index';
    }
);

/** What a key stands for; undefined when it is none of a module. */
function placeOf(key: string, inTree: boolean): Place | undefined {
  const slash = key.lastIndexOf('/');
  const name = key.slice(slash + 1);
  if (slash < 0 || !key.slice(0, slash).includes('.')) return undefined;
  if (inTree && name === '@latest') {
    const above = key.slice(0, slash);
    const path = moduleOfDir(above.split('/'));
    return path === undefined ? undefined : { dir: `${above}/@v`, path, of: 'latest' };
  }
  const dir = key.slice(0, slash);
  if (!dir.endsWith('/@v')) return undefined;
  const path = moduleOfDir(dir.slice(0, -'/@v'.length).split('/'));
  if (path === undefined) return undefined;
  if (inTree && name === 'list') return { dir, path, of: 'list' };
  const dot = name.lastIndexOf('.');
  const stem = name.slice(0, Math.max(0, dot));
  if (!inTree) {
    const version = name.endsWith(INDEXED) ? versionOfName(`${stem}.mod`)?.version : undefined;
    return version === undefined ? undefined : { dir, path, of: 'version', stem, version, kind: 'index' };
  }
  const file = versionOfName(name);
  return file && { dir, path, of: 'version', stem, ...file };
}

function add(
  { versions }: ListedModule,
  { stem, version, kind }: Extract<Place, { of: 'version' }>,
  facts: Listed,
): void {
  let state = versions.get(stem);
  if (state === undefined) {
    state = { stem, version, files: {}, index: undefined };
    versions.set(stem, state);
  }
  if (kind === 'index') state.index = facts;
  else state.files[kind] = facts;
}

function whyForeign(key: string): string {
  const top = key.split('/', 1)[0] ?? '';
  return top.includes('.') || key.startsWith(`${OWN}/`) ? 'not a file of a store' : 'not of a store';
}

function outOfOrder(bucket: Bucket, key: string): StoreError {
  const message = `module store: ${bucket.location} lists its objects out of order (at ${JSON.stringify(key)}), so that what belongs to one version cannot be told; use a service or a kind of bucket that lists in the order of keys, as S3's general purpose buckets do`;
  return new StoreError('store-io', bucket.location, message);
}
