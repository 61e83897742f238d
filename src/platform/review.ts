import { pageUrl } from './claims.ts';
import type { Env, Platform } from './types.ts';

/** Where the comments of a change live; what a client needs besides a token. */
export type CommentPlace =
  | {
      readonly forge: 'github';
      readonly apiUrl: string;
      readonly repository: string;
      readonly number: number;
    }
  | {
      readonly forge: 'gitlab';
      readonly serverUrl: string;
      readonly projectId: string;
      readonly number: number;
    };

/** Where people review what a job reports on. */
export interface Review {
  /** Page that shows a line of a file as this job sees it; undefined off CI. */
  fileUrl(file: string, line: number): string | undefined;
  /** Undefined where there is no pull or merge request. */
  readonly comments: CommentPlace | undefined;
  /** What a token needs to write there; follows a colon. */
  readonly writeAdvice: string;
}

const NONE: Review = { fileUrl: () => undefined, comments: undefined, writeAdvice: '' };

/** The review pages of a job. Nothing in the environment is taken for a URL unless it is one of http or https. */
export function reviewOf(env: Env, { name, change }: Pick<Platform, 'name' | 'change'>): Review {
  const number = change?.number;
  if (name === 'github') {
    const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_API_URL: apiUrl } = env;
    return {
      fileUrl: page(server, `${repository}/blob`, change?.headSha ?? env.GITHUB_SHA),
      comments:
        number !== undefined && isWeb(apiUrl) && repository
          ? { forge: 'github', apiUrl, repository, number }
          : undefined,
      writeAdvice: change?.fork
        ? 'the token of a pull request from a fork may only read'
        : 'the job needs permissions: {pull-requests: write}',
    };
  }
  if (name === 'gitlab') {
    const { CI_PROJECT_URL: project, CI_SERVER_URL: serverUrl, CI_MERGE_REQUEST_PROJECT_ID: projectId } = env;
    return {
      fileUrl: page(project, '-/blob', env.CI_COMMIT_SHA),
      comments:
        number !== undefined && isWeb(serverUrl) && projectId
          ? { forge: 'gitlab', serverUrl, projectId, number }
          : undefined,
      writeAdvice: 'MODGATE_NOTE_TOKEN needs the scope api and the role Reporter',
    };
  }
  return NONE;
}

/** Pages of a commit's files below `path` of a server. */
function page(server: string | undefined, path: string, commit: string | undefined): Review['fileUrl'] {
  if (!commit || !/^[0-9a-f]{40,64}$/.test(commit)) return () => undefined;
  return (file, line) => {
    const url = pageUrl(server, path, commit, file);
    return url === undefined ? undefined : `${url}#L${line}`;
  };
}

function isWeb(url: string | undefined): url is string {
  return url !== undefined && /^https?:\/\//.test(url) && URL.canParse(url);
}
