import type { Env, Platform } from '../../platform/types.ts';
import { postSticky } from './sticky.ts';
import { CommentError, type CommentThread } from './thread.ts';

/** First line of our comment; the name tells several checks of one pull request apart. */
export function commentMarker(name: string): string {
  return `<!-- modgate:check:${name.replaceAll(/[^A-Za-z0-9._/-]/g, '-').replaceAll('--', '-')} -->`;
}

export interface CommentRequest {
  readonly platform: Platform;
  readonly env: Env;
  /** Undefined or empty: there is none. */
  readonly token: string | undefined;
  readonly marker: string;
  readonly body: string;
  readonly failed: boolean;
}

/** What came of it, for the log: `problem` is something that the user may want to mend. */
export interface CommentResult {
  readonly text: string;
  readonly problem: boolean;
}

/**
 * Posts the comment where the forge has a place for it. Never throws: the report is in the log and in files
 * whatever happens here. Undefined when there is nothing to say.
 */
export async function publishComment(request: CommentRequest): Promise<CommentResult | undefined> {
  const { platform, token, marker, body, failed } = request;
  const number = platform.change?.number;
  if (number === undefined) return undefined;
  if (!token) {
    return failed
      ? { text: 'no comment was written: there is no token that may; the report is in this log', problem: false }
      : undefined;
  }
  try {
    const thread = await threadOf(request, number, token);
    if (thread === undefined) return undefined;
    const posted = await postSticky(thread, { marker, body, failed });
    if (posted === 'none' || posted === 'unchanged') return undefined;
    return { text: posted === 'created' ? 'wrote a comment' : 'brought the comment up to date', problem: false };
  } catch (error) {
    if (!(error instanceof CommentError)) throw error;
    if (error.code === 'failed') {
      return { text: `no comment was written (${error.message}); the report is in this log`, problem: true };
    }
    const why = platform.change?.fork
      ? 'pull requests from forks get a token that may only read'
      : platform.name === 'gitlab'
        ? 'the token needs the scope api and the role Reporter'
        : 'the job needs permissions: {pull-requests: write}';
    return { text: `no comment was written (${error.message}): ${why}; the report is in this log`, problem: false };
  }
}

async function threadOf(
  { platform, env }: CommentRequest,
  number: number,
  token: string,
): Promise<CommentThread | undefined> {
  if (platform.name === 'github') {
    const { GITHUB_API_URL: apiUrl, GITHUB_REPOSITORY: repository } = env;
    if (!apiUrl || !repository) return undefined;
    const { githubThread } = await import('./github.ts');
    return await githubThread({ apiUrl, repository, number, token, env });
  }
  if (platform.name === 'gitlab') {
    const { CI_SERVER_URL: serverUrl, CI_MERGE_REQUEST_PROJECT_ID: projectId } = env;
    if (!serverUrl || !projectId) return undefined;
    const { gitlabThread } = await import('./gitlab.ts');
    return await gitlabThread({ serverUrl, projectId, number, token, env });
  }
  return undefined;
}
