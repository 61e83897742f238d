import { constants } from 'node:fs';
import { copyFile, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { redactUrl } from '../../config/redact.ts';
import { ProxyError, type ProxyErrorCode } from '../errors.ts';
import type { Fetched, Wanted } from './direct.ts';
import type { Health } from './health.ts';
import { BRIEF, CONFIRM, type Failure, PATIENT, type Patience } from './patience.ts';
import { type Body, FinalBody, type TransferDeps, transfer, WrongBody } from './transfer.ts';

/** One entry of GOPROXY (or `proxy.upstream`) with what follows it. */
export interface ChainEntry {
  /** `direct`, `off`, or a URL. */
  readonly url: string;
  /** `absent`: a comma follows, only 404 and 410 go on. `any-error`: a pipe follows. */
  readonly fallBackOn: 'absent' | 'any-error';
  /** 403 from this upstream means "I do not know that path". */
  readonly absentOn403?: boolean;
}

/** One file wanted from an upstream. */
export interface Want<T> {
  /** Store-relative escaped path, e.g. `github.com/!burnt!sushi/toml/@v/v1.4.0.info`. */
  readonly path: string;
  /** For messages: what the user would call it. */
  readonly what: string;
  readonly limit: number;
  /** A fresh temp path; undefined keeps the body in memory. */
  readonly tempFile?: () => string;
  /** Throws WrongBody; `again` tells whether that is followed by another attempt. */
  readonly check: (body: Body, again: boolean) => Promise<T> | T;
  /** The same from version control, for a `direct` entry. Rejects with ProxyError. */
  readonly direct?: ((wanted: Pick<Wanted, 'brief'>) => Promise<Fetched>) | undefined;
  /** See `TransferSpec`. */
  readonly kept?: { readonly etag: string; readonly bytes: Buffer };
  /** False for `.info`: go itself goes on to the next entry of a `|` chain after a wrong one. */
  readonly wrongStops: boolean;
}

export interface WalkOptions {
  /** Give up early: there is an older answer to fall back on. */
  readonly brief?: boolean;
  /**
   * There is an answer at hand that one from an upstream is only a little better than: an upstream known to be down is
   * not asked, and one that does not answer this is not taken to be down for what matters more.
   */
  readonly confirming?: boolean;
  /** True ends the walk: the file came another way. */
  readonly abandon?: () => Promise<boolean>;
  readonly signal?: AbortSignal;
}

export type Walked<T> =
  | {
      readonly state: 'ok';
      readonly value: T;
      readonly upstream: string;
      readonly via: 'upstream' | 'vcs';
      readonly retries: number;
    }
  | {
      readonly state: 'absent';
      readonly text: string;
      readonly upstream: string | undefined;
      readonly retries: number;
    }
  | { readonly state: 'abandoned' };

/** Walks a GOPROXY chain for one file, with go's own comma and pipe rules. Rejects with ProxyError only. */
export interface Chain {
  readonly entries: readonly ChainEntry[];
  fetch<T>(want: Want<T>, options?: WalkOptions): Promise<Walked<T>>;
}

export interface ChainDeps extends TransferDeps {
  readonly health: Health;
  /** Told of every failed attempt, for the log. */
  readonly onFailure?: (what: string, upstream: string, failure: Failure) => void;
  /** Why an upstream refused, by those who know what it was shown; undefined leaves it to its status. */
  readonly explain?: (
    url: URL,
    status: number,
  ) => { readonly why: string; readonly next: string } | undefined;
  /** Overrides for tests and the bench. */
  readonly patience?: Patience;
}

/** Joins an escaped path to a GOPROXY base as go does: `!` goes as %21 and a query of the base is kept. */
export function upstreamUrl(base: string, path: string): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${path.replaceAll('!', '%21')}`;
  return url;
}

export function createChain(entries: readonly ChainEntry[], deps: ChainDeps): Chain {
  const fetch = async <T>(want: Want<T>, options: WalkOptions = {}): Promise<Walked<T>> => {
    let absent: { text: string; upstream: string | undefined } | undefined;
    let failed: ProxyError | undefined;
    let retries = 0;
    for (const entry of entries) {
      if (entry.url === 'off') {
        if (failed !== undefined) throw failed;
        const text =
          absent?.text ??
          `module lookup disabled by GOPROXY=off, and the store has no ${want.what}\nnext: run once with an upstream in GOPROXY to fill the store`;
        return { state: 'absent', text, upstream: absent?.upstream, retries };
      }
      const asked = await askEntry(entry, want, options, deps);
      retries += asked.retries;
      if (asked.state === 'ok' || asked.state === 'abandoned') {
        return asked.state === 'ok' ? { ...asked, retries } : asked;
      }
      if (asked.state === 'absent') {
        absent ??= { text: asked.text, upstream: asked.upstream };
        // Version control is where modules come from: what it lacks is absent, whoever was down before it.
        if (entry.url === 'direct') return { state: 'absent', ...absent, retries };
        continue;
      }
      const goesOn = entry.fallBackOn === 'any-error' && !(asked.wrong && want.wrongStops);
      failed ??= asked.error;
      if (!goesOn) throw withRetries(asked.error, retries);
    }
    if (failed !== undefined && absent === undefined) throw withRetries(failed, retries);
    if (absent === undefined) {
      throw new ProxyError('lookup-disabled', 'no upstream is configured: GOPROXY names none');
    }
    // After a | chain went past an outage, a later 404 proves nothing about the entry that was down.
    if (failed !== undefined) throw withRetries(failed, retries);
    return { state: 'absent', ...absent, retries };
  };
  return { entries, fetch };
}

function withRetries(error: ProxyError, retries: number): ProxyError {
  return new ProxyError(error.code, error.message, { upstream: error.upstream, retries, cause: error.cause });
}

type Asked<T> =
  | {
      readonly state: 'ok';
      readonly value: T;
      readonly upstream: string;
      readonly via: 'upstream' | 'vcs';
      readonly retries: number;
    }
  | { readonly state: 'absent'; readonly text: string; readonly upstream: string; readonly retries: number }
  | {
      readonly state: 'failed';
      readonly error: ProxyError;
      readonly wrong: boolean;
      readonly retries: number;
    }
  | { readonly state: 'abandoned'; readonly retries: number };

async function askEntry<T>(
  entry: ChainEntry,
  want: Want<T>,
  options: WalkOptions,
  deps: ChainDeps,
): Promise<Asked<T>> {
  if (entry.url === 'direct') return await askDirect(want, options);
  const upstream = redactUrl(entry.url);
  if (entry.url.startsWith('file:')) return await askFile(entry, want, upstream);
  const { origin } = new URL(entry.url);
  const confirming = options.confirming === true;
  if (confirming && !deps.health.mayConfirm(origin)) {
    const down: Failure = { kind: 'unavailable', message: 'it did not answer a moment ago', progress: false };
    return { state: 'failed', wrong: false, retries: 0, error: outage(want.what, upstream, [down]) };
  }
  const patience = choosePatience(options, deps, origin);
  const file = want.tempFile?.();
  const result = await transfer(
    {
      url: upstreamUrl(entry.url, want.path),
      limit: want.limit,
      patience,
      check: body => want.check(body, true),
      ...(file === undefined ? {} : { file }),
      ...(want.kept === undefined ? {} : { kept: want.kept }),
      ...(entry.absentOn403 === true ? { alsoAbsent: [403] } : {}),
      ...(options.abandon === undefined ? {} : { abandon: options.abandon }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
    deps,
  );
  for (const failure of result.failures) deps.onFailure?.(want.what, upstream, failure);
  const retries = result.failures.length;
  if (result.state === 'abandoned') return { state: 'abandoned', retries };
  if (result.state === 'ok' || result.state === 'absent') deps.health.markUp(origin);
  if (result.state === 'ok') return { state: 'ok', value: result.value, upstream, via: 'upstream', retries };
  if (result.state === 'absent') {
    const text = result.text ?? `not found: ${want.what} (${upstream} answered ${result.status})`;
    return { state: 'absent', text, upstream, retries };
  }
  const last = result.failures.at(-1);
  if (last?.kind === 'unavailable' || last?.kind === 'stalled') {
    if (last.status === undefined || last.status >= 500) {
      if (confirming) deps.health.markSilent(origin);
      else deps.health.markDown(origin);
    }
  }
  return {
    state: 'failed',
    wrong: last?.kind === 'wrong',
    retries,
    error: outage(want.what, upstream, result.failures.map(explained(entry, deps))),
  };
}

/** A failure with the advice of those who know what the upstream was shown. */
function explained({ url }: ChainEntry, { explain }: ChainDeps): (failure: Failure) => Failure {
  return failure => {
    const told = failure.status === undefined ? undefined : explain?.(new URL(url), failure.status);
    return told === undefined ? failure : { ...failure, advice: `${told.why}\nnext: ${told.next}` };
  };
}

function choosePatience(options: WalkOptions, deps: ChainDeps, origin: string): Patience {
  const patient = deps.patience ?? PATIENT;
  if (options.confirming === true) return atMost(patient, CONFIRM);
  return options.brief === true || !deps.health.mayTryHard(origin) ? atMost(patient, BRIEF) : patient;
}

function atMost(patience: Patience, most: Patience): Patience {
  return {
    ...patience,
    attempts: Math.min(patience.attempts, most.attempts),
    totalMs: Math.min(patience.totalMs, most.totalMs),
    headersMs: Math.min(patience.headersMs, most.headersMs),
    maxDelayMs: Math.min(patience.maxDelayMs, most.maxDelayMs),
  };
}

function outage(what: string, upstream: string, failures: readonly Failure[]): ProxyError {
  const last = failures.at(-1);
  const tries = failures.length === 1 ? 'one attempt' : `${failures.length} attempts`;
  const said = last?.text === undefined ? '' : `: ${last.text}`;
  const head = `modgate: ${upstream} could not deliver ${what} (${tries}, last: ${last?.message ?? 'no answer'}${said})`;
  const code: ProxyErrorCode =
    last?.kind === 'stalled'
      ? 'upstream-stalled'
      : last?.kind === 'wrong'
        ? 'upstream-wrong'
        : last?.kind === 'refused' || (last?.kind === 'final' && last.status !== undefined)
          ? 'upstream-refused'
          : last?.kind === 'final'
            ? 'too-large'
            : 'upstream-unavailable';
  return new ProxyError(code, `${head}\n${last?.advice ?? advice(code)}`, {
    upstream,
    retries: failures.length,
  });
}

function advice(code: ProxyErrorCode): string {
  switch (code) {
    case 'upstream-refused':
      return 'next: check that this module and this runner are allowed there; a mirror that answers 403 for unknown paths needs absent-on-403: true in .modgate.yaml';
    case 'upstream-wrong':
      return 'next: the bytes are not what go.sum or the checksum database vouch for; nothing was kept. Compare with another upstream before you trust it';
    case 'too-large':
      return 'next: go refuses an answer of that size too; ask the authors of the module for a smaller release, or the owner of the upstream what it sends';
    default:
      return 'next: run the job again; a second upstream in GOPROXY (first|second) or a warm store survives this';
  }
}

async function askFile<T>(entry: ChainEntry, want: Want<T>, upstream: string): Promise<Asked<T>> {
  const path = join(fileURLToPath(entry.url), ...want.path.split('/'));
  let temp: string | undefined;
  try {
    const { size } = await stat(path);
    if (size > want.limit)
      throw new FinalBody(`the file has ${size} bytes, more than the ${want.limit} that go accepts`);
    temp = want.tempFile?.();
    if (temp !== undefined) await copyFile(path, temp);
    const body: Body = temp === undefined ? { bytes: await readFile(path) } : { file: temp, size };
    return { state: 'ok', value: await want.check(body, false), upstream, via: 'upstream', retries: 0 };
  } catch (error) {
    if (temp !== undefined) await rm(temp, { force: true });
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') {
      return {
        state: 'absent',
        text: `not found: ${want.what} (no such file below ${upstream})`,
        upstream,
        retries: 0,
      };
    }
    const wrong = error instanceof WrongBody;
    const message = error instanceof Error ? error.message : String(error);
    const kind = wrong ? 'wrong' : error instanceof FinalBody ? 'final' : 'unavailable';
    return {
      state: 'failed',
      wrong,
      retries: 0,
      error: outage(want.what, upstream, [{ kind, message, progress: false }]),
    };
  }
}

async function askDirect<T>(want: Want<T>, { brief = false }: WalkOptions): Promise<Asked<T>> {
  const upstream = 'direct';
  if (want.direct === undefined)
    return { state: 'absent', text: `not found: ${want.what}`, upstream, retries: 0 };
  const temp = want.tempFile?.();
  try {
    const { from, ...fetched } = await want.direct({ brief });
    let body: Body = fetched;
    if (temp !== undefined && 'file' in body) {
      // Copied, not moved: the shared module cache of the go children still needs its file.
      await copyFile(body.file, temp, constants.COPYFILE_FICLONE);
      body = { file: temp, size: body.size };
    }
    const value = await want.check(body, false);
    return { state: 'ok', value, upstream: from ?? upstream, via: 'vcs', retries: 0 };
  } catch (error) {
    if (temp !== undefined) await rm(temp, { force: true });
    if (error instanceof ProxyError && error.code === 'absent') {
      return { state: 'absent', text: error.message, upstream, retries: 0 };
    }
    const wrong = error instanceof WrongBody;
    const proxyError =
      error instanceof ProxyError
        ? error
        : new ProxyError(
            wrong ? 'upstream-wrong' : 'upstream-unavailable',
            `modgate: version control delivered ${want.what} wrongly: ${error instanceof Error ? error.message : String(error)}`,
            { upstream, cause: error },
          );
    return { state: 'failed', error: proxyError, wrong, retries: 0 };
  }
}
