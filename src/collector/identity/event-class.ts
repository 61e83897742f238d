import type { Receipt } from '../../audit/record.ts';
import type { EventClass } from './types.ts';

/**
 * Events that only somebody with write access to the repository causes, or that run what such a person merged. A
 * pull request of a fork gets no token at all. Any other event is not trusted: forges invent new ones.
 */
const GITHUB_TRUSTED: ReadonlySet<string> = new Set([
  'push',
  'pull_request',
  'merge_group',
  'schedule',
  'workflow_dispatch',
  'repository_dispatch',
  'release',
  'create',
  'delete',
  'deployment',
]);

const GITLAB_TRUSTED: ReadonlySet<string> = new Set([
  'push',
  'web',
  'api',
  'schedule',
  'trigger',
  'pipeline',
  'parent_pipeline',
  'merge_request_event',
]);

/** Class of an `event_name` of GitHub. */
export function githubEventClass(event: string): EventClass {
  return GITHUB_TRUSTED.has(event) ? 'trusted-event' : 'untrusted-event';
}

export interface GitlabEvent {
  /** `pipeline_source` */
  readonly source: string;
  readonly refProtected: boolean;
  /** `project_id`: since 18.2.2 that of a fork whose merge request runs in its parent. */
  readonly projectId: string;
  /** `job_project_id`, where the job runs; from 18.4. */
  readonly jobProjectId: string | undefined;
}

/** Class of a job of GitLab. */
export function gitlabEventClass({ source, refProtected, projectId, jobProjectId }: GitlabEvent): EventClass {
  if (!GITLAB_TRUSTED.has(source)) return 'untrusted-event';
  if (jobProjectId !== undefined && jobProjectId !== projectId) return 'untrusted-event';
  const mayBeFork = source === 'merge_request_event' && !refProtected && jobProjectId === undefined;
  return mayBeFork ? 'indistinguishable' : 'trusted-event';
}

/** How far a receipt vouches for a batch that a verified token came with. */
export const ASSURANCE_OF: Readonly<Record<EventClass, Receipt['assurance']>> = {
  'trusted-event': 'asserted',
  'untrusted-event': 'relayed',
  indistinguishable: 'relayed',
};
