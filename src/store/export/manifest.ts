import { isH1 } from '../../gomod/sum.ts';
import { goModH1 } from '../digest.ts';
import type { FileFacts, Representation, Voucher } from '../types.ts';
import { ExportError } from './errors.ts';
import { comparePlaces, type ExportKey, exportKey, maxSizeOf, type Place, placeOf } from './keys.ts';

/** What the first line of a manifest tells of all the others. */
export interface ExportHead {
  /** Number of files, which is that of the lines that follow. */
  readonly files: number;
  /** Sum of their sizes in bytes. */
  readonly bytes: number;
  /** Number of module versions of which there is a zip. */
  readonly versions: number;
}

/** One file of an export; the digest is lower-case hex SHA-256. */
export interface ExportedFile extends FileFacts {
  readonly key: string;
  /** Of a zip or go.mod, as the exporting store had it. */
  readonly h1?: string;
  /** Who vouched for that h1 in the exporting store. */
  readonly by?: Voucher;
  /** Of a zip that is not the bytes that the upstream has: `stored`. */
  readonly representation?: Representation;
}

/** A file with what its key stands for. */
export interface ListedFile extends ExportedFile {
  readonly means: ExportKey;
}

/** Longer than any line of a version that Go's limits of paths and versions allow. */
export const MAX_LINE = 8 * 1024;
/** Most bytes of a manifest: some millions of files. */
export const MAX_MANIFEST_SIZE = 512 * 1024 * 1024;
/** Most files of an export. */
export const MAX_FILES = 4_000_000;

const FORMAT = 'modgate-export';
const VOUCHERS: readonly string[] = ['sumdb', 'gosum', 'first-seen'] satisfies Voucher[];

/** The first line, without its newline. */
export function formatHead({ files, versions, bytes }: ExportHead): string {
  return JSON.stringify({ [FORMAT]: 1, files, versions, bytes });
}

/** The line of one file, without its newline; equal files are equal lines. */
export function formatFile({ key, size, sha256, h1, by, representation }: ExportedFile): string {
  return JSON.stringify({ key, size, sha256, h1, by, representation });
}

/** Throws ExportError `not-an-export`. */
export function parseHead(line: string): ExportHead {
  const value = parseObject(line);
  const { files, versions, bytes } = value ?? {};
  if (value?.[FORMAT] !== 1) {
    const other =
      typeof value?.[FORMAT] === 'number' ? 'it is of a version that this modgate does not know' : undefined;
    throw refusal(other ?? 'its first line is not that of a manifest');
  }
  if (!isCount(files) || !isCount(versions) || !isCount(bytes) || files > MAX_FILES || versions > files) {
    throw refusal('its first line does not tell numbers that can be');
  }
  if (formatHead({ files, versions, bytes }) !== line)
    throw refusal('its first line is not as modgate writes it');
  return { files, versions, bytes };
}

/** Reads the lines after the first one that anybody may have written: each strictly, in order, and as many as told. */
export class ManifestLines {
  readonly #head: ExportHead;
  #last: Place | undefined;
  #files = 0;
  #bytes = 0;
  #zips = 0;

  constructor(head: ExportHead) {
    this.#head = head;
  }

  /** The next line, without its newline. Throws ExportError `not-an-export`. */
  take(line: string): ListedFile {
    this.#files += 1;
    const number = this.#files + 1;
    if (this.#files > this.#head.files)
      throw refusal(`it has more lines than the ${this.#head.files} it tells of`);
    const file = parseFile(line);
    if (file === undefined || formatFile(file) !== line)
      throw refusal(`its line ${number} tells of no file that an export has`);
    const place = placeOf(file.key, file.means);
    if (this.#last !== undefined && comparePlaces(this.#last, place) >= 0) {
      throw refusal(`its line ${number} is out of order, or names a file for the second time`);
    }
    this.#last = place;
    this.#bytes += file.size;
    if (file.means.what === 'zip') this.#zips += 1;
    return file;
  }

  /** No more lines. Throws ExportError `not-an-export`. */
  end(): void {
    const { files, bytes, versions } = this.#head;
    if (this.#files !== files) throw refusal(`it has ${this.#files} lines and tells of ${files}`);
    if (this.#bytes !== bytes || this.#zips !== versions)
      throw refusal('its first line does not fit the others');
  }
}

function parseFile(line: string): ListedFile | undefined {
  const value = parseObject(line);
  if (value === undefined) return undefined;
  const { key, size, sha256, h1, by, representation } = value;
  if (typeof key !== 'string' || typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256))
    return undefined;
  const means = exportKey(key);
  if (means === undefined || !isCount(size) || size > maxSizeOf(means)) return undefined;
  const hashed = means.what === 'zip' || means.what === 'mod';
  if (h1 !== undefined && !(hashed && typeof h1 === 'string' && isH1(h1))) return undefined;
  if (means.what === 'mod' && h1 !== undefined && h1 !== goModH1(sha256)) return undefined;
  if (by !== undefined && !(h1 !== undefined && typeof by === 'string' && VOUCHERS.includes(by)))
    return undefined;
  if (representation !== undefined && !(means.what === 'zip' && representation === 'stored'))
    return undefined;
  return {
    key,
    size,
    sha256,
    means,
    ...(h1 === undefined ? {} : { h1: h1 as string }),
    ...(by === undefined ? {} : { by: by as Voucher }),
    ...(representation === undefined ? {} : { representation }),
  };
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);
}

function refusal(why: string): ExportError {
  return new ExportError(
    'not-an-export',
    `the manifest of the export was not accepted: ${why}; nothing more of it is used`,
  );
}
