import { FILE_KINDS, MAX_SIZE, versionKeys } from '../layout.ts';
import type { FileKind, ModVer } from '../types.ts';
import { BundleError } from './types.ts';

/**
 * A bundle is what one entry of the shared cache holds: files of a store, and a manifest as its first member that
 * tells of a whole set of module versions in which bundle each of their files is. The newest bundle alone names
 * the set; the bundles before it, its parents, only lend files. Bundle 0 is the manifest's own, 1 the first parent.
 */
export interface BundleManifest {
  readonly v: 2;
  /** RFC 3339, UTC. */
  readonly created: string;
  /** Bundles that hold the rest of the set. */
  readonly parents: readonly BundleRef[];
  /** Entries that were written before and may still count against the quota of the repository. */
  readonly past: readonly PastBundle[];
  readonly versions: readonly BundledVersion[];
}

/** An entry of the shared cache. */
export interface BundleRef {
  readonly key: string;
  /** Bytes that it takes at the service. */
  readonly bytes: number;
}

/** An entry that nobody reads any more; the service forgets it some days later. */
export interface PastBundle extends BundleRef {
  /** When it was last of use, milliseconds since the epoch. */
  readonly until: number;
}

export interface BundledVersion extends ModVer {
  /** Time of last use, milliseconds since the epoch. */
  readonly lastUse: number;
  /** In the order info, mod, zip. */
  readonly files: readonly BundledFile[];
}

export interface BundledFile {
  readonly kind: FileKind;
  /** Bytes at rest. */
  readonly size: number;
  readonly sha256: string;
  /** Which bundle holds it: 0 this one, n the nth parent. */
  readonly bundle: number;
  /** Bytes that it takes in a bundle at most; `size` when undefined. For planning: no manifest tells it. */
  readonly packed?: number;
}

/** Key of the manifest in the archive, below `store/`. */
export const MANIFEST_KEY = 'modgate/bundle.json';
export const MAX_MANIFEST_SIZE = 32 * 1024 * 1024;
/** Parents that a bundle may have: each costs a restore three requests. */
export const MAX_PARENTS = 12;
/** Versions that one set may have. */
export const MAX_BUNDLED = 100_000;
/** Past entries that a manifest tells of; those that were of use last. */
export const MAX_PAST = 200;

/** Longer than any version line that Go's limits of paths and versions allow. */
const MAX_LINE = 8 * 1024;
const MAX_HEAD = 64 * 1024;
const KEY = /^modgate-v2-[a-z0-9-]{1,100}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
/** SHA-256 in base64url: a third shorter than hex, and most of a manifest is digests. */
const DIGEST = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const HEAD_END = ',"versions":[';
const END = ']}';

/**
 * A manifest as it is written: one JSON document, of which the first line has everything but the versions and
 * each further line one version, so that a reader can judge it line by line:
 * `[path, version, lastUse, info, mod, zip]`, each file null or `[bundle, size, digest]`.
 *
 * Fractions of milliseconds are dropped, and of the past entries the oldest beyond `MAX_PAST`.
 */
export function formatManifest(manifest: BundleManifest): Buffer {
  const { created } = manifest;
  const parents = manifest.parents.map(p => [p.key, p.bytes]);
  const past = [...manifest.past]
    .sort((a, b) => b.until - a.until)
    .slice(0, MAX_PAST)
    .map(p => [p.key, p.bytes, Math.floor(p.until)]);
  const head = JSON.stringify({ v: 2, created, parents, past }).slice(0, -1);
  const lines = manifest.versions.map(formatVersion);
  return Buffer.from(`${head}${HEAD_END}\n${lines.map(line => `${line}\n`).join(',')}${END}\n`);
}

function formatVersion(version: BundledVersion): string {
  const files = FILE_KINDS.map(kind => {
    const file = version.files.find(f => f.kind === kind);
    return file === undefined
      ? null
      : [file.bundle, file.size, Buffer.from(file.sha256, 'hex').toString('base64url')];
  });
  return JSON.stringify([version.path, version.version, Math.floor(version.lastUse), ...files]);
}

/**
 * Reads a manifest that anybody may have written. Only the form that `formatManifest` writes is accepted; lines are
 * parsed one by one, so that no text of many small values takes up more memory than a manifest does.
 *
 * Throws BundleError `not-a-bundle`; its message quotes nothing of the text.
 */
export function parseManifest(bytes: Uint8Array): BundleManifest {
  if (bytes.length > MAX_MANIFEST_SIZE) throw refusal(`it is larger than ${MAX_MANIFEST_SIZE} bytes`);
  const lines = linesOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const head = parseHead(lines.next());
  const seen = new Set<string>();
  const versions: BundledVersion[] = [];
  for (let number = 2; ; number++) {
    const line = lines.next();
    if (line === END) break;
    const text = number === 2 ? line : line?.startsWith(',') === true ? line.slice(1) : undefined;
    const version = text === undefined ? undefined : parseVersion(text, head.parents.length);
    if (version === undefined) throw refusal(`its line ${number} is no module version`);
    if (versions.length === MAX_BUNDLED) throw refusal(`it names more than ${MAX_BUNDLED} versions`);
    const id = `${version.path}@${version.version}`;
    if (seen.has(id)) throw refusal(`its line ${number} names a version for the second time`);
    seen.add(id);
    versions.push(version);
  }
  if (!lines.atEnd()) throw refusal('something follows its end');
  return { ...head, versions };
}

/** The lines of a text, each bounded; `next` is undefined where there is none that ends. */
function linesOf(bytes: Buffer): { next(): string | undefined; atEnd(): boolean } {
  let at = 0;
  return {
    next() {
      const max = at === 0 ? MAX_HEAD : MAX_LINE;
      const end = bytes.indexOf(0x0a, at);
      if (end < 0 || end - at > max) return undefined;
      const line = bytes.toString('utf8', at, end);
      at = end + 1;
      return line;
    },
    atEnd: () => at === bytes.length,
  };
}

function parseHead(line: string | undefined): Omit<BundleManifest, 'versions'> {
  if (line?.endsWith(HEAD_END) !== true) throw refusal('it does not begin like one');
  const head = parseJson(`${line.slice(0, -HEAD_END.length)}}`);
  if (typeof head !== 'object' || head === null) throw refusal('its first line is no JSON object');
  const { v, created, parents, past } = head as Readonly<Record<string, unknown>>;
  if (v !== 2) throw refusal('it is of another version');
  if (typeof created !== 'string' || !TIME.test(created) || Number.isNaN(Date.parse(created))) {
    throw refusal('it does not tell when it was made');
  }
  if (!Array.isArray(parents) || parents.length > MAX_PARENTS) throw refusal('it has too many parents');
  if (!Array.isArray(past) || past.length > MAX_PAST) throw refusal('it has too many past entries');
  const refs = parents.map(parseRef);
  if (new Set(refs.map(ref => ref.key)).size !== refs.length) throw refusal('a parent occurs twice');
  return { v: 2, created, parents: refs, past: past.map(parsePast) };
}

function parseRef(value: unknown): BundleRef {
  const [key, bytes] = Array.isArray(value) && value.length === 2 ? (value as unknown[]) : [];
  if (typeof key !== 'string' || !KEY.test(key) || !isCount(bytes)) {
    throw refusal('an entry that it names is none of the shared cache');
  }
  return { key, bytes };
}

function parsePast(value: unknown): PastBundle {
  const [key, bytes, until] = Array.isArray(value) && value.length === 3 ? (value as unknown[]) : [];
  if (!isCount(until)) throw refusal('a past entry does not tell when it was of use');
  return { ...parseRef([key, bytes]), until };
}

function parseVersion(line: string, parents: number): BundledVersion | undefined {
  const value = parseJson(line);
  if (!Array.isArray(value) || value.length !== 3 + FILE_KINDS.length) return undefined;
  const [path, version, lastUse, ...rest] = value as unknown[];
  if (typeof path !== 'string' || typeof version !== 'string' || !isCount(lastUse)) return undefined;
  if (versionKeys({ path, version }) === undefined) return undefined;
  const files: BundledFile[] = [];
  for (const [index, kind] of FILE_KINDS.entries()) {
    const told = rest[index];
    if (told === null) continue;
    const file = parseFile(told, kind, parents);
    if (file === undefined) return undefined;
    files.push(file);
  }
  return { path, version, lastUse, files };
}

function parseFile(value: unknown, kind: FileKind, parents: number): BundledFile | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined;
  const [bundle, size, digest] = value as unknown[];
  if (!isCount(bundle) || bundle > parents || !isCount(size) || size > MAX_SIZE[kind]) return undefined;
  if (typeof digest !== 'string' || !DIGEST.test(digest)) return undefined;
  return { kind, size, sha256: Buffer.from(digest, 'base64url').toString('hex'), bundle };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);
}

function refusal(why: string): BundleError {
  return new BundleError(
    'not-a-bundle',
    `the manifest of a cache entry was not accepted: ${why}; the entry is not used, and the next save replaces it`,
  );
}
