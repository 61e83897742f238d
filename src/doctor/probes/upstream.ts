import { redactUrl } from '../../config/redact.ts';
import type { ChainEntry } from '../../proxy/upstream/chain.ts';
import { upstreamUrl } from '../../proxy/upstream/chain.ts';
import { type HttpClient, RedirectError } from '../../proxy/upstream/http.ts';
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

/**
 * Asks a module proxy for the list of a module that everybody has, and for that of one that nobody has.
 * @param keyed whether a credential goes with the requests
 */
export async function probeUpstream(entry: ChainEntry, keyed: boolean, deps: AskDeps): Promise<Verdict> {
  const list = async (path: string): Promise<Answer> => await ask(upstreamUrl(entry.url, path), deps);
  try {
    const known = judgeUpstream(await list(KNOWN), entry, keyed);
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
  keyed: boolean,
): Verdict {
  const { status, from } = answer;
  if (status === 404 || status === 410) return ok('answers as a module proxy does');
  if (status === 200 && isPage(answer)) {
    return failed('a web page comes instead of an answer', {
      why: `it came from ${from}: a page for logging in, or a portal on the way`,
      fix: 'log in to the network, or name the address of the module proxy itself and a credential for it',
    });
  }
  if (status === 200) return ok('answers as a module proxy does');
  if (status === 401) return refusedUpstream(url, keyed);
  if (status === 403 && absentOn403 === true) return ok('answers as a module proxy does');
  if (status === 403) {
    return failed('it forbids what is asked (403)', {
      why: keyed ? 'the credential lacks the right to read modules' : 'it may be that it wants a credential',
      fix: `give the credential that right, or name one: ${credentialFor(url)}; where it says 403 of all that it lacks, write {url: ${redactUrl(url)}, absent-on-403: true} in proxy.upstream`,
    });
  }
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

function refusedUpstream(url: string, keyed: boolean): Verdict {
  const fix = `name a user and the variable with its token: ${credentialFor(url)}`;
  return keyed
    ? failed('it does not take the credential (401)', {
        why: 'the credential is wrong, has expired, or lacks the right to read modules',
        fix: `renew the credential, or ${fix}`,
      })
    : failed('it wants a credential, and there is none (401)', { why: 'the answer was 401', fix });
}

const credentialFor = (url: string): string =>
  `proxy: {credentials: [{host: ${new URL(url).host}, username: USER, token-env: VARIABLE}]}`;

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

/** A request that brought no answer, in words. */
export function requestVerdict(error: unknown, from: string): Verdict {
  if (error instanceof RedirectError) {
    return failed('its redirects cannot be followed', {
      why: error.message,
      fix: 'name the address that they lead to in the end',
    });
  }
  return failed('it does not answer', {
    why: wordsOf(error),
    fix: `see that ${from} is the address of a module proxy`,
  });
}
