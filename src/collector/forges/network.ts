import { retryAfter } from '../../audit/retry.ts';
import type { Send, WebAnswer } from '../../audit/targets/http.ts';
import { oneLine } from '../../platform/escape.ts';
import { Gate } from '../../store/gate.ts';
import { ForgeError, type ForgeErrorCode } from './errors.ts';

export interface NetworkOptions {
  /** Base of the REST interface, without a slash at the end. */
  readonly api: string;
  readonly token: string | undefined;
  readonly send: Send;
  /** ms since 1970. */
  readonly now: () => number;
  /** Rejects when the signal fires. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
}

/** Questions to one forge: two at a time, not while it wants a pause, and with the token for its own address alone. */
export interface ForgeNetwork {
  /** Throws ForgeError for all that is no success. */
  get(url: URL, accept: string | undefined): Promise<WebAnswer>;
  pausedUntil(): number;
  close(): void;
}

const CONCURRENCY = 2;
const REQUEST_MS = 30_000;
/** How often a request is made that fails by the forge's own trouble, and the first pause after it, ms. */
const TRIES = 3;
const PAUSE_MS = 500;
const MAX_REDIRECTS = 3;
/** A forge that does not say how long to wait, and the longest that one may have us wait at once, ms. */
const LIMITED_MS = 60_000;
const MAX_LIMITED_MS = 2 * 60 * 60_000;
/** Times that one request is put off by a limit before it is given up. */
const MAX_LIMITED = 8;
const MAX_WORDS = 200;

const BY_STATUS: Readonly<Record<number, ForgeErrorCode>> = {
  401: 'token',
  403: 'denied',
  404: 'absent',
  410: 'absent',
  422: 'absent',
  451: 'absent',
  500: 'failed',
};

export function forgeNetwork({ api, token, send, now, sleep, random }: NetworkOptions): ForgeNetwork {
  const { origin } = new URL(api);
  const ending = new AbortController();
  const gate = new Gate(CONCURRENCY);
  let paused = 0;

  const closing = (): ForgeError =>
    new ForgeError('closing', `${origin} is not asked any more: this is the end`);

  const rest = async (ms: number): Promise<void> => {
    await sleep(ms, ending.signal).catch(() => {});
    if (ending.signal.aborted) throw closing();
  };

  const ask = async (url: URL, accept: string | undefined): Promise<WebAnswer> => {
    let target = url;
    let failures = 0;
    let limited = 0;
    for (let redirects = 0; ; ) {
      if (target.origin !== origin) {
        throw new ForgeError(
          'failed',
          `${origin} points to ${target.origin}, which gets no question of ours`,
        );
      }
      for (let left = paused - now(); left > 0; left = paused - now()) await rest(left);
      if (ending.signal.aborted) throw closing();
      const answer = await once(target, accept).catch((error: unknown) => {
        if (ending.signal.aborted) throw closing();
        if (++failures < TRIES) return undefined;
        throw new ForgeError('down', `${origin} does not answer: ${reason(error)}`, { cause: error });
      });
      if (answer === undefined) {
        await rest(PAUSE_MS * 2 ** failures * (0.5 + random() / 2));
        continue;
      }
      const wait = pauseWanted(answer, now());
      if (wait !== undefined) paused = Math.max(paused, now() + Math.min(wait, MAX_LIMITED_MS));
      const { status } = answer;
      if (status >= 200 && status < 300) {
        if (/\bjson\b/i.test(answer.header('content-type') ?? '')) return answer;
        throw new ForgeError(
          'failed',
          `${origin} answered ${oneLine(target.pathname)} with a page instead of JSON`,
          {
            status,
          },
        );
      }
      const location = status >= 301 && status <= 308 ? answer.header('location') : undefined;
      if (location !== undefined && ++redirects <= MAX_REDIRECTS && URL.canParse(location, target.href)) {
        target = new URL(location, target);
        continue;
      }
      if (wait !== undefined && (status === 403 || status === 429)) {
        if (++limited < MAX_LIMITED) continue;
        throw refused('down', target, answer);
      }
      if (status < 500) throw refused(BY_STATUS[status] ?? 'failed', target, answer);
      if (++failures >= TRIES) throw refused(status === 500 ? 'failed' : 'down', target, answer);
      await rest(PAUSE_MS * 2 ** failures * (0.5 + random() / 2));
    }
  };

  const once = (url: URL, accept: string | undefined): Promise<WebAnswer> =>
    send({
      method: 'GET',
      url,
      headers: {
        accept: accept ?? 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      signal: AbortSignal.any([ending.signal, AbortSignal.timeout(REQUEST_MS)]),
    });

  return {
    get: (url, accept) => gate.run(() => ask(url, accept)),
    pausedUntil: () => (paused > now() ? paused : 0),
    close: () => ending.abort(),
  };
}

/**
 * How long a forge wants to be left alone after an answer, ms: it refused for the number of requests, or this one was
 * the last that it allows for now. Undefined when it says nothing of the kind.
 */
export function pauseWanted({ status, header, body }: WebAnswer, now: number): number | undefined {
  const refused = status === 403 || status === 429 || status === 503;
  const asked = refused ? retryAfter(header('retry-after'), now) : undefined;
  if (asked !== undefined) return asked;
  const remaining = header('x-ratelimit-remaining') ?? header('ratelimit-remaining');
  const reset = Number(header('x-ratelimit-reset') ?? header('ratelimit-reset') ?? Number.NaN);
  if (remaining === '0') return Number.isFinite(reset) ? Math.max(1000, reset * 1000 - now) : LIMITED_MS;
  if (status === 429) return LIMITED_MS;
  // What GitHub calls a secondary limit has no number left over and sometimes no time either.
  if (status === 403 && /\brate limit\b/i.test(body.toString('utf8', 0, 4096))) return LIMITED_MS;
  return undefined;
}

function refused(code: ForgeErrorCode, url: URL, { status, body }: WebAnswer): ForgeError {
  const said = wordsIn(body);
  return new ForgeError(
    code,
    `${url.origin} answered ${status} to ${oneLine(url.pathname).slice(0, MAX_WORDS)}${said === '' ? '' : `: ${said}`}`,
    { status },
  );
}

function wordsIn(body: Buffer): string {
  try {
    const { message, error } = JSON.parse(body.toString('utf8')) as { message?: unknown; error?: unknown };
    const words = [message, error].find(one => typeof one === 'string') as string | undefined;
    return oneLine(words ?? '').slice(0, MAX_WORDS);
  } catch {
    return '';
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `nothing came within ${REQUEST_MS / 1000} s`;
  return oneLine(error.message || (error as NodeJS.ErrnoException).code || error.name).slice(0, MAX_WORDS);
}
