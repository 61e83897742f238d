import type { Commits } from '@gitbeaker/rest';
import { cleanText, cleanUrl } from '../clean.ts';
import { ForgeError, told } from './errors.ts';
import type { ForgeNetwork } from './network.ts';
import type { Commit, Forge, ForgeRepository, FoundChange, GoModAnswer } from './types.ts';
import { firstGoMod, listed, sameRepository } from './words.ts';

const PAGE = 100;
const MAX_TEXT = 512;
const MAX_APPROVERS = 500;

/** Segments of letters, digits, `_`, `-` and `.`, which do not begin with a dot or dash. */
const PROJECT_PATH =
  /^(?:[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,254})(?:\/[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,254}){1,20}$/u;

/** An object of an answer; what is in it is looked at before it is used. */
type Answer = Readonly<Record<string, unknown>>;

type Answers = Pick<Forge, 'changeOf' | 'repositoriesOf' | 'goModOf'>;

/**
 * GitLab, by @gitbeaker/rest. Its own requester retries a limit ten times within a second and follows redirects with
 * the token; `network` asks instead of it, and has the token.
 */
export async function gitlabForge(url: string, network: ForgeNetwork): Promise<Answers> {
  const gitbeaker = await import('@gitbeaker/rest');
  // Gitbeaker wants a token; the network sends the real one.
  const connection = { host: url, token: '', requesterFn: () => requesterOver(url, network) };
  const commits = new gitbeaker.Commits(connection);
  const requests = new gitbeaker.MergeRequests(connection);
  const approvals = new gitbeaker.MergeRequestApprovals(connection);
  const groups = new gitbeaker.Groups(connection);
  const users = new gitbeaker.Users(connection);
  const files = new gitbeaker.RepositoryFiles(connection);
  const search = new gitbeaker.Search(connection);

  /** The merge request of a commit: what the job says it ran for, else the one that brought the commit in. */
  async function numberOf(commit: Commit): Promise<number | undefined> {
    if (/^[1-9]\d{0,9}$/.test(commit.change)) return Number(commit.change);
    const found: Answer[] = listed(
      await commits.allMergeRequests(commit.repository, commit.sha, { perPage: PAGE, page: 1 }),
    );
    const own = found.filter(({ references, iid, project_id }) => {
      const { full } = (references ?? {}) as { full?: unknown };
      const path = typeof full === 'string' ? full.replace(`!${iid}`, '') : undefined;
      return sameRepository(commit, path, project_id);
    });
    const rank = ({ state }: Answer): number =>
      state === 'merged' ? 0 : state === 'opened' || state === 'locked' ? 1 : 2;
    // Of several that were merged the first one brought it in.
    const first = own.toSorted((a, b) => rank(a) - rank(b) || Number(a.iid) - Number(b.iid))[0];
    return first === undefined ? undefined : Number(first.iid);
  }

  async function changeOf(commit: Commit): Promise<FoundChange | undefined> {
    if (!PROJECT_PATH.test(commit.repository) || !/^[0-9a-f]{40,64}$/.test(commit.sha)) return undefined;
    const number = await numberOf(commit);
    if (number === undefined) return undefined;
    const request = (await requests.show(commit.repository, number)) as Answer;
    const { state, title, web_url, author, merge_user, merged_by } = request;
    return {
      change: {
        number,
        url: cleanUrl(typeof web_url === 'string' ? web_url : ''),
        title: text(title),
        author: userName(author),
        mergedBy: userName(merge_user ?? merged_by),
        approvers: await approversOf(commit.repository, number),
      },
      settled: state === 'merged' || state === 'closed',
    };
  }

  async function approversOf(project: string, number: number): Promise<string[]> {
    try {
      const { approved_by } = (await approvals.showConfiguration(project, { mergerequestIId: number })) as {
        approved_by?: { user?: unknown }[];
      };
      return listed(approved_by)
        .slice(0, MAX_APPROVERS)
        .map(one => userName(one?.user))
        .filter(name => name !== '');
    } catch (error) {
      // A token that may read merge requests and not who approved of them still tells the rest.
      if (error instanceof ForgeError && (error.code === 'denied' || error.code === 'absent')) return [];
      throw error;
    }
  }

  /** A group with all groups below it; else the projects of a user. */
  async function pageOf(owner: string, page: number) {
    const paging = { perPage: PAGE, page, showExpanded: true, orderBy: 'id', sort: 'asc' } as const;
    return await groups
      .allProjects(owner, { ...paging, includeSubgroups: true, withShared: false })
      .catch(async (error: unknown) => {
        if (!(error instanceof ForgeError && error.code === 'absent')) throw error;
        return await users.allProjects(owner, paging);
      });
  }

  async function* repositoriesOf(owner: string): AsyncGenerator<ForgeRepository[]> {
    for (let page = 1; page > 0; ) {
      const { data, paginationInfo } = await told('GitLab', () => pageOf(owner, page));
      yield listed<Answer>(data).flatMap(project => {
        const { id, path_with_namespace, web_url, default_branch, forked_from_project, last_activity_at } =
          project;
        if (typeof path_with_namespace !== 'string' || !PROJECT_PATH.test(path_with_namespace)) return [];
        return [
          {
            id: String(id),
            path: path_with_namespace,
            url: cleanUrl(String(web_url)),
            branch: typeof default_branch === 'string' ? default_branch : '',
            fork: forked_from_project !== undefined && forked_from_project !== null,
            archived: project.archived === true,
            empty: project.empty_repo === true || project.repository_access_level === 'disabled',
            stamp: `${last_activity_at ?? ''} ${default_branch ?? ''}`,
          },
        ];
      });
      page = ('next' in paginationInfo ? paginationInfo.next : null) ?? 0;
    }
  }

  /**
   * The file at the root, else a search of the project for the word that every go.mod has: the list of all files comes
   * 100 at a time. Search of a whole group would take a server with advanced search.
   */
  async function goModOf({ path, branch }: ForgeRepository): Promise<GoModAnswer> {
    try {
      await files.show(path, 'go.mod', branch === '' ? 'HEAD' : branch);
      return { state: 'found', path: 'go.mod' };
    } catch (error) {
      if (!(error instanceof ForgeError && error.code === 'absent')) throw error;
    }
    try {
      const found: Answer[] = listed(
        await search.all('blobs', 'module filename:go.mod', { projectId: path, perPage: PAGE, page: 1 }),
      );
      const names = found.flatMap(({ path: file, filename }) =>
        typeof file === 'string' ? [file] : typeof filename === 'string' ? [filename] : [],
      );
      const nested = firstGoMod(names);
      if (nested !== undefined) return { state: 'found', path: nested };
      return { state: found.length < PAGE ? 'none' : 'unknown' };
    } catch (error) {
      if (!(error instanceof ForgeError)) throw error;
      if (error.code === 'absent') return { state: 'empty' };
      if (error.code === 'denied' || error.status === 400) return { state: 'unknown' };
      throw error;
    }
  }

  return {
    changeOf: commit => told('GitLab', () => changeOf(commit)),
    repositoriesOf,
    goModOf: repository => told('GitLab', () => goModOf(repository)),
  };
}

/** What gitbeaker asks with: its parameters in snake case, answers of the network as it wants them. */
function requesterOver(url: string, network: ForgeNetwork): Commits['requester'] {
  const get = async (endpoint: string, options: { searchParams?: Record<string, unknown> } = {}) => {
    const target = new URL(`${url}/api/v4/${endpoint}`);
    for (const [name, value] of Object.entries(options.searchParams ?? {})) {
      if (value === undefined || value === null) continue;
      target.searchParams.set(
        name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`),
        String(value),
      );
    }
    const { status, header, body } = await network.get(target, undefined);
    const names = ['link', 'x-next-page', 'x-page', 'x-per-page', 'x-prev-page', 'x-total', 'x-total-pages'];
    const headers = Object.fromEntries(names.map(name => [name, header(name) ?? '']));
    return { status, headers, body: JSON.parse(body.toString('utf8')) as never };
  };
  const never = (): never => {
    throw new ForgeError('failed', 'a forge is only asked, never told anything');
  };
  return { get, post: never, put: never, patch: never, delete: never };
}

function text(value: unknown): string {
  return cleanText(typeof value === 'string' ? value : '', MAX_TEXT);
}

function userName(user: unknown): string {
  return text((user as { username?: unknown } | null | undefined)?.username);
}
