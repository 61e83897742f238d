import { BundleError } from '../bundle/types.ts';

/** An entry of the build cache that may still be at the service. */
export interface BuildEntryRef {
  readonly key: string;
  /** Bytes of the entry. */
  readonly bytes: number;
  /** Until when somebody needed it, milliseconds since the epoch. */
  readonly until: number;
}

/** What an entry says of itself, at its head. */
export interface BuildManifest {
  readonly v: 1;
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** Bytes of its outputs. */
  readonly bytes: number;
  /** Other entries that the one who saved it knew of, its own lineage's and others'. */
  readonly others: readonly BuildEntryRef[];
}

export const MANIFEST_NAME = 'build/manifest.json';
/** Bytes of a manifest. */
export const MAX_MANIFEST = 64 * 1024;
export const MAX_OTHERS = 200;

const KEY = /^modgate-build-v1-[a-z0-9._-]{1,200}$/;

export function formatManifest({ created, bytes, others }: BuildManifest): Buffer {
  const rows = others
    .toSorted((a, b) => b.until - a.until)
    .slice(0, MAX_OTHERS)
    .map(({ key, bytes: size, until }) => [key, size, Math.floor(until)]);
  return Buffer.from(`${JSON.stringify({ v: 1, created: Math.floor(created), bytes, others: rows })}\n`);
}

/** Reads what anybody may have written. Throws BundleError `not-a-bundle`, which quotes nothing of it. */
export function parseManifest(text: Buffer): BuildManifest {
  const value = text.length > MAX_MANIFEST ? undefined : parseJson(text.toString('utf8'));
  const { v, created, bytes, others } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (v !== 1 || !isCount(created) || !isCount(bytes) || !Array.isArray(others) || others.length > MAX_OTHERS)
    throw notOurs();
  return { v, created, bytes, others: others.map(parseRef) };
}

function parseRef(value: unknown): BuildEntryRef {
  const [key, bytes, until] = Array.isArray(value) && value.length === 3 ? (value as unknown[]) : [];
  if (typeof key !== 'string' || !KEY.test(key) || !isCount(bytes) || !isCount(until)) throw notOurs();
  return { key, bytes, until };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

export function notOurs(): BundleError {
  return new BundleError(
    'not-a-bundle',
    'it does not begin with the manifest of a build cache; the next save replaces it',
  );
}
