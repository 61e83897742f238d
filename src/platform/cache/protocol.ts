import type { FileHandle } from 'node:fs/promises';

/** An entry that the service named, with the signed URL of its bytes. */
export interface Found {
  readonly key: string;
  readonly url: URL;
}

/** A place for an entry: uploads the archive there and finishes it. Rejects with CacheError. */
export type Fill = (archive: FileHandle, size: number) => Promise<void>;

/** What v1 and v2 do differently. Keys are valid (`isKey`). Everything rejects with CacheError and nothing else. */
export interface Protocol {
  readonly name: 'v1' | 'v2';
  /** First the entry with the key `primary`, then the newest that begins with one of `prefixes`. */
  find(primary: string, prefixes: readonly string[]): Promise<Found | undefined>;
  reserve(key: string): Promise<Fill>;
}

/** Whether a text can be the key of an entry at all. */
export function isKey(key: string): boolean {
  // The service's rules, and nothing that would tear a line of a log.
  return key.length > 0 && key.length <= 512 && !/[,\p{C}]/u.test(key);
}

/** An address that the service gave for bytes, undefined when it is none. */
export function webAddress(text: string | undefined): URL | undefined {
  if (text === undefined || text.length > 16_384 || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined;
}
