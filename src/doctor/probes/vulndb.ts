import { redactUrl } from '../../config/redact.ts';
import { upstreamUrl } from '../../proxy/upstream/chain.ts';
import type { Refusal } from '../../session/credentials/explain.ts';
import { TimeUp } from '../limits.ts';
import { ended } from '../network/reach.ts';
import { failed, ok, type Verdict, warning } from '../types.ts';
import { type Answer, type AskDeps, ask, isPage, requestVerdict } from './upstream.ts';

/** The smallest file of the protocol: when the database was last changed. */
const INDEX = 'index/db.json';

/**
 * Asks a vulnerability database when it was last changed. Jobs build without one, so that all trouble is a warning.
 * @param refusal what a 401 or 403 says of the credential that was sent, or is wanted
 */
export async function probeVulnDb(
  url: string,
  refusal: (url: URL, status: number) => Pick<Refusal, 'why' | 'next'> | undefined,
  deps: AskDeps,
): Promise<Verdict> {
  let verdict: Verdict;
  try {
    const answer = await ask(upstreamUrl(url, INDEX), deps);
    verdict = judgeVulnDb(answer, url, refusal(new URL(url), answer.status));
  } catch (error) {
    verdict =
      error instanceof TimeUp
        ? ended(error)
        : requestVerdict(error, redactUrl(url), 'a vulnerability database');
  }
  return verdict.state === 'failed' ? { ...verdict, state: 'warning' } : verdict;
}

/** What its answer says of a vulnerability database. Pure. */
export function judgeVulnDb(
  answer: Answer,
  url: string,
  refusal: Pick<Refusal, 'why' | 'next'> | undefined,
): Verdict {
  const { status, from } = answer;
  if (status === 200 && !isPage(answer)) {
    const modified = modifiedIn(answer.text);
    if (modified !== undefined) return ok(`answers as a vulnerability database does, changed ${modified}`);
  }
  if (status === 401 || status === 403) {
    return failed(`it takes no request without a valid credential (${status})`, {
      why: refusal?.why ?? 'no credential was sent, and it may want one',
      fix: refusal?.next ?? `name one in proxy.credentials, for ${new URL(url).host}`,
    });
  }
  if (status >= 500 || status === 429) {
    return warning(`it has trouble of its own (${status})`, {
      why: 'jobs are told what the store has of it, which may be out of date',
      fix: 'tell whoever runs it',
    });
  }
  return failed('it does not answer as a vulnerability database does', {
    why: `${from} answered ${status} to a question for ${INDEX}${isPage(answer) ? ', with a web page' : ''}`,
    fix: 'see that the URL is that of the database with its whole path, below which index/ and ID/ are',
  });
}

function modifiedIn(text: string): string | undefined {
  try {
    const { modified } = JSON.parse(text) as { modified?: unknown };
    const at = typeof modified === 'string' ? Date.parse(modified) : Number.NaN;
    return Number.isNaN(at) ? undefined : new Date(at).toISOString().slice(0, 10);
  } catch {
    return undefined;
  }
}
