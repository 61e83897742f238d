import { readFile } from 'node:fs/promises';

/** A body that came in whole: in memory, or in the temp file that the caller named. */
export type Body = ({ readonly bytes: Buffer } | { readonly file: string; readonly size: number }) & {
  /** Strong entity tag of an answer over HTTP. */
  readonly etag?: string | undefined;
};

/** Thrown by a check: the bytes are not what was asked for. The transfer is tried again from the start. */
export class WrongBody extends Error {
  override readonly name = 'WrongBody';
}

/** Thrown by a check or the transfer: no later attempt could do better (over the size limit). */
export class FinalBody extends Error {
  override readonly name = 'FinalBody';
}

/** Body as bytes, wherever it is. */
export async function bodyBytes(body: Body): Promise<Buffer> {
  return 'bytes' in body ? body.bytes : await readFile(body.file);
}

/** An error in one line of printable ASCII, with its code. */
export function words(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : undefined;
  const code = (error as NodeJS.ErrnoException).code ?? (cause as NodeJS.ErrnoException | undefined)?.code;
  const text = error.message === '' ? (cause?.message ?? error.name) : error.message;
  const clean = text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
  return code === undefined || clean.includes(code) ? clean : `${clean} (${code})`;
}
