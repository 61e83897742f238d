import { setTimeout as delay } from 'node:timers/promises';
import { orUntrusted, type Trust, UntrustedStore } from '../audit/targets/trust.ts';
import { dispatcherOf } from '../check/comments/network.ts';
import type { Answers } from '../collector/answers.ts';
import { CollectorError } from '../collector/errors.ts';
import { LISTS, type Params, type QuestionName } from '../collector/questions.ts';
import { isReadableOnTheWay } from '../config/audit-store.ts';
import type { Env } from '../platform/types.ts';

/** Longest answer that is read, bytes, and longest that one may take, ms. */
const MAX_ANSWER = 64 * 1024 * 1024;
const ANSWER_MS = 60_000;
/** How long a collector may look for an answer, and the pause before it is asked again, ms. */
const LOOKING_MS = 2 * 60 * 60_000;
const AGAIN_MS = 1_000;
/** Most of a foreign error text that is shown. */
const MAX_WORDS = 500;

export interface CollectorClient {
  /** Asks with parameters as in the query string; the collector checks them. */
  ask<N extends QuestionName>(name: N, params: Params): Promise<Answers[N]>;
  close(): Promise<void>;
}

/**
 * Asks a collector. The token goes to this address only: redirects are not followed. Throws CollectorError: `settings`
 * for a token that could be read on its way, `question`, `refused` and `unreachable` for what the collector said.
 */
export async function collectorClient({
  url,
  token,
  env,
  trust,
  onLooking,
}: {
  /** Without a slash at the end. */
  readonly url: string;
  readonly token: string | undefined;
  readonly env: Env;
  /** Without it what the machine trusts. */
  readonly trust?: Trust;
  /** How far a collector is that looks for the answer; it is asked again until it has found it. */
  readonly onLooking: (text: string) => void;
}): Promise<CollectorClient> {
  if (token !== undefined && isReadableOnTheWay(url)) {
    throw new CollectorError(
      'settings',
      `the token would go to ${url} over plain http, where others can read it; ask over https`,
    );
  }
  const { request } = await import('undici');
  const dispatcher = await dispatcherOf(env, url.startsWith('https:') ? await trust?.authorities() : []);
  return {
    async ask<N extends QuestionName>(name: N, params: Params): Promise<Answers[N]> {
      const query = new URLSearchParams(params).toString();
      const until = Date.now() + LOOKING_MS;
      for (;;) {
        const { status, body } = await answerOf(`${url}/v1/${name}${query === '' ? '' : `?${query}`}`);
        if (status === 200) return checked(name, parse(url, body));
        if (status !== 503 || errorIn(body)?.code !== 'looking' || Date.now() > until) {
          throw refusal(url, status, body);
        }
        onLooking(errorIn(body)?.message ?? '');
        await delay(AGAIN_MS);
      }
    },
    close: () => dispatcher.close(),
  };

  async function answerOf(address: string): Promise<{ readonly status: number; readonly body: string }> {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const headers = {
      accept: 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    try {
      const { statusCode, body } = await request(address, { dispatcher, headers, signal });
      const parts: Buffer[] = [];
      let length = 0;
      for await (const part of body) {
        length += (part as Buffer).length;
        if (length > MAX_ANSWER) throw new Error(`the answer has more than ${MAX_ANSWER} bytes`);
        parts.push(part as Buffer);
      }
      return { status: statusCode, body: Buffer.concat(parts).toString() };
    } catch (thrown) {
      const error = await orUntrusted(thrown, new URL(address), trust);
      if (error instanceof UntrustedStore) {
        throw new CollectorError('unreachable', `the audit store ${url} ${error.message}`, { cause: error });
      }
      throw new CollectorError(
        'unreachable',
        `the audit store ${url} did not answer: ${reasonOf(error)}; look whether it runs and whether this machine reaches it`,
        { cause: error },
      );
    }
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `nothing came within ${ANSWER_MS / 1000} s`;
  const { code } = error as NodeJS.ErrnoException;
  return error.message || code || error.name;
}

function refusal(url: string, status: number, body: string): CollectorError {
  const told = errorIn(body)?.message;
  const words = told === undefined ? '' : `: ${told.slice(0, MAX_WORDS)}`;
  if (status === 400 || status === 404)
    return new CollectorError('question', `the audit store ${url} said ${status}${words}`);
  if (status === 401 || status === 403) {
    return new CollectorError(
      'refused',
      `the audit store ${url} said ${status}${words}; set MODGATE_READ_TOKEN to the token of a reader`,
    );
  }
  return new CollectorError('unreachable', `the audit store ${url} said ${status}${words}; ask again later`);
}

function errorIn(body: string): { readonly code: unknown; readonly message: string } | undefined {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: unknown; message?: unknown } };
    return typeof error?.message === 'string' ? { code: error.code, message: error.message } : undefined;
  } catch {
    return undefined;
  }
}

function parse(url: string, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new CollectorError(
      'unreachable',
      `what answers at ${url} is no audit store: its answer is no JSON`,
    );
  }
}

/** What is printed is escaped wherever it comes from; here only that there is something to print. */
function checked<N extends QuestionName>(name: N, answer: unknown): Answers[N] {
  const whole = typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : {};
  const right = LISTS[name].every(key => {
    const list = whole[key];
    return Array.isArray(list) && list.every(row => typeof row === 'object' && row !== null);
  });
  if (right) return answer as Answers[N];
  throw new CollectorError(
    'unreachable',
    `the answer to ${name} is none: ${LISTS[name].join(', ')} is not there`,
  );
}
