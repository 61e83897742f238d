import type { Env } from '../../platform/types.ts';
import { dispatcherOf, REQUEST_MS } from './network.ts';
import { type Comment, type CommentError, type CommentThread, commentError } from './thread.ts';

export interface GitLabThread {
  /** Base URL of the server (`CI_SERVER_URL`). */
  readonly serverUrl: string;
  readonly projectId: string;
  readonly number: number;
  /** A project or group access token with the scope `api`: the job's own token may not write notes. */
  readonly token: string;
  readonly env: Env;
}

/** The notes of a merge request, by @gitbeaker/rest. */
export async function gitlabThread(options: GitLabThread): Promise<CommentThread> {
  const [{ MergeRequestNotes, Users }, undici, dispatcher] = await Promise.all([
    import('@gitbeaker/rest'),
    import('undici'),
    dispatcherOf(options.env),
  ]);
  // Gitbeaker takes no fetch, only a dispatcher for the global one; and Node's own fetch, which knows neither
  // the job's proxies nor the machine's authorities, refuses a dispatcher of another undici than its own.
  undici.install();
  undici.setGlobalDispatcher(dispatcher);
  const connection = { host: options.serverUrl, token: options.token, queryTimeout: REQUEST_MS };
  const notes = new MergeRequestNotes(connection);
  const users = new Users(connection);
  const { projectId, number } = options;
  return {
    async me() {
      try {
        return (await users.showCurrentUser()).username;
      } catch (error) {
        throw refused('asking whose token this is', error);
      }
    },
    async *list(): AsyncGenerator<Comment> {
      for (let page = 1; page > 0; ) {
        const found = await notes
          .all(projectId, number, {
            sort: 'asc',
            orderBy: 'created_at',
            perPage: 100,
            page,
            showExpanded: true,
          })
          .catch((error: unknown) => {
            throw refused('reading the notes of the merge request', error);
          });
        for (const { id, author, body } of found.data) {
          yield { id: Number(id), author: String(author.username), body: String(body) };
        }
        page = found.paginationInfo.next ?? 0;
      }
    },
    async create(body) {
      await notes.create(projectId, number, body).catch((error: unknown) => {
        throw refused('writing a note to the merge request', error);
      });
    },
    async update(id, body) {
      await notes.edit(projectId, number, id, { body }).catch((error: unknown) => {
        throw refused('changing the note of the merge request', error);
      });
    },
  };
}

function refused(doing: string, error: unknown): CommentError {
  const cause = (error as { cause?: { response?: { status?: unknown } } } | undefined)?.cause;
  const status = cause?.response?.status;
  return commentError(doing, typeof status === 'number' && status < 500 ? status : undefined, error);
}
