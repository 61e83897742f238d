import { type Body, FinalBody, WrongBody, words } from './body.ts';
import type { HttpAnswer, HttpClient } from './http.ts';
import { HostRefused, NotSent, RedirectError } from './http.ts';
import {
  type Failure,
  headersLimit,
  nextDelay,
  type Patience,
  parseRetryAfter,
  stallLimit,
} from './patience.ts';
import { FileSink, isLocal, MemorySink, type Sink, SinkError } from './sink.ts';

export { type Body, bodyBytes, FinalBody, WrongBody } from './body.ts';

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
  /** An earlier body, which is checked again where the upstream says that it has not changed. In memory only. */
  readonly kept?: { readonly etag: string; readonly bytes: Buffer };
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
  /** Takes secrets out of what an upstream says. */
  readonly redact: (text: string) => string;
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
          const value = await spec.check({ ...(await sink.finish(attempt.encoding)), etag: validator });
          keep = true;
          return { state: 'ok', value, failures };
        } catch (error) {
          if (error instanceof SinkError) throw error.cause;
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
    // Once: an upstream that takes it amiss is asked without.
    const kept = from === 0 && attempt.n === 0 ? spec.kept : undefined;
    if (kept !== undefined) headers['if-none-match'] = kept.etag;
    arm(headersMs);
    const answer = await deps.http.get({
      url: spec.url,
      headers,
      signal: abort.signal,
      allowH2: attempt.n === 0,
    });
    if (answer.status === 304 && kept !== undefined) {
      answer.body.destroy();
      await sink.write(kept.bytes);
      return { state: 'ok', encoding: undefined, validator: kept.etag };
    }
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
    if (error instanceof HostRefused)
      return failed('refused', error.message, { advice: `next: ${error.advice}` });
    if (isUntrusted(error)) {
      return failed('refused', `its certificate is not trusted: ${words(error)}`, { advice: TRUST });
    }
    const refused = error instanceof RedirectError || error instanceof NotSent;
    return failed(refused ? 'refused' : 'unavailable', words(error));
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
  const text = await errorText(answer, deps.redact).catch(() => undefined);
  if (status === 404 || status === 410 || spec.alsoAbsent?.includes(status) === true) {
    return { state: 'absent', status, text };
  }
  const retryAfterMs = parseRetryAfter(answer.header('retry-after'), deps.now());
  const kind: Failure['kind'] =
    status === 408 || status === 425 || status === 429 || status >= 500
      ? 'unavailable'
      : status === 403 || status < 400
        ? 'refused'
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

/** Names of OpenSSL's and Node's verdicts on a certificate: the next attempt would meet the same one. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET/;
const TRUST =
  'next: name a PEM file with the certificate authority of that host under proxy.ca in .modgate.yaml, or add it to the certificates of the machine';

function isUntrusted(error: unknown): boolean {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: { readonly code?: unknown } };
  return [code, cause?.code].some(name => typeof name === 'string' && UNTRUSTED.test(name));
}

/** First line of a plain-text error body, printable ASCII only: it ends up in go's own error text. */
async function errorText(answer: HttpAnswer, redact: (text: string) => string): Promise<string | undefined> {
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
  const whole = Buffer.concat(parts).subarray(0, ERROR_TEXT).toString('latin1');
  const first = redact(whole).trim().split('\n', 1)[0] ?? '';
  const clean = first.replace(/[^\x20-\x7e]/g, '?').slice(0, 300);
  return clean === '' ? undefined : clean;
}
