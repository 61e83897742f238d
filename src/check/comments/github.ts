import type { Env } from '../../platform/types.ts';
import { dispatcherOf, REQUEST_MS } from './network.ts';
import { type Comment, type CommentError, type CommentThread, commentError } from './thread.ts';

export interface GitHubThread {
  /** Base of the REST interface (`GITHUB_API_URL`). */
  readonly apiUrl: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly number: number;
  readonly token: string;
  readonly env: Env;
}

/** The comments of a pull request, by @octokit/rest. */
export async function githubThread(options: GitHubThread): Promise<CommentThread> {
  const [{ Octokit }, { retry }, { fetch }, dispatcher] = await Promise.all([
    import('@octokit/rest'),
    import('@octokit/plugin-retry'),
    import('undici'),
    dispatcherOf(options.env),
  ]);
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const octokit = new (Octokit.plugin(retry))({
    auth: options.token,
    baseUrl: options.apiUrl,
    log: quiet,
    // Of the plugin, not of `request`: given there it retries what must not be retried, too.
    retry: { retries: 2, doNotRetry: [400, 401, 403, 404, 410, 422, 451] },
    request: {
      fetch: (url: string, init: object) =>
        fetch(url, { ...init, dispatcher, signal: AbortSignal.timeout(REQUEST_MS) }),
    },
  });
  const [owner = '', repo = ''] = options.repository.split('/');
  const issue = { owner, repo, issue_number: options.number };
  return {
    async me() {
      try {
        // The token of a job is an app's: GET /user refuses it, and only this tells its account.
        const { viewer } = await octokit.graphql<{ viewer: { login: string } }>('query { viewer { login } }');
        return viewer.login;
      } catch (error) {
        throw refused('asking whose token this is', error);
      }
    },
    async *list(): AsyncGenerator<Comment> {
      try {
        const pages = octokit.paginate.iterator(octokit.rest.issues.listComments, {
          ...issue,
          per_page: 100,
        });
        for await (const { data } of pages) {
          for (const { id, user, body } of data) yield { id, author: user?.login ?? '', body: body ?? '' };
        }
      } catch (error) {
        throw refused('reading the comments of the pull request', error);
      }
    },
    async create(body) {
      await octokit.rest.issues.createComment({ ...issue, body }).catch((error: unknown) => {
        throw refused('commenting on the pull request', error);
      });
    },
    async update(comment_id, body) {
      await octokit.rest.issues.updateComment({ owner, repo, comment_id, body }).catch((error: unknown) => {
        throw refused('changing the comment on the pull request', error);
      });
    },
  };
}

function refused(doing: string, error: unknown): CommentError {
  const status = (error as { status?: unknown } | undefined)?.status;
  return commentError(doing, typeof status === 'number' && status < 500 ? status : undefined, error);
}
