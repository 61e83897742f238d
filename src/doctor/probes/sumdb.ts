import { redactUrl } from '../../config/redact.ts';
import { type ChainEntry, upstreamUrl } from '../../proxy/upstream/chain.ts';
import { NoteError, openNote } from '../../tlog/note.ts';
import { TimeUp } from '../limits.ts';
import { ended } from '../network/reach.ts';
import { failed, ok, type Verdict, warning } from '../types.ts';
import { type Answer, type AskDeps, ask, isPage, requestVerdict } from './upstream.ts';

/** The checksum database of the job. */
export interface SumDbQuestion {
  readonly name: string;
  /** Its verifier key. */
  readonly key: string;
  /** Where GOSUMDB says to ask, past all proxies. */
  readonly url: string | undefined;
}

/** Where the database is asked: go's own rule, the first proxy that supports it, else the database itself. */
export type SumDbPlace =
  | {
      readonly state: 'found';
      readonly base: string;
      /** Path of the database below the base, with a slash at the end; empty for the database itself. */
      readonly prefix: string;
      /** The upstream that hands on, redacted. */
      readonly through: string | undefined;
    }
  | { readonly state: 'failed'; readonly verdict: Verdict };

/** Asks the upstreams in their order. */
export async function placeOfSumDb(
  { name, url }: SumDbQuestion,
  entries: readonly ChainEntry[],
  deps: AskDeps,
): Promise<SumDbPlace> {
  if (url !== undefined) return { state: 'found', base: url, prefix: '', through: undefined };
  for (const entry of entries) {
    if (!entry.url.startsWith('http')) break;
    const shown = redactUrl(entry.url);
    try {
      const { status } = await ask(upstreamUrl(entry.url, `sumdb/${name}/supported`), deps);
      if (status === 200)
        return { state: 'found', base: entry.url, prefix: `sumdb/${name}/`, through: shown };
      if (status === 404 || status === 410 || entry.fallBackOn === 'any-error') continue;
      if (status === 403 && entry.absentOn403 === true) continue;
      return { state: 'failed', verdict: notTold(shown, `it answered ${status}`) };
    } catch (error) {
      if (entry.fallBackOn === 'any-error') continue;
      if (error instanceof TimeUp) return { state: 'failed', verdict: ended(error) };
      return { state: 'failed', verdict: requestVerdict(error, shown) };
    }
  }
  return { state: 'found', base: `https://${name}`, prefix: '', through: undefined };
}

function notTold(upstream: string, why: string): Verdict {
  return failed(`${upstream} does not say whether it serves the checksum database`, {
    why,
    fix: `see what ${upstream} says to its checks; a proxy that serves none answers 404`,
  });
}

/** Asks for the newest tree head, and verifies its signature with the key of the job's own Go installation. */
export async function probeSumDb(
  database: SumDbQuestion,
  { base, prefix, through }: Extract<SumDbPlace, { state: 'found' }>,
  deps: AskDeps,
): Promise<Verdict> {
  try {
    const answer = await ask(upstreamUrl(base, `${prefix}latest`), deps);
    return judgeHead(answer, database, through);
  } catch (error) {
    if (error instanceof TimeUp) return ended(error);
    return requestVerdict(error, redactUrl(base));
  }
}

/** Pure. */
export function judgeHead(
  answer: Answer,
  { name, key }: SumDbQuestion,
  through: string | undefined,
): Verdict {
  const where = through === undefined ? 'asked itself' : `through ${through}`;
  if (answer.status !== 200 || isPage(answer)) {
    const told = isPage(answer) ? `a web page came from ${answer.from}` : `it answered ${answer.status}`;
    return failed(`gives no tree head (${where})`, {
      why: told,
      fix: `allow the runner to reach https://${name}, or name an upstream that serves it; GOSUMDB=off gives up the check of new modules`,
    });
  }
  try {
    const { text } = openNote(Buffer.from(answer.text), [key]);
    const size = /^go\.sum database tree\n(\d{1,15})\n/.exec(text)?.[1];
    if (size === undefined) return warning(`signs something else than a tree head (${where})`);
    return ok(`tree of ${Number(size).toLocaleString('en')} records, signature verified (${where})`);
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    return failed(`its tree head is not signed by ${name} (${where})`, {
      why: error.message,
      fix: `something on the way changes answers, or GOSUMDB names another database than ${name}`,
    });
  }
}
