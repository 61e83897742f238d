import { quote } from './go-text.ts';
import { canonicalModuleVersion, isRfc3339 } from './version.ts';

/** The `.info` of a version: what a proxy tells of it beside the files that hashes protect. */

export interface VersionInfo {
  /** The canonical version. */
  readonly version: string;
  /** Commit time as the upstream wrote it, RFC 3339. Go takes an info without it. */
  readonly time?: string;
  /** Where the version came from, in the field names of go's JSON. */
  readonly origin?: Readonly<Record<string, string>>;
}

/** `too-large`, `not-json` (an HTML page, say), `bad-field`, or a version other than the one asked for. */
export type InfoErrorCode = 'too-large' | 'not-json' | 'bad-field' | 'wrong-version';

/** An `.info` that must not be passed on. */
export class InfoError extends Error {
  override readonly name = 'InfoError';
  readonly code: InfoErrorCode;
  constructor(code: InfoErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export const MAX_INFO_BYTES = 64 << 10;

/** In the order in which go writes them. */
const ORIGIN_KEYS = ['VCS', 'URL', 'Subdir', 'Hash', 'TagPrefix', 'TagSum', 'Ref', 'RepoSum'] as const;
const MAX_ORIGIN_VALUE = 2048;
const ORIGIN_VALUE = /^[!#-;=?-[\]-_a-~]+$/;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasPassword(url: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*:[^/?#]*@/i.test(url);
}

/** The origin when every field of it is known and sane, else undefined: it only informs, nothing rests on it. */
function readOrigin(value: unknown): Readonly<Record<string, string>> | undefined {
  if (!isObject(value)) return undefined;
  const known: readonly string[] = ORIGIN_KEYS;
  if (Object.keys(value).some(key => !known.includes(key))) return undefined;
  const origin: Record<string, string> = {};
  for (const key of ORIGIN_KEYS) {
    const text = Object.hasOwn(value, key) ? value[key] : undefined;
    if (text === undefined || text === '') continue;
    if (typeof text !== 'string' || text.length > MAX_ORIGIN_VALUE || !ORIGIN_VALUE.test(text))
      return undefined;
    origin[key] = text;
  }
  if (hasPassword(origin.URL ?? '')) return undefined;
  return Object.keys(origin).length > 0 ? origin : undefined;
}

function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  if (bytes.byteLength > MAX_INFO_BYTES) {
    throw new InfoError(
      'too-large',
      `the .info is ${bytes.byteLength} bytes long, more than ${MAX_INFO_BYTES}`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new InfoError('not-json', 'the .info is not JSON', { cause });
  }
  if (!isObject(value)) throw new InfoError('not-json', 'the .info is JSON, but not an object');
  return value;
}

/**
 * Reads an `.info` strictly. Unknown fields are dropped, an origin that is not wholly well-formed is dropped.
 *
 * @param expect.version the canonical version that was asked for; leave it out for a query such as a branch
 * @throws InfoError
 */
export function parseInfo(bytes: Uint8Array, expect: { readonly version?: string } = {}): VersionInfo {
  const value = parseObject(bytes);
  const version = Object.hasOwn(value, 'Version') ? value.Version : undefined;
  if (typeof version !== 'string' || version === '' || canonicalModuleVersion(version) !== version) {
    throw new InfoError('bad-field', 'the .info has no Version that is a canonical module version');
  }
  if (expect.version !== undefined && version !== expect.version) {
    const told = `the .info is of version ${quote(version)}, not of ${quote(expect.version)}`;
    throw new InfoError('wrong-version', told);
  }
  const time = Object.hasOwn(value, 'Time') ? (value.Time ?? undefined) : undefined;
  if (time !== undefined && (typeof time !== 'string' || !isRfc3339(time))) {
    throw new InfoError('bad-field', 'the Time of the .info is not an RFC 3339 time');
  }
  const origin = Object.hasOwn(value, 'Origin') ? readOrigin(value.Origin) : undefined;
  return { version, ...(time !== undefined && { time }), ...(origin !== undefined && { origin }) };
}

/** Writes an `.info` anew: Version, Time, Origin, without white space, as go itself does. */
export function formatInfo(info: VersionInfo): Buffer {
  const { version, time, origin } = info;
  const ordered: Record<string, string> = {};
  for (const key of ORIGIN_KEYS) {
    const value = origin?.[key];
    if (value !== undefined) ordered[key] = value;
  }
  const hasOrigin = Object.keys(ordered).length > 0;
  return Buffer.from(
    JSON.stringify({ Version: version, Time: time, Origin: hasOrigin ? ordered : undefined }),
  );
}
