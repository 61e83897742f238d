import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Send, WebAnswer } from '../../audit/targets/http.ts';
import { isReadableOnTheWay, parseAuditStore } from '../../config/audit-store.ts';
import { type Bounds, TimeUp } from '../limits.ts';
import { wordsOf } from '../network/connect.ts';
import { ended } from '../network/reach.ts';
import { type Env, failed, ok, type Verdict, warning } from '../types.ts';
import { probeDisk } from './disk.ts';

export interface AuditQuestion {
  /** `audit.store`. */
  readonly store: string;
  readonly required: boolean;
  /** Variable that holds the token. */
  readonly tokenEnv: string;
  readonly env: Env;
  /** What relative directories are relative to. */
  readonly cwd: string;
}

export interface AuditDeps {
  readonly send: Send;
  readonly bounds: Bounds;
  /** Whether the host can be reached at all. */
  readonly reach: (url: URL) => Promise<boolean>;
}

/** Whether the audit store takes records from this job; nothing is written into it. */
export async function probeAudit(question: AuditQuestion, deps: AuditDeps): Promise<Verdict> {
  const { store, cwd, env } = question;
  const parsed = parseAuditStore(store);
  if (typeof parsed === 'string')
    return failed('it is no audit store', { why: parsed, fix: 'correct audit.store' });
  switch (parsed.kind) {
    case 'collector':
      return await softened(question, await probeCollector(parsed.url, question, deps));
    case 'directory': {
      const dir = /^file:/i.test(parsed.path) ? fileURLToPath(parsed.path) : resolve(cwd, parsed.path);
      const elsewhere = 'name another directory in audit.store';
      return softened(question, await probeDisk({ dir, what: 'audit store', elsewhere, mayWrite: true }));
    }
    case 'artifact':
      return ok('the records are kept with the job, as files of its reports');
    case 'gitlab-package':
      if (!env.CI_API_V4_URL || !env.CI_PROJECT_ID) {
        return warning('it is for jobs of GitLab', {
          why: 'CI_API_V4_URL and CI_PROJECT_ID are not set here',
          fix: 'run modgate doctor in a job, or name a store that can be reached from here',
        });
      }
      return softened(
        question,
        await probePackages(env.CI_API_V4_URL, parsed.project ?? env.CI_PROJECT_ID, question, deps),
      );
  }
}

/** A store that may be missed does not stop a job: its records wait. */
function softened({ required }: AuditQuestion, verdict: Verdict): Verdict {
  return verdict.state === 'failed' && !required ? { ...verdict, state: 'warning' } : verdict;
}

async function probeCollector(url: string, question: AuditQuestion, deps: AuditDeps): Promise<Verdict> {
  const { tokenEnv, env } = question;
  const token = env[tokenEnv] || undefined;
  if (token !== undefined && isReadableOnTheWay(url)) {
    return failed(`the token of ${tokenEnv} would go over plain http`, {
      why: 'everybody on the way could read it, so that no job starts with this',
      fix: 'write https in audit.store',
    });
  }
  const place = new URL(`${url}/v1/batches`);
  if (!(await deps.reach(place))) return unreachable();
  return await answered(deps, async signal => {
    // What is no batch is refused for its type, after the token was looked at and before anything is read.
    const answer = await deps.send({
      method: 'POST',
      url: place,
      headers: {
        'content-type': 'text/plain',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: Buffer.from(''),
      signal,
    });
    return judgeCollector(answer, token === undefined ? undefined : tokenEnv, tokenEnv);
  });
}

/** Pure. @param given variable of the token that was sent; undefined where none was */
export function judgeCollector(
  { status, body }: Pick<WebAnswer, 'status' | 'body'>,
  given: string | undefined,
  tokenEnv: string,
): Verdict {
  if (status === 415) {
    return ok(
      given === undefined ? 'takes batches, and wants no token' : `takes batches with the token in ${given}`,
    );
  }
  if (status === 401) {
    return given === undefined
      ? failed('wants a token, and there is none', {
          why: `${tokenEnv} is not set`,
          fix: `give the job ${tokenEnv}, the token of a writer (MODGATE_WRITE_TOKEN or serve.writers of the collector)`,
        })
      : failed('does not know the token', {
          why: `it answered 401 to the one in ${given}`,
          fix: `set ${given} to the token of a writer; it may have been changed`,
        });
  }
  if (status === 403) {
    return failed('does not take batches with this token', {
      why: `the token in ${tokenEnv} is one for asking (403)`,
      fix: `set ${tokenEnv} to the token of a writer`,
    });
  }
  return failed('does not answer as a collector does', {
    why: `it answered ${status}${body.toString('utf8', 0, 64).trimStart().startsWith('<') ? ' with a web page' : ''}`,
    fix: 'see that audit.store is the URL under which modgate serve is reached',
  });
}

async function probePackages(
  api: string,
  project: string,
  { tokenEnv, env }: AuditQuestion,
  deps: AuditDeps,
): Promise<Verdict> {
  const token = env[tokenEnv] || undefined;
  const [header, secret, source] =
    token !== undefined
      ? (['private-token', token, tokenEnv] as const)
      : (['job-token', env.CI_JOB_TOKEN ?? '', 'CI_JOB_TOKEN'] as const);
  if (secret === '') {
    return failed('there is no token for the package registry', {
      why: `neither ${tokenEnv} nor CI_JOB_TOKEN is set`,
      fix: 'run it in a job of GitLab, which has CI_JOB_TOKEN',
    });
  }
  const place = new URL(
    `${api.replace(/\/+$/, '')}/projects/${encodeURIComponent(project)}/packages?per_page=1`,
  );
  if (isReadableOnTheWay(place.origin)) {
    return failed(`the token of ${source} would go over plain http`, {
      why: `the API is ${place.origin}`,
      fix: 'serve GitLab by https',
    });
  }
  if (!(await deps.reach(place))) return unreachable();
  return await answered(deps, async signal => {
    const { status } = await deps.send({ method: 'GET', url: place, headers: { [header]: secret }, signal });
    if (status === 200) return ok(`its package registry can be read with ${source}`);
    return failed('its package registry cannot be used', {
      why: `it answered ${status} to ${source}`,
      fix:
        status === 404
          ? 'switch the package registry of the project on, and name the project of the job in the job token allowlist of another one'
          : `give the job a token that may write packages there, in ${tokenEnv}`,
    });
  });
}

function unreachable(): Verdict {
  return failed('cannot be reached', {
    why: 'see the lines of its host',
    fix: 'mend what is told there first',
  });
}

async function answered(
  { bounds }: AuditDeps,
  work: (signal: AbortSignal) => Promise<Verdict>,
): Promise<Verdict> {
  try {
    return await bounds.try(work);
  } catch (error) {
    if (error instanceof TimeUp) return ended(error);
    const why = wordsOf(error);
    return failed('does not answer', {
      why,
      fix: /certificate|self.signed|CERT/i.test(why)
        ? 'name the PEM file of its authority under proxy.ca, for the host of the store'
        : 'see that it runs, and what stands before it',
    });
  }
}
