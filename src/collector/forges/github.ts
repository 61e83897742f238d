import type { Octokit } from '@octokit/rest';
import { cleanText, cleanUrl } from '../clean.ts';
import type { ChangeInfo } from '../types.ts';
import { ForgeError, forgeErrorIn, told } from './errors.ts';
import type { ForgeNetwork } from './network.ts';
import type { Commit, Forge, ForgeRepository, FoundChange, GoModAnswer } from './types.ts';
import { firstGoMod, listed, sameRepository } from './words.ts';

const PAGE = 100;
/** Reviews of one pull request that are read, in pages. */
const REVIEW_PAGES = 5;

const OWNER_AND_NAME = /^[A-Za-z0-9_.-]{1,100}\/[A-Za-z0-9_.-]{1,100}$/;

type Answers = Pick<Forge, 'changeOf' | 'repositoriesOf' | 'goModOf'>;

/**
 * GitHub, by @octokit/rest. It has no token and no network of its own: both are in `network`, which also knows when
 * GitHub wants to be left alone.
 */
export async function githubForge(api: string, network: ForgeNetwork): Promise<Answers> {
  const { Octokit } = await import('@octokit/rest');
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const octokit = new Octokit({ baseUrl: api, log: quiet, request: { fetch: fetchOver(network) } });
  return {
    changeOf: commit => told('GitHub', () => changeOf(octokit, commit)),
    repositoriesOf: owner => repositoriesOf(octokit, owner),
    goModOf: repository => told('GitHub', () => goModOf(octokit, repository)),
  };
}

/** Headers that the client looks at. */
const SHOWN = ['content-type', 'link', 'location', 'etag'];

/** A fetch for the client: the answers of the network as Response; what the network throws goes through. */
function fetchOver(network: ForgeNetwork): (url: string, init?: RequestInit) => Promise<Response> {
  return async (url, init) => {
    const accept = new Headers(init?.headers).get('accept') ?? undefined;
    const { status, header, body } = await network.get(new URL(url), accept);
    const headers = SHOWN.flatMap(name => {
      const value = header(name);
      return value === undefined ? [] : [[name, value] as [string, string]];
    });
    return new Response(status === 204 || status === 205 ? null : new Uint8Array(body), { status, headers });
  };
}

type Pull = Awaited<ReturnType<Octokit['rest']['pulls']['get']>>['data'];

async function changeOf(octokit: Octokit, commit: Commit): Promise<FoundChange | undefined> {
  if (!OWNER_AND_NAME.test(commit.repository) || !/^[0-9a-f]{40,64}$/.test(commit.sha)) return undefined;
  const [owner = '', repo = ''] = commit.repository.split('/');
  if (/^\.+$/.test(owner) || /^\.+$/.test(repo)) return undefined;
  const number = await numberOf(octokit, owner, repo, commit);
  if (number === undefined) return undefined;
  const at = { owner, repo, pull_number: number };
  const { data: pull } = await octokit.rest.pulls.get(at);
  const approvers = await approversOf(octokit, at);
  return { change: infoOf(pull, approvers), settled: pull.state !== 'open' };
}

/** The pull request of a commit: what the job says it ran for, else the one that brought the commit in. */
async function numberOf(
  octokit: Octokit,
  owner: string,
  repo: string,
  commit: Commit,
): Promise<number | undefined> {
  // The merge that GitHub makes for a job belongs to no pull request that its interface would tell.
  if (/^[1-9]\d{0,9}$/.test(commit.change)) return Number(commit.change);
  const { data } = await octokit.rest.repos.listPullRequestsAssociatedWithCommit({
    owner,
    repo,
    commit_sha: commit.sha,
    per_page: PAGE,
  });
  const own = listed(data).filter(({ base }) =>
    sameRepository(commit, base?.repo?.full_name, base?.repo?.id),
  );
  const rank = (pull: (typeof own)[number]): number =>
    (pull.merged_at ? 0 : pull.state === 'open' ? 2 : 4) + (pull.merge_commit_sha === commit.sha ? 0 : 1);
  // Of several that were merged the first one brought it in.
  return own.toSorted((a, b) => rank(a) - rank(b) || a.number - b.number)[0]?.number;
}

/** Who approves of it: the last word of each reviewer counts, and a comment is none. */
async function approversOf(
  octokit: Octokit,
  at: { readonly owner: string; readonly repo: string; readonly pull_number: number },
): Promise<string[]> {
  const last = new Map<string, string>();
  try {
    for (let page = 1; page <= REVIEW_PAGES; page++) {
      const { data } = await octokit.rest.pulls.listReviews({ ...at, per_page: PAGE, page });
      for (const { user, state } of listed(data)) {
        if (user?.login && state !== 'COMMENTED' && state !== 'PENDING') last.set(user.login, state);
      }
      if (data.length < PAGE) break;
    }
  } catch (error) {
    // A token that may read pull requests and not their reviews still tells the rest.
    const found = forgeErrorIn(error);
    if (!(found instanceof ForgeError && (found.code === 'denied' || found.code === 'absent'))) throw error;
  }
  return [...last].filter(([, state]) => state === 'APPROVED').map(([login]) => login);
}

const MAX_TEXT = 512;

function infoOf(pull: Pull, approvers: readonly string[]): ChangeInfo {
  const text = (value: unknown): string => cleanText(typeof value === 'string' ? value : '', MAX_TEXT);
  return {
    number: Number(pull.number),
    url: cleanUrl(typeof pull.html_url === 'string' ? pull.html_url : ''),
    title: text(pull.title),
    author: text(pull.user?.login),
    mergedBy: text(pull.merged_by?.login),
    approvers: approvers.map(text),
  };
}

async function* repositoriesOf(octokit: Octokit, owner: string): AsyncGenerator<ForgeRepository[]> {
  for (let page = 1; ; page++) {
    const { data, link } = await told('GitHub', () => pageOf(octokit, owner, page));
    yield data.flatMap(repository => {
      const { id, full_name, html_url, default_branch, fork, archived, disabled, pushed_at } = repository;
      if (typeof full_name !== 'string' || !OWNER_AND_NAME.test(full_name)) return [];
      return [
        {
          id: String(id),
          path: full_name,
          url: cleanUrl(String(html_url)),
          branch: default_branch ?? '',
          fork: fork === true,
          archived: archived === true || disabled === true,
          empty: pushed_at === null,
          stamp: `${pushed_at ?? ''} ${default_branch ?? ''}`,
        },
      ];
    });
    if (!/;\s*rel="next"/.test(link)) return;
  }
}

/** An organisation shows those that the token may see; for a user only public ones are listed. */
async function pageOf(octokit: Octokit, owner: string, page: number) {
  const paging = { per_page: PAGE, page };
  const { data, headers } = await octokit.rest.repos
    .listForOrg({ org: owner, type: 'all', sort: 'full_name', ...paging })
    .catch(async (error: unknown) => {
      const found = forgeErrorIn(error);
      if (!(found instanceof ForgeError && found.code === 'absent')) throw error;
      return await octokit.rest.repos.listForUser({ username: owner, sort: 'full_name', ...paging });
    });
  return { data: listed(data), link: headers.link ?? '' };
}

/**
 * The file at the root costs a small answer, and nearly every Go repository has it; the list of all files is asked for
 * otherwise. Code search would be one request for many, but shows 1,000 results, no forks, and ten pages a minute.
 */
async function goModOf(octokit: Octokit, { path, branch }: ForgeRepository): Promise<GoModAnswer> {
  const [owner = '', repo = ''] = path.split('/');
  try {
    const { data } = await octokit.rest.repos.getContent({
      owner,
      repo,
      path: 'go.mod',
      mediaType: { format: 'object' },
    });
    // A directory or a submodule can have the name, too.
    if (!Array.isArray(data) && data.type === 'file') return { state: 'found', path: 'go.mod' };
  } catch (error) {
    const found = forgeErrorIn(error);
    if (!(found instanceof ForgeError && found.code === 'absent')) throw error;
  }
  try {
    const { data } = await octokit.rest.git.getTree({
      owner,
      repo,
      tree_sha: branch === '' ? 'HEAD' : branch,
      recursive: '1',
    });
    const files = listed(data.tree).flatMap(({ path: file, type }) =>
      type === 'blob' && typeof file === 'string' ? [file] : [],
    );
    const nested = firstGoMod(files);
    if (nested !== undefined) return { state: 'found', path: nested };
    return { state: data.truncated ? 'unknown' : 'none' };
  } catch (error) {
    const found = forgeErrorIn(error);
    if (found instanceof ForgeError && (found.status === 409 || found.code === 'absent'))
      return { state: 'empty' };
    throw error;
  }
}
