import { redactUrl } from '../../config/redact.ts';
import type { ChainEntry } from '../../proxy/upstream/chain.ts';
import { upstreamUrl } from '../../proxy/upstream/chain.ts';
import { type HttpClient, NotSent, RedirectError } from '../../proxy/upstream/http.ts';
import type { Refusal } from '../../session/credentials/explain.ts';
import { RefusedHost } from '../../session/network/resolve.ts';
import { type Bounds, TimeUp } from '../limits.ts';
import { wordsOf } from '../network/connect.ts';
import { ended } from '../network/reach.ts';
import { failed, ok, type Verdict, warning } from '../types.ts';

/** The start of an answer, and where it came from. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  /** The first bytes. */
  readonly text: string;
  /** After redirects, redacted. */
  readonly from: string;
}

/** Most of a body that is read, bytes. */
const MAX_BODY = 64 * 1024;

export interface AskDeps {
  readonly http: HttpClient;
  readonly bounds: Bounds;
}

/** One GET, redirects followed. Rejects with TimeUp, and the client's errors. */
export async function ask(
  url: URL,
  { http, bounds }: AskDeps,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return await bounds.try(async signal => {
    const answer = await http.get({ url, signal, allowH2: false, headers });
    const chunks: Buffer[] = [];
    let length = 0;
    try {
      for await (const chunk of answer.body) {
        chunks.push(chunk as Buffer);
        length += (chunk as Buffer).length;
        if (length >= MAX_BODY) break;
      }
    } finally {
      answer.body.destroy();
    }
    return {
      status: answer.status,
      type: (answer.header('content-type') ?? '').toLowerCase(),
      text: Buffer.concat(chunks).toString('utf8'),
      from: answer.from,
    };
  });
}

/** A small list that no longer grows, of a host that module proxies which serve some hosts only serve, too. */
const KNOWN = 'golang.org/x/xerrors/@v/list';
/** A module of that host which nobody has. */
const NOBODYS = 'golang.org/x/modgate-doctor/@v/list';

/** What is known of a module proxy before it is asked. */
export interface UpstreamPlace {
  /** What a 401 or 403 of it says of the credential that was sent, or is wanted. */
  readonly refusal: (url: URL, status: number) => Pick<Refusal, 'why' | 'next'> | undefined;
  /** No other entry of the chain is asked for what it lacks. */
  readonly alone: boolean;
}

/** Asks a module proxy for the list of a module that everybody has, and for that of one that nobody has. */
export async function probeUpstream(
  entry: ChainEntry,
  place: UpstreamPlace,
  deps: AskDeps,
): Promise<Verdict> {
  const list = async (path: string): Promise<Answer> => await ask(upstreamUrl(entry.url, path), deps);
  try {
    const known = judgeUpstream(await list(KNOWN), entry, place);
    if (known.state !== 'ok') return known;
  } catch (error) {
    return error instanceof TimeUp ? ended(error) : requestVerdict(error, redactUrl(entry.url));
  }
  try {
    return judgeAbsence(await list(NOBODYS), entry);
  } catch (error) {
    return unsure(error instanceof TimeUp ? error.message : wordsOf(error));
  }
}

/** A web page where something for programs was to be. */
export function isPage({ type, text }: Pick<Answer, 'type' | 'text'>): boolean {
  return type.startsWith('text/html') || /^\s*<(?:!doctype|html|head|body)\b/i.test(text);
}

/** What the answer for a module that everybody may ask for says of a module proxy; it need not have it. Pure. */
export function judgeUpstream(
  answer: Answer,
  { url, absentOn403 }: Pick<ChainEntry, 'url' | 'absentOn403'>,
  { refusal, alone }: UpstreamPlace,
): Verdict {
  const { status, from } = answer;
  if (status === 404 || status === 410) {
    if (!alone) return ok('answers as a module proxy does');
    return warning('it has no golang.org/x/xerrors, and nobody else is asked', {
      why: 'it has modules of your own only, or its URL is not that of a module proxy, which answers 404 to everything, too',
      fix: 'see that the URL has its whole path, like https://nexus.example.com/repository/go; name the proxy of public modules behind it where jobs need those',
    });
  }
  if (status === 200 && isPage(answer)) {
    return failed('a web page comes instead of an answer', {
      why: `it came from ${from}: a page for logging in, or a portal on the way`,
      fix: 'log in to the network, or name the address of the module proxy itself and a credential for it',
    });
  }
  if (status === 200) return ok('answers as a module proxy does');
  if (status === 403 && absentOn403 === true) return ok('answers as a module proxy does');
  if (status === 401 || status === 403) return refused(answer, url, refusal(new URL(url), status));
  if (status === 407) {
    return failed('the network proxy wants credentials', {
      why: 'the answer was 407',
      fix: 'write HTTPS_PROXY with a valid user and password, and keep it a secret of the job',
    });
  }
  if (status === 429) {
    return warning('it has had enough of our requests for now', {
      why: 'the answer was 429: all jobs behind one address share its limit',
      fix: 'put a proxy of your own before it, or keep a shared store (cache.store)',
    });
  }
  if (status >= 500) {
    return failed(`it has trouble of its own (${status})`, {
      why: 'every job that needs a module that the store lacks fails while this lasts',
      fix: 'tell whoever runs it; a second upstream behind it helps where it is down often',
    });
  }
  return failed(`it does not answer as a module proxy does (${status})`, {
    why: `${from} answered ${status} to a question that every module proxy knows`,
    fix: 'see that the URL is that of the module proxy with its whole path, like https://nexus.example.com/repository/go',
  });
}

function refused({ status }: Answer, url: string, refusal: ReturnType<UpstreamPlace['refusal']>): Verdict {
  const what =
    status === 401
      ? 'it takes no request without a valid credential (401)'
      : 'it forbids what is asked (403)';
  if (refusal !== undefined) return failed(what, { why: refusal.why, fix: refusal.next });
  return failed(what, {
    why: 'no credential was sent, and it may want one',
    fix: `name one: proxy: {credentials: [{host: ${new URL(url).host}, username: USER, token-env: VARIABLE}]}; where it says ${status} of all that it lacks, write {url: ${redactUrl(url)}, absent-on-403: true} in proxy.upstream`,
  });
}

/** What it says of a module that nobody has. Pure. */
export function judgeAbsence(
  { status }: Pick<Answer, 'status'>,
  { url, absentOn403 }: Pick<ChainEntry, 'url' | 'absentOn403'>,
): Verdict {
  if (status === 404 || status === 410 || status === 200) return ok('answers as a module proxy does');
  if (status === 403) {
    if (absentOn403 === true) return ok('answers as a module proxy does, and 403 means "not there"');
    return warning('answers 403 for a module that is not there', {
      why: 'a 403 forbids, so that a job ends with it where 404 would let go ask on',
      fix: `write {url: ${redactUrl(url)}, absent-on-403: true} in proxy.upstream`,
    });
  }
  return unsure(`the answer was ${status}`);
}

function unsure(why: string): Verdict {
  return warning('does not say of a module that it is not there', {
    why: `${why}, where a module proxy says 404 or 410: a job that asks for such a module fails`,
    fix: 'tell whoever runs it; jobs that ask for modules which it has are not concerned',
  });
}

/**
 * A request that brought no answer, in words.
 * @param what it should have asked
 */
export function requestVerdict(error: unknown, from: string, what = 'a module proxy'): Verdict {
  if (error instanceof RedirectError) {
    return failed('its redirects cannot be followed', {
      why: error.message,
      fix: 'name the address that they lead to in the end',
    });
  }
  if (error instanceof RefusedHost) {
    return failed('it leads to a host that is not asked', {
      why: error.refusal.reason,
      fix: error.refusal.fix,
    });
  }
  if (error instanceof NotSent) {
    return failed('it is not asked', { why: error.message, fix: 'write https in its URL' });
  }
  return failed('it does not answer', {
    why: wordsOf(error),
    fix: `see that ${from} is the address of ${what}`,
  });
}
