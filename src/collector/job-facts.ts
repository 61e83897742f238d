import type { Forge, Header } from '../audit/record.ts';
import { cleanKey, cleanText, cleanUrl } from './clean.ts';
import type { JobFacts } from './types.ts';

const MAX_NAME = 512;

/** Events of GitHub that run the code of the ref they name; what others bring with them may be anybody's. */
const GITHUB_EVENTS: ReadonlySet<string> = new Set([
  'push',
  'schedule',
  'workflow_dispatch',
  'repository_dispatch',
]);

type Claims = Readonly<Record<string, string>>;

/** What a job says of itself in the header of any of its batches. Nothing of it is proved. */
export function jobFacts(header: Header): JobFacts {
  const claims = header.claimed;
  const claim = (name: string) => (Object.hasOwn(claims, name) ? (claims[name] ?? '') : '');
  const text = (name: string) => cleanText(claim(name), MAX_NAME);
  return {
    uid: header.job_uid,
    forge: header.forge,
    iss: cleanKey(header.iss),
    repository: cleanKey(claim('repository')),
    repositoryId: cleanKey(claim('repository_id')),
    ref: text('ref'),
    sha: text('sha'),
    event: text('event'),
    actor: text('actor'),
    name: cleanKey(jobName(claim('workflow'), claim('job'), claim('matrix'))),
    url: cleanUrl(claim('url')),
    change: changeOf(claims),
    onDefault: onDefault(header.forge, claims),
  };
}

/** Tells the jobs of a commit apart, the legs of a matrix included (GitLab has the leg in the job's name). */
function jobName(workflow: string, job: string, matrix: string): string {
  const leg = matrix === '' ? job : `${job} (${matrix})`;
  return [workflow, leg].filter(part => part !== '').join(' / ');
}

/** Number of the pull or merge request; empty for none. */
function changeOf(claims: Claims): string {
  const fromRef = /^refs\/(?:pull|merge-requests)\/(\d{1,18})\//.exec(claims.ref ?? '')?.[1];
  return [claims.change, fromRef].find(text => /^\d{1,18}$/.test(text ?? '')) ?? '';
}

/**
 * Whether what the job used is what its repository uses: its ref is the default branch, by an event that runs the code of
 * that branch. Pull requests, merge requests and tags never are. Where the default branch is not told, a push to any
 * branch counts.
 */
function onDefault(forge: Forge, claims: Claims): boolean {
  const { ref = '', event = '', default_branch = '', tag = '' } = claims;
  const branch = branchOf(forge, ref);
  if (branch === '' || tag !== '' || changeOf(claims) !== '') return false;
  if (forge === 'github' && !GITHUB_EVENTS.has(event)) return false;
  if (forge === 'gitlab' && /merge_request|pull_request/.test(event)) return false;
  return default_branch === '' ? event === 'push' : branch === branchOf('local', default_branch);
}

/** Name of a branch; empty where the ref is none. GitHub tells full refs, GitLab names of branches and tags. */
function branchOf(forge: Forge, ref: string): string {
  if (ref.startsWith('refs/heads/')) return ref.slice('refs/heads/'.length);
  return forge === 'github' || ref.startsWith('refs/') ? '' : ref;
}
