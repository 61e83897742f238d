import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { HttpAnswer, HttpClient } from './http.ts';
import { RedirectError } from './http.ts';
import {
  type Failure,
  headersLimit,
  nextDelay,
  type Patience,
  parseRetryAfter,
  stallLimit,
} from './patience.ts';

/** A body that came in whole: in memory, or in the temp file that the caller named. */
export type Body = { readonly bytes: Buffer } | { readonly file: string; readonly size: number };

/** Thrown by a check: the bytes are not what was asked for. The transfer is tried again from the start. */
export class WrongBody extends Error {
  override readonly name = 'WrongBody';
}

/** Thrown by a check or the transfer: no later attempt could do better (over the size limit). */
export class FinalBody extends Error {
  override readonly name = 'FinalBody';
}

export interface TransferSpec<T> {
  readonly url: URL;
  /** Most bytes that are taken. */
  readonly limit: number;
  /** Where the body goes; in memory when undefined. The file is removed unless the transfer succeeds. */
  readonly file?: string;
  readonly patience: Patience;
  /** Turns the body into what the caller wants, or throws WrongBody. */
  readonly check: (body: Body) => Promise<T> | T;
  /** Statuses beside 404 and 410 that mean "I have no such thing" here (a 403 of some mirrors). */
  readonly alsoAbsent?: readonly number[];
  /** Asked before every attempt after the first: true ends the transfer (the bytes came another way). */
  readonly abandon?: () => Promise<boolean> | boolean;
  readonly signal?: AbortSignal;
}

export type Transferred<T> =
  | { readonly state: 'ok'; readonly value: T; readonly failures: readonly Failure[] }
  | {
      readonly state: 'absent';
      readonly status: number;
      readonly text: string | undefined;
      readonly failures: readonly Failure[];
    }
  | { readonly state: 'failed'; readonly failures: readonly Failure[] }
  | { readonly state: 'abandoned'; readonly failures: readonly Failure[] };

export interface TransferDeps {
  readonly http: HttpClient;
  readonly now: () => number;
  readonly random: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Longest text of an upstream's error answer that is passed on, bytes. */
const ERROR_TEXT = 2048;

/**
 * Fetches one body with retries, resume by Range and a stall time-out on progress. Never rejects for
 * anything the upstream does; rejects when the local disk fails.
 */
export async function transfer<T>(spec: TransferSpec<T>, deps: TransferDeps): Promise<Transferred<T>> {
  const failures: Failure[] = [];
  const sink = spec.file === undefined ? new MemorySink() : await FileSink.open(spec.file);
  let keep = false;
  let lastProgress = deps.now();
  let validator: string | undefined;
  let resumable = false;
  try {
    for (;;) {
      const delay = nextDelay(spec.patience, failures, deps.now() - lastProgress, deps.random());
      if (delay === undefined || spec.signal?.aborted === true) return { state: 'failed', failures };
      if (failures.length > 0) {
        await deps.sleep(delay, spec.signal);
        if ((await spec.abandon?.()) === true) return { state: 'abandoned', failures };
      }
      const before = sink.size;
      const attempt: AttemptResult = await attemptOnce(spec, deps, sink, {
        n: failures.length,
        validator,
        resumable,
      });
      validator = attempt.validator ?? validator;
      resumable = attempt.resumable ?? resumable;
      if (attempt.state === 'absent') {
        return { state: 'absent', status: attempt.status, text: attempt.text, failures };
      }
      if (attempt.state === 'ok') {
        try {
          const value = await spec.check(await sink.finish(attempt.encoding));
          keep = true;
          return { state: 'ok', value, failures };
        } catch (error) {
          if (!(error instanceof WrongBody || error instanceof FinalBody)) throw error;
          failures.push({
            kind: error instanceof FinalBody ? 'final' : 'wrong',
            message: error.message,
            progress: false,
          });
          await sink.reset();
          validator = undefined;
          resumable = false;
          continue;
        }
      }
      const progress = attempt.failure.progress && sink.size > before;
      if (progress) lastProgress = deps.now();
      failures.push({ ...attempt.failure, progress });
      if (!resumable || attempt.failure.kind === 'wrong') await sink.reset();
    }
  } finally {
    await sink.close(keep);
  }
}

interface Attempt {
  readonly n: number;
  readonly validator: string | undefined;
  readonly resumable: boolean;
}

type AttemptResult = { readonly validator?: string | undefined; readonly resumable?: boolean } & (
  | { readonly state: 'ok'; readonly encoding: string | undefined }
  | { readonly state: 'absent'; readonly status: number; readonly text: string | undefined }
  | { readonly state: 'failed'; readonly failure: Failure }
);

async function attemptOnce<T>(
  spec: TransferSpec<T>,
  deps: TransferDeps,
  sink: Sink,
  attempt: Attempt,
): Promise<AttemptResult> {
  const abort = new AbortController();
  const onAbort = () => abort.abort();
  spec.signal?.addEventListener('abort', onAbort, { once: true });
  let stalled = false;
  let timer: NodeJS.Timeout | undefined;
  const arm = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      stalled = true;
      abort.abort();
    }, ms);
  };
  const failed = (kind: Failure['kind'], message: string, more: Partial<Failure> = {}): AttemptResult => ({
    state: 'failed',
    failure: { kind, message, progress: false, ...more },
  });
  const headersMs = headersLimit(spec.patience, attempt.n);
  const from = attempt.resumable ? sink.size : 0;
  if (from === 0 && sink.size > 0) await sink.reset();
  try {
    const headers: Record<string, string> = { 'accept-encoding': 'identity' };
    if (from > 0) {
      headers.range = `bytes=${from}-`;
      if (attempt.validator !== undefined) headers['if-range'] = attempt.validator;
    }
    arm(headersMs);
    const answer = await deps.http.get({
      url: spec.url,
      headers,
      signal: abort.signal,
      allowH2: attempt.n === 0,
    });
    const declared = Number(answer.header('content-length') ?? Number.NaN);
    const most = Number.isNaN(declared) ? spec.limit : declared;
    const stallMs = stallLimit(spec.patience, attempt.n, most);
    const status = answer.status;
    if (status === 206 && from > 0) {
      const start = /^bytes (\d+)-/.exec(answer.header('content-range') ?? '')?.[1];
      if (start === undefined || Number(start) !== from) {
        answer.body.destroy();
        await sink.reset();
        return { ...failed('wrong', 'resumed at another place than asked for'), resumable: false };
      }
    } else if (status === 200) {
      if (from > 0) await sink.reset();
    } else {
      return await refusal(spec, answer, deps, () => arm(stallMs));
    }
    const encoding = answer.header('content-encoding');
    const etag = answer.header('etag');
    const validator = etag !== undefined && !etag.startsWith('W/') ? etag : undefined;
    const resumable = encoding === undefined || encoding === 'identity';
    if (declared > spec.limit) {
      answer.body.destroy();
      return failed('final', `the answer has ${declared} bytes, more than the ${spec.limit} that go accepts`);
    }
    const startSize = sink.size;
    try {
      arm(stallMs);
      for await (const chunk of answer.body) {
        arm(stallMs);
        if (sink.size + (chunk as Buffer).length > spec.limit) {
          return failed('final', `the answer has more than the ${spec.limit} bytes that go accepts`);
        }
        await sink.write(chunk as Buffer);
      }
      if (!Number.isNaN(declared) && sink.size - startSize !== declared) {
        throw new Error(`body ended after ${sink.size - startSize} of ${declared} bytes`);
      }
    } catch (error) {
      if (error instanceof SinkError) throw error.cause;
      const message = stalled
        ? `no byte for ${stallMs / 1000} s in the middle of a body`
        : `transfer broke after ${sink.size} bytes (${words(error)})`;
      const progress = sink.size > startSize;
      return { ...failed(stalled ? 'stalled' : 'unavailable', message, { progress }), validator, resumable };
    } finally {
      answer.body.destroy();
    }
    return { state: 'ok', encoding, validator, resumable };
  } catch (error) {
    if (isLocal(error)) throw error;
    if (stalled) return failed('stalled', `no answer within ${headersMs / 1000} s`);
    if (spec.signal?.aborted === true) return failed('final', 'the session is ending');
    const kind = error instanceof RedirectError ? 'wrong' : 'unavailable';
    return failed(kind, words(error));
  } finally {
    clearTimeout(timer);
    spec.signal?.removeEventListener('abort', onAbort);
  }
}

async function refusal<T>(
  spec: TransferSpec<T>,
  answer: HttpAnswer,
  deps: TransferDeps,
  rearm: () => void,
): Promise<AttemptResult> {
  rearm();
  const { status } = answer;
  const text = await errorText(answer).catch(() => undefined);
  if (status === 404 || status === 410 || spec.alsoAbsent?.includes(status) === true) {
    return { state: 'absent', status, text };
  }
  const retryAfterMs = parseRetryAfter(answer.header('retry-after'), deps.now());
  const kind: Failure['kind'] =
    status === 408 || status === 425 || status === 429 || status >= 500
      ? 'unavailable'
      : status === 403 || status < 400
        ? status === 403
          ? 'refused'
          : 'wrong'
        : 'final';
  return {
    state: 'failed',
    failure: {
      kind,
      message: `HTTP ${status}`,
      status,
      progress: false,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(text === undefined ? {} : { text }),
    },
  };
}

/** First line of a plain-text error body, printable ASCII only: it ends up in go's own error text. */
async function errorText(answer: HttpAnswer): Promise<string | undefined> {
  const plain = /^text\/plain\b/i.test(answer.header('content-type') ?? '');
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    parts.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > ERROR_TEXT) break;
  }
  answer.body.destroy();
  if (!plain) return undefined;
  const first =
    Buffer.concat(parts).subarray(0, ERROR_TEXT).toString('latin1').trim().split('\n', 1)[0] ?? '';
  const clean = first.replace(/[^\x20-\x7e]/g, '?').slice(0, 300);
  return clean === '' ? undefined : clean;
}

function words(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : undefined;
  const code = (error as NodeJS.ErrnoException).code ?? (cause as NodeJS.ErrnoException | undefined)?.code;
  const text = error.message === '' ? (cause?.message ?? error.name) : error.message;
  const clean = text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
  return code === undefined || clean.includes(code) ? clean : `${clean} (${code})`;
}

/** The local disk failed: not the upstream's fault, so no retry can help. */
class SinkError extends Error {
  override readonly name = 'SinkError';
}

function isLocal(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EROFS' || code === 'EIO' || code === 'EMFILE';
}

interface Sink {
  readonly size: number;
  write(chunk: Buffer): Promise<void>;
  reset(): Promise<void>;
  finish(encoding: string | undefined): Promise<Body>;
  close(keep: boolean): Promise<void>;
}

const GZIP_MAGIC = [0x1f, 0x8b] as const;
/** Small files inflate to this at most; zips are never sent gzipped by any known mirror. */
const INFLATE_LIMIT = 600 * 1024 * 1024;

class MemorySink implements Sink {
  size = 0;
  #parts: Buffer[] = [];
  async write(chunk: Buffer): Promise<void> {
    this.#parts.push(chunk);
    this.size += chunk.length;
  }
  async reset(): Promise<void> {
    this.#parts = [];
    this.size = 0;
  }
  async finish(encoding: string | undefined): Promise<Body> {
    const bytes = Buffer.concat(this.#parts, this.size);
    // The header alone is not believed: a mirror that says gzip and sends the plain file is common enough.
    if (encoding !== 'gzip' || bytes[0] !== GZIP_MAGIC[0] || bytes[1] !== GZIP_MAGIC[1]) return { bytes };
    const { gunzip } = await import('node:zlib');
    return await new Promise<Body>((resolve, reject) => {
      gunzip(bytes, { maxOutputLength: 64 * 1024 * 1024 }, (error, out) => {
        if (error) reject(new WrongBody(`the gzip encoding of the answer is broken (${words(error)})`));
        else resolve({ bytes: out });
      });
    });
  }
  async close(): Promise<void> {}
}

class FileSink implements Sink {
  size = 0;
  readonly #path: string;
  #handle: FileHandle | undefined;
  constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }
  static async open(path: string): Promise<FileSink> {
    return new FileSink(path, await open(path, 'w', 0o644));
  }
  async write(chunk: Buffer): Promise<void> {
    try {
      this.#handle ??= await open(this.#path, 'w', 0o644);
      await this.#handle.write(chunk, 0, chunk.length, this.size);
    } catch (error) {
      throw new SinkError('write failed', { cause: error });
    }
    this.size += chunk.length;
  }
  async reset(): Promise<void> {
    this.#handle ??= await open(this.#path, 'w', 0o644);
    await this.#handle.truncate(0);
    this.size = 0;
  }
  async finish(encoding: string | undefined): Promise<Body> {
    await this.#handle?.close();
    this.#handle = undefined;
    if (encoding === 'gzip' && (await startsWith(this.#path, GZIP_MAGIC))) {
      const plain = `${this.#path}.plain`;
      const { createGunzip } = await import('node:zlib');
      let out = 0;
      const meter = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          out += chunk.length;
          done(out > INFLATE_LIMIT ? new Error('inflates to more than go accepts') : null, chunk);
        },
      });
      try {
        await pipeline(createReadStream(this.#path), createGunzip(), meter, createWriteStream(plain));
      } catch (error) {
        await rm(plain, { force: true });
        if (isLocal(error)) throw error;
        throw new WrongBody(`the gzip encoding of the answer is broken (${words(error)})`);
      }
      await rename(plain, this.#path);
      return { file: this.#path, size: (await stat(this.#path)).size };
    }
    return { file: this.#path, size: this.size };
  }
  async close(keep: boolean): Promise<void> {
    await this.#handle?.close().catch(() => undefined);
    if (!keep) await rm(this.#path, { force: true });
  }
}

async function startsWith(path: string, magic: readonly number[]): Promise<boolean> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(magic.length), 0, magic.length, 0);
    return bytesRead === magic.length && magic.every((byte, i) => buffer[i] === byte);
  } finally {
    await handle.close();
  }
}

/** Body as bytes, wherever it is. */
export async function bodyBytes(body: Body): Promise<Buffer> {
  return 'bytes' in body ? body.bytes : await readFile(body.file);
}
