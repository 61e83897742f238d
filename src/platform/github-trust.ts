import { type Json, parseEvent, record } from './github-event.ts';
import type { Env, Trust } from './types.ts';

const TRUSTED_EVENTS: ReadonlySet<string> = new Set(['push', 'schedule', 'workflow_dispatch']);

/** Why an event is not trusted, where the reason is not simply "another event". */
const UNTRUSTED: Readonly<Record<string, string>> = {
  pull_request_target: 'a pull_request_target run may have checked out code of a fork',
  workflow_run: 'a workflow_run may work on what a fork produced',
  release: 'a release run does not write the cache that builds read',
  merge_group: 'a merge queue branch is not the default branch',
};

function pullRequestReason(payload: Json | undefined): string {
  const pull = record(payload?.pull_request);
  if (!pull) return 'this is a pull request';
  const head = record(record(pull.head)?.repo);
  const base = record(record(pull.base)?.repo);
  if (!head) return 'this is a pull request from a fork that was deleted';
  return head.id === base?.id ? 'this is a pull request' : 'this is a pull request from a fork';
}

/**
 * The rule of `save: auto`: pushes, schedules and manual runs on the default branch are trusted, nothing
 * else is. `eventText` is the content of the event file; without it only a schedule, which GitHub starts on
 * the default branch alone, can be trusted.
 */
export function githubTrust(env: Env, eventText: string | undefined): Trust {
  const no = (reason: string): Trust => ({ trusted: false, reason });
  const event = env.GITHUB_EVENT_NAME ?? '';
  const ref = env.GITHUB_REF ?? '';
  const payload = parseEvent(eventText);

  if (event === 'pull_request' || event.startsWith('pull_request_review'))
    return no(pullRequestReason(payload));
  if (ref.startsWith('refs/pull/')) return no('the ref is that of a pull request');
  if (!TRUSTED_EVENTS.has(event))
    return no(UNTRUSTED[event] ?? 'the event is not a push, schedule or manual run');
  if (ref.startsWith('refs/tags/')) return no('a tag is not the default branch');
  if (event === 'schedule') return { trusted: true, reason: 'this is a scheduled run on the default branch' };

  const branch = record(payload?.repository)?.default_branch;
  if (typeof branch !== 'string' || branch === '') return no('the event does not tell the default branch');
  if (ref !== `refs/heads/${branch}`) return no('this is not the default branch');
  return {
    trusted: true,
    reason: `this is a ${event === 'push' ? 'push to' : 'manual run on'} the default branch`,
  };
}
