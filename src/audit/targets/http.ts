import type { Agent as HttpAgent } from 'node:http';
import { isPlainLoopback } from '../../config/loopback.ts';
import { oneLine } from '../../platform/escape.ts';
import { createHttp } from '../../platform/http.ts';
import { Agent, request } from '../../platform/node-http.ts';
import type { Env } from '../../platform/types.ts';
import { DeliveryError, type DeliveryErrorCode } from '../errors.ts';
import { retryAfter } from '../retry.ts';
import { orUntrusted, type Trust } from './trust.ts';

export interface WebRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly signal: AbortSignal;
}

export interface WebAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
}

/**
 * One request to a store, no redirect followed. Rejects on network trouble, and for an answer past its bound; with
 * UntrustedStore for a certificate of an unknown authority.
 */
export type Send = (request: WebRequest) => Promise<WebAnswer>;

/** Longest answer that is read, bytes: an acknowledgement that refuses a thousand lines has 400 kB. */
const MAX_ANSWER = 1024 * 1024;

export interface SendOptions {
  /** Longest answer that is read, bytes; 1 MiB when not given. */
  readonly maxAnswer?: number;
  /** For the one host that is asked. */
  readonly trust?: Trust | undefined;
}

/**
 * Sends through the job's proxies and with the system's certificates. A store on this machine is spoken to by Node's
 * own client, which is there at once where the other takes 75 ms to load.
 */
export function createSend(env: Env, version: string, options: SendOptions = {}): Send {
  const { maxAnswer = MAX_ANSWER, trust } = options;
  const far = createHttp(env, version, trust?.authorities);
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  return async wanted => {
    if (isPlainLoopback(wanted.url)) return await sendNear(agent, version, wanted, maxAnswer);
    const { status, header, body } = await far(wanted).catch(async (error: unknown) => {
      throw await orUntrusted(error, wanted.url, trust);
    });
    return { status, header, body: await readAll(body, maxAnswer) };
  };
}

async function sendNear(
  agent: HttpAgent,
  version: string,
  wanted: WebRequest,
  maxAnswer: number,
): Promise<WebAnswer> {
  const { url, method, headers, signal, body } = wanted;
  const length = body === undefined ? {} : { 'content-length': String(body.length) };
  const { promise, resolve, reject } = Promise.withResolvers<WebAnswer>();
  const asked = request(
    url,
    { agent, method, signal, headers: { 'user-agent': `modgate/${version}`, ...length, ...headers } },
    answer => {
      const header = (name: string) => {
        const value = answer.headers[name];
        return Array.isArray(value) ? value[0] : value;
      };
      readAll(answer, maxAnswer).then(
        bytes => resolve({ status: answer.statusCode ?? 0, header, body: bytes }),
        reject,
      );
    },
  );
  asked.on('error', reject);
  asked.end(body);
  return await promise;
}

async function readAll(stream: AsyncIterable<Buffer>, max: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > max) throw new Error(`its answer is longer than ${max} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Statuses that pass by themselves. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);
/** Statuses that are about the batch and not about the store. */
const ABOUT_BATCH: ReadonlySet<number> = new Set([400, 409, 422]);

/** What a status that is no success means for the delivery. */
export function codeOfStatus(status: number): DeliveryErrorCode {
  if (PASSING.has(status) || status >= 500) return 'retry';
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 413) return 'too-large';
  return ABOUT_BATCH.has(status) ? 'refused' : 'target';
}

const NEXT: Readonly<Record<DeliveryErrorCode, string>> = {
  retry: 'it is tried again',
  unauthorized: 'see to the token and its rights',
  'too-large': 'let the server take larger bodies',
  refused: 'the batch stays as a file; see the reason, then send it with modgate audit upload',
  target: 'see audit.store: it has to name the store itself, after all redirects',
};

/**
 * The error for an answer that is no success: which store, what it answered, what to do.
 * @param now ms since 1970
 */
export function errorOf(name: string, { status, header, body }: WebAnswer, now: number): DeliveryError {
  const wait = retryAfter(header('retry-after'), now);
  // A collector that does not know the newest key of an issuer yet says when it will.
  const code = status === 401 && wait !== undefined ? 'retry' : codeOfStatus(status);
  const location = status >= 300 && status < 400 ? header('location') : undefined;
  const said = location === undefined ? wordsOf(body) : `it is at ${oneLine(location).slice(0, MAX_WORDS)}`;
  return new DeliveryError(
    code,
    `${name} answered ${status}${said === '' ? '' : `: ${said}`}; ${NEXT[code]}`,
    wait === undefined ? {} : { retryAfterMs: wait },
  );
}

const MAX_WORDS = 300;

/** The message of a JSON error, or the first line of a text; a page says nothing. */
function wordsOf(body: Buffer): string {
  const text = body.toString('utf8', 0, 16 * 1024).trim();
  let words = text.startsWith('<') ? '' : (text.split('\n', 1)[0] ?? '');
  try {
    const { error, message } = JSON.parse(text) as { error?: unknown; message?: unknown };
    const found = (error as { message?: unknown } | undefined)?.message ?? message ?? error;
    if (typeof found === 'string') words = found;
  } catch {
    // A text as it is.
  }
  return oneLine(words).slice(0, MAX_WORDS);
}
