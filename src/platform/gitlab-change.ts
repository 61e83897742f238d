import { pageUrl } from './claims.ts';
import { branchName, commitSha } from './commit.ts';
import type { Change, Env } from './types.ts';

/** The merge request of a pipeline; undefined for branch, tag and scheduled pipelines. */
export function gitlabChange(env: Env): Change | undefined {
  const inMergeRequest =
    Boolean(env.CI_MERGE_REQUEST_IID) || env.CI_PIPELINE_SOURCE === 'merge_request_event';
  if (!inMergeRequest) return undefined;
  const tip = commitSha(env.CI_MERGE_REQUEST_TARGET_BRANCH_SHA);
  const number = Number(env.CI_MERGE_REQUEST_IID);
  const elsewhere =
    env.CI_MERGE_REQUEST_PROJECT_ID !== undefined && env.CI_MERGE_REQUEST_PROJECT_ID !== env.CI_PROJECT_ID;
  // A fork's pipeline has the fork as its origin, which may lack what the target branch got since.
  const target = elsewhere
    ? (pageUrl(env.CI_MERGE_REQUEST_PROJECT_URL) ??
      pageUrl(env.CI_SERVER_URL, env.CI_MERGE_REQUEST_PROJECT_PATH ?? ''))
    : undefined;
  return {
    kind: env.CI_MERGE_REQUEST_EVENT_TYPE === 'merge_train' ? 'merge-group' : 'pull-request',
    // Only pipelines of merged results tell the tip; the others tell where the branch was left.
    baseSha: tip ?? commitSha(env.CI_MERGE_REQUEST_DIFF_BASE_SHA),
    ...(tip === undefined ? { tipUnknown: true } : {}),
    baseRef: branchName(env.CI_MERGE_REQUEST_TARGET_BRANCH_NAME),
    headSha: commitSha(env.CI_MERGE_REQUEST_SOURCE_BRANCH_SHA) ?? commitSha(env.CI_COMMIT_SHA),
    number: Number.isSafeInteger(number) && number > 0 ? number : undefined,
    fork:
      env.CI_MERGE_REQUEST_SOURCE_PROJECT_ID !== undefined &&
      env.CI_MERGE_REQUEST_SOURCE_PROJECT_ID !== env.CI_MERGE_REQUEST_PROJECT_ID,
    ...(target === undefined ? {} : { repository: target }),
  };
}
