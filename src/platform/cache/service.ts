import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpAnswer, HttpRequest, SendHttp } from './http.ts';
import { CacheError, type CacheErrorCode } from './types.ts';
import { networkWords, shown } from './words.ts';

/** What was being done, for messages and for what an answer means. */
export type Step = 'lookup' | 'reserve' | 'upload' | 'finish' | 'download';

/** Limits of time (milliseconds) and size (bytes). */
export interface CacheLimits {
  /** A look-up, a reservation, the end of an upload: each with its retry. */
  readonly callMs: number;
  /** A whole upload. */
  readonly uploadMs: number;
  /** Without a byte going out, or without an answer once all have. */
  readonly uploadStallMs: number;
  /** Without a byte coming in. */
  readonly stallMs: number;
  /** Most bytes of one PUT; more goes in blocks. */
  readonly putBytes: number;
  readonly blockBytes: number;
  /** One PATCH of v1. */
  readonly patchBytes: number;
}

export const LIMITS: CacheLimits = {
  callMs: 10_000,
  uploadMs: 300_000,
  uploadStallMs: 30_000,
  stallMs: 10_000,
  putBytes: 100 * 1024 * 1024,
  blockBytes: 64 * 1024 * 1024,
  patchBytes: 32 * 1024 * 1024,
};

/** The service as every part of the client sees it. */
export interface Service {
  readonly send: SendHttp;
  readonly limits: CacheLimits;
  readonly signal: AbortSignal | undefined;
  /** Values that no message may hold. */
  readonly secrets: readonly string[];
  readonly log: (line: string) => void;
}

const DOING: Record<Step, string> = {
  lookup: 'looking up the shared cache',
  reserve: 'reserving an entry of the shared cache',
  upload: 'uploading to the shared cache',
  finish: 'finishing an entry of the shared cache',
  download: 'downloading from the shared cache',
};

const NEXT: Record<CacheErrorCode, string> = {
  denied: 'what this job may do depends on the event that started it and on cache-mode',
  taken: 'another job has saved or is saving the same modules',
  limited: 'the repository sends too many requests; a later job tries again',
  quota: "the repository's cache storage is full: delete old caches, or set a lower cache.quota",
  gone: 'it was evicted or deleted meanwhile',
  unavailable: 'a later job tries again',
  'bad-answer': 'look whether ACTIONS_RESULTS_URL or ACTIONS_CACHE_URL of this runner is a cache service',
  local: 'look whether something else writes into the directory of the session',
  cancelled: 'nothing is to be done',
};

/** An error with what was done, where, why, and what follows. `why` is shown as it is. */
export function failure(step: Step, code: CacheErrorCode, why: string, host?: string): CacheError {
  const where = host === undefined ? '' : ` at ${host}`;
  return new CacheError(code, `${DOING[step]}${where} failed: ${why}; ${NEXT[code]}`);
}

/**
 * Runs `work` with a signal that ends it at the client's own signal or after `ms`. Whatever it rejects with becomes
 * a CacheError: `cancelled`, `unavailable` for the time and for network trouble.
 */
export async function within<T>(
  service: Service,
  step: Step,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeUp = new AbortController();
  const timer = setTimeout(() => timeUp.abort(), ms);
  const signals = service.signal === undefined ? [timeUp.signal] : [timeUp.signal, service.signal];
  try {
    return await work(AbortSignal.any(signals));
  } catch (error) {
    if (service.signal?.aborted === true) throw failure(step, 'cancelled', 'the session ended');
    if (error instanceof CacheError) throw error;
    if (timeUp.signal.aborted) {
      throw failure(step, 'unavailable', `no answer within ${Math.ceil(ms / 1000)} s`);
    }
    throw failure(step, 'unavailable', networkWords(error, service.secrets));
  } finally {
    clearTimeout(timer);
  }
}

/** Most seconds of a Retry-After that are waited for. */
const MAX_RETRY_AFTER = 2;

/** Milliseconds that a 429 asks to wait, undefined when that is too long or not said. */
export function shortWait(answer: Pick<HttpAnswer, 'status' | 'header'>): number | undefined {
  const seconds = /^\d{1,3}$/.exec(answer.header('retry-after')?.trim() ?? '')?.[0];
  if (answer.status !== 429 || seconds === undefined) return undefined;
  return Number(seconds) <= MAX_RETRY_AFTER ? Number(seconds) * 1000 : undefined;
}

/** A pause that jobs which started together do not take together, milliseconds. */
export function pause(): number {
  return 200 + Math.random() * 300;
}

/**
 * Does `once`, and once more after a 5xx, network trouble or a 429 that asks for a short wait. A CacheError is
 * final, and so is the end of `signal`.
 */
export async function withRetry<T extends Pick<HttpAnswer, 'status' | 'header'>>(
  service: Service,
  step: Step,
  signal: AbortSignal,
  once: () => Promise<T>,
): Promise<T> {
  let wait: number | undefined;
  let why: string;
  try {
    const answer = await once();
    wait = answer.status >= 500 ? pause() : shortWait(answer);
    if (wait === undefined) return answer;
    why = `status ${answer.status}`;
  } catch (error) {
    if (error instanceof CacheError || signal.aborted) throw error;
    wait = pause();
    why = networkWords(error, service.secrets);
  }
  service.log(`${DOING[step]}: ${why}; once more in ${Math.round(wait)} ms`);
  await sleep(wait, undefined, { signal });
  return await once();
}

const MAX_REDIRECTS = 3;

/** A GET that follows redirects, from http to https but never back. Their targets get no `authorization`. */
export async function get(
  service: Service,
  step: Step,
  request: Pick<HttpRequest, 'url' | 'headers' | 'signal'>,
): Promise<HttpAnswer> {
  let { url, headers } = request;
  for (let hop = 0; ; hop++) {
    const answer = await service.send({ method: 'GET', url, headers, signal: request.signal });
    if (![301, 302, 303, 307, 308].includes(answer.status)) return answer;
    answer.body.on('error', () => {}).destroy();
    if (hop >= MAX_REDIRECTS) {
      throw failure(step, 'bad-answer', `more than ${MAX_REDIRECTS} redirects`, request.url.host);
    }
    const location = answer.header('location') ?? '';
    const target = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (target === undefined || !/^https?:$/.test(target.protocol)) {
      throw failure(step, 'bad-answer', 'a redirect to no web address', url.host);
    }
    if (url.protocol === 'https:' && target.protocol === 'http:') {
      throw failure(step, 'bad-answer', `a redirect from https to http at ${target.host}`, url.host);
    }
    url = target;
    const { authorization: _, ...rest } = headers;
    headers = rest;
  }
}

/** An answer of the service itself, read whole. `json` is undefined when it is no JSON. */
export interface ApiAnswer extends Pick<HttpAnswer, 'status' | 'header'> {
  readonly json: unknown;
}

/** Longest answer of the service that is read, bytes. */
const MAX_ANSWER = 1024 * 1024;

/** One request to the service with its retry and its limit of time. Rejects with CacheError. */
export function callService(
  service: Service,
  step: Exclude<Step, 'download' | 'upload'>,
  request: Omit<HttpRequest, 'signal'> & { readonly body?: string },
): Promise<ApiAnswer> {
  return within(service, step, service.limits.callMs, signal =>
    withRetry(service, step, signal, async () => {
      const answer =
        request.method === 'GET'
          ? await get(service, step, { ...request, signal })
          : await service.send({ ...request, signal });
      const text = await readText(answer, step, request.url.host);
      return { status: answer.status, header: answer.header, json: parse(text) };
    }),
  );
}

async function readText(answer: HttpAnswer, step: Step, host: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER)
      throw failure(step, 'bad-answer', `an answer of more than ${MAX_ANSWER} bytes`, host);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A field of an answer by any of its names, when it is a text. */
export function textField(json: unknown, ...names: readonly string[]): string | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  for (const name of names) {
    const value = (json as Record<string, unknown>)[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

/**
 * The error for an answer that is not what was hoped for: a status of 4xx or 5xx, or a refusal inside a 200. The
 * service's own words decide where they are known, the status elsewhere.
 */
export function refused(service: Service, step: Step, answer: ApiAnswer, host: string): CacheError {
  const words = textField(answer.json, 'msg', 'message') ?? '';
  const quote = words === '' ? '' : ` "${shown(words, service.secrets)}"`;
  const said = answer.status === 200 ? `it was refused${quote}` : `status ${answer.status}${quote}`;
  return failure(step, refusalCode(step, answer, words), said, host);
}

function refusalCode(step: Step, answer: ApiAnswer, words: string): CacheErrorCode {
  const { status } = answer;
  if (/insufficient usage/i.test(words)) return 'quota';
  if (/cache (?:read|write) denied/i.test(words)) return 'denied';
  if (step === 'reserve') {
    if (status === 409 || /already exists/i.test(words)) return 'taken';
    // A bare `{"ok":false}` is how the service says that another job holds the key.
    if (status === 200 && words === '') return 'taken';
  }
  if (status === 401 || status === 403) return 'denied';
  if (status === 429) return 'limited';
  if (status >= 500) return 'unavailable';
  if ((status === 404 || status === 410) && step !== 'lookup' && step !== 'reserve') return 'gone';
  return 'bad-answer';
}
