import { hashGoMod } from '../gomod/dirhash.ts';
import { formatInfo, parseInfo } from '../gomod/info.ts';
import { removeQuietly } from '../store/files.ts';
import { HashError, type ZipHash } from '../store/hasher.ts';
import type { FileFacts, FileKind, ModVer, Representation } from '../store/types.ts';
import type { Doubt } from './doubt.ts';
import type { Vouch } from './types.ts';
import { type Body, bodyBytes, FinalBody, WrongBody } from './upstream/transfer.ts';

/** A body that was found right, in the form in which it is kept, and who vouched for it. */
export type Checked =
  | {
      readonly kind: 'info';
      readonly bytes: Buffer;
      readonly origin: Readonly<Record<string, string>> | undefined;
      readonly vouch?: undefined;
    }
  | { readonly kind: 'mod'; readonly bytes: Buffer; readonly h1: string; readonly vouch: Vouch | undefined }
  | {
      readonly kind: 'zip';
      readonly file: string;
      readonly h1: string;
      /** Of `file`. */
      readonly facts: FileFacts;
      readonly representation: Representation;
      /** Of the zip that was fetched. */
      readonly original: FileFacts;
      /** The zip that was fetched, where `file` is another one and `keepOriginal` was asked for. */
      readonly originalFile?: string;
      readonly vouch: Vouch | undefined;
    };

/** What a check needs beside the body. */
export interface CheckDeps {
  /** Undefined for an `.info`, which no hash covers. */
  readonly vouched: Promise<Vouch> | undefined;
  /** Told of the hash of a body that is another one than was first seen. */
  readonly onOther?: (h1: string) => void;
  /** Undefined when the upstream would not be asked again. */
  readonly doubt: Doubt | undefined;
  /** Rejects with HashError. With `storedTo` it writes the stored form there, if that can be had. */
  readonly hashZip: (file: string, storedTo: string | undefined) => Promise<ZipHash>;
  /** Where the stored form of a zip is to go; undefined when the original is what is kept. */
  readonly storedTo?: string | undefined;
  /** Whether the original stays beside its stored form. */
  readonly keepOriginal?: boolean;
}

/**
 * Decides whether a body is the file that was asked for. An `.info` is read by a strict schema and written
 * anew: a flipped bit in it is invisible otherwise. A go.mod and a zip have the hash that somebody vouches for.
 * @throws WrongBody when asking again may help, FinalBody when it cannot
 */
export async function checkBody(mv: ModVer, kind: FileKind, body: Body, deps: CheckDeps): Promise<Checked> {
  if (kind === 'info') {
    const info = wrongUnless(() => parseInfo(mustBytes(body), { version: mv.version }));
    deps.doubt?.(info.time === undefined, 'the .info names no time');
    return { kind, bytes: formatInfo(info), origin: info.origin };
  }
  if (kind === 'mod') {
    const bytes = await bodyBytes(body);
    const h1 = hashGoMod(bytes);
    const vouch = await deps.vouched;
    refuseMismatch(vouch, h1, deps.onOther);
    if (vouch?.state !== 'known') looksLikeGoMod(bytes);
    return { kind, bytes, h1, vouch };
  }
  if (!('file' in body)) throw new WrongBody('a zip came as bytes');
  return await checkZip(body.file, deps);
}

/** Gives the zip in the form that is kept; the file of the other form is gone, unless it is to stay. */
async function checkZip(
  fetched: string,
  { hashZip, vouched, storedTo, keepOriginal, onOther }: CheckDeps,
): Promise<Checked> {
  const found = await hashZip(fetched, storedTo).catch((error: unknown) => {
    throw zipTrouble(error);
  });
  const { h1, sha256, size, stored } = found;
  const original = { sha256, size };
  const vouch = await vouched;
  try {
    refuseMismatch(vouch, h1, onOther);
  } catch (error) {
    if (storedTo !== undefined) await removeQuietly(storedTo);
    throw error;
  }
  const kind = 'zip';
  if (stored === undefined || storedTo === undefined) {
    return { kind, file: fetched, h1, facts: original, representation: 'original', original, vouch };
  }
  if (keepOriginal !== true) await removeQuietly(fetched);
  const kept = keepOriginal === true ? { originalFile: fetched } : {};
  return { kind, file: storedTo, h1, facts: stored, representation: 'stored', original, ...kept, vouch };
}

const WHO = {
  sumdb: 'the checksum database has',
  gosum: 'go.sum has',
  'session-gosum': 'go.sum has',
  'first-seen': 'first seen was',
} as const;

function mustBytes(body: Body): Buffer {
  if ('bytes' in body) return body.bytes;
  throw new WrongBody('a small file came as a file');
}

function refuseMismatch(vouch: Vouch | undefined, h1: string, onOther?: (h1: string) => void): void {
  if (vouch?.state !== 'known' || vouch.h1s.includes(h1)) return;
  if (vouch.by === 'first-seen') onOther?.(h1);
  throw new WrongBody(`checksum mismatch: got ${h1}, ${WHO[vouch.by]} ${vouch.h1s.join(' or ')}`);
}

/** Without a hash to compare with, an error page must at least not pass for a go.mod. */
function looksLikeGoMod(bytes: Buffer): void {
  const text = bytes.toString('latin1');
  if (text.includes('\0') || /^\s*</.test(text) || !/^\s*module\b/m.test(text)) {
    throw new WrongBody('the answer is no go.mod file (it has no module line)');
  }
}

function wrongUnless<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new WrongBody(error instanceof Error ? error.message : String(error));
  }
}

function zipTrouble(error: unknown): Error {
  if (!(error instanceof HashError) || error.code !== 'bad-zip') return error as Error;
  return error.detail === 'too-large' ? new FinalBody(error.message) : new WrongBody(error.message);
}
