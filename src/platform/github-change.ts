import { branchName, commitSha } from './commit.ts';
import { parseEvent, record } from './github-event.ts';
import type { Change, Env } from './types.ts';

/**
 * The pull request or merge group of a run; undefined for other events. The event file may be anything: what
 * it does not tell is left open, but a pull request never passes for something else because of it.
 */
export function githubChange(env: Env, eventText: string | undefined): Change | undefined {
  const event = env.GITHUB_EVENT_NAME ?? '';
  const payload = parseEvent(eventText);
  if (event === 'merge_group') {
    const group = record(payload?.merge_group);
    return {
      kind: 'merge-group',
      baseSha: commitSha(group?.base_sha),
      baseRef: branchName(group?.base_ref),
      headSha: commitSha(group?.head_sha) ?? commitSha(env.GITHUB_SHA),
      number: undefined,
      fork: false,
    };
  }
  const aboutPull = /^pull_request(?:_target|_review|_review_comment)?$/.test(event);
  if (!aboutPull && !(env.GITHUB_REF ?? '').startsWith('refs/pull/')) return undefined;
  const pull = record(payload?.pull_request);
  const [base, head] = [record(pull?.base), record(pull?.head)];
  const number = pull?.number;
  return {
    kind: 'pull-request',
    baseSha: commitSha(base?.sha),
    baseRef: branchName(base?.ref) || branchName(env.GITHUB_BASE_REF),
    headSha: commitSha(head?.sha),
    number: typeof number === 'number' && Number.isSafeInteger(number) && number > 0 ? number : undefined,
    // A deleted fork has no repository any more; what is not told is taken for the worse.
    fork: record(head?.repo)?.id === undefined || record(head?.repo)?.id !== record(base?.repo)?.id,
  };
}
