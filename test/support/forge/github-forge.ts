import { pageOf, type Reply, type RestServer, startRest } from './rest-server.ts';

export interface FakePull {
  readonly number: number;
  readonly title?: string;
  readonly author?: string;
  /** Commits that belong to it. */
  readonly commits?: readonly string[];
  state?: 'open' | 'closed';
  mergedBy?: string;
  mergeCommit?: string;
  /** Repository it goes to, when that is another than the one it is listed in. */
  readonly base?: { readonly id: number; readonly full_name: string };
  readonly reviews?: readonly (readonly [login: string, state: string])[];
}

export interface FakeRepo {
  readonly id: number;
  readonly full_name: string;
  readonly private?: boolean;
  readonly fork?: boolean;
  readonly archived?: boolean;
  readonly empty?: boolean;
  readonly files?: readonly string[];
  readonly truncated?: boolean;
  readonly commits?: readonly string[];
  readonly pulls?: readonly FakePull[];
}

export interface GitHubForge extends RestServer {
  readonly repos: FakeRepo[];
  /** A user and not an organisation. */
  readonly users: Set<string>;
  /** Requests that are left until `reset` (seconds since 1970). */
  limit: { remaining: number; reset: number };
}

const DOCS = 'https://docs.example.test/rest';
const BASE = '/api/v3';

/**
 * GitHub's REST interface as far as changes and repositories go: pages with Link headers, 404 for what a token may not
 * see, 401 for one that is wrong, 403 with headers at the limit, 422 for unknown commits, 409 for an empty repository.
 */
export async function startGitHubForge(token: string): Promise<GitHubForge> {
  const repos: FakeRepo[] = [];
  const users = new Set<string>();
  const forge: GitHubForge = Object.assign(
    await startRest(BASE, (at, given) => {
      const limited = limit();
      const reply = limited ?? answer(at, given);
      const { remaining, reset } = forge.limit;
      const headers = {
        'x-ratelimit-limit': '5000',
        'x-ratelimit-remaining': String(remaining),
        'x-ratelimit-reset': String(reset),
        'x-ratelimit-resource': 'core',
      };
      return { ...reply, headers: { ...headers, ...reply.headers } };
    }),
    { repos, users, limit: { remaining: 5000, reset: Math.ceil(Date.now() / 1000) + 3600 } },
  );

  function limit(): Reply | undefined {
    const now = Date.now() / 1000;
    if (forge.limit.reset <= now) forge.limit = { remaining: 5000, reset: Math.ceil(now) + 3600 };
    if (forge.limit.remaining > 0) {
      forge.limit.remaining--;
      return undefined;
    }
    return failure(403, 'API rate limit exceeded for user ID 1.');
  }

  function answer(at: URL, given: string | undefined): Reply {
    if (given !== undefined && given !== `Bearer ${token}` && given !== `token ${token}`)
      return failure(401, 'Bad credentials');
    const seen = repos.filter(repo => given !== undefined || !repo.private);
    const listOf = /^\/(orgs|users)\/([^/]+)\/repos$/.exec(at.pathname);
    if (listOf) {
      const owner = (listOf[2] ?? '').toLowerCase();
      const own = seen.filter(repo => repo.full_name.toLowerCase().startsWith(`${owner}/`));
      const known = users.has(owner) || own.length > 0;
      if (!known || (listOf[1] === 'orgs' && users.has(owner))) return failure(404, 'Not Found');
      return paged(own.map(asRepository), at);
    }
    const [, name = '', rest = ''] = /^\/repos\/([^/]+\/[^/]+)(\/.*)?$/.exec(decodeURI(at.pathname)) ?? [];
    const repo = seen.find(({ full_name }) => full_name.toLowerCase() === name.toLowerCase());
    if (repo === undefined) return failure(404, 'Not Found');
    return answerRepo(repo, rest, at);
  }

  function answerRepo(repo: FakeRepo, rest: string, at: URL): Reply {
    const { pulls = [], commits = [], files = [], empty = false, truncated = false } = repo;
    const sha = /^\/commits\/([^/]+)\/pulls$/.exec(rest)?.[1];
    if (sha !== undefined) {
      const of = pulls.filter(pull => pull.commits?.includes(sha) || pull.mergeCommit === sha);
      if (of.length === 0 && !commits.includes(sha)) return failure(422, `No commit found for SHA: ${sha}`);
      return paged(
        of.map(pull => asPull(repo, pull)),
        at,
      );
    }
    const [, number, reviews] = /^\/pulls\/(\d+)(\/reviews)?$/.exec(rest) ?? [];
    const pull = pulls.find(one => one.number === Number(number));
    if (pull !== undefined && reviews !== undefined) {
      const rows = (pull.reviews ?? []).map(([login, state], index) => ({
        id: index,
        user: { login },
        state,
        body: '',
      }));
      return paged(rows, at);
    }
    if (pull !== undefined) {
      const merged_by = pull.mergedBy === undefined ? null : { login: pull.mergedBy };
      return { status: 200, body: { ...asPull(repo, pull), merged_by, merged: merged_by !== null } };
    }
    if (rest.startsWith('/contents/')) {
      const path = rest.slice('/contents/'.length);
      if (empty) return failure(404, 'This repository is empty.');
      if (!files.includes(path)) return failure(404, 'Not Found');
      return {
        status: 200,
        body: { type: 'file', name: path, path, size: 20, encoding: 'base64', content: '' },
      };
    }
    if (rest.startsWith('/git/trees/')) {
      if (empty) return failure(409, 'Git Repository is empty.');
      const tree = files.map(path => ({ path, mode: '100644', type: 'blob', sha: '0'.repeat(40), size: 1 }));
      const folders = [...new Set(files.flatMap(path => path.split('/').slice(0, -1)))];
      const dirs = folders.map(path => ({ path, mode: '040000', type: 'tree', sha: '1'.repeat(40) }));
      return { status: 200, body: { sha: '2'.repeat(40), tree: [...dirs, ...tree], truncated } };
    }
    return failure(404, 'Not Found');
  }

  function asRepository(repo: FakeRepo) {
    const { id, full_name, fork = false, archived = false, empty = false } = repo;
    return {
      id,
      full_name,
      private: repo.private ?? false,
      html_url: `${forge.url}/${full_name}`,
      fork,
      archived,
      disabled: false,
      default_branch: 'main',
      size: empty ? 0 : 10,
      pushed_at: '2026-11-01T00:00:00Z',
      language: 'Go',
    };
  }

  function asPull(repo: FakeRepo, pull: FakePull) {
    return {
      number: pull.number,
      html_url: `${forge.url}/${repo.full_name}/pull/${pull.number}`,
      title: pull.title ?? `change ${pull.number}`,
      user: { login: pull.author ?? 'eve' },
      state: pull.state ?? (pull.mergedBy === undefined ? 'open' : 'closed'),
      merged_at: pull.mergedBy === undefined ? null : '2026-11-20T12:00:00Z',
      merge_commit_sha: pull.mergeCommit ?? null,
      base: { ref: 'main', repo: pull.base ?? { id: repo.id, full_name: repo.full_name } },
    };
  }

  function paged(list: readonly unknown[], at: URL): Reply {
    const { rows, page, pages } = pageOf(list, at, 30);
    const link = (to: number, rel: string): string => {
      const target = new URL(forge.url + BASE + at.pathname + at.search);
      target.searchParams.set('page', String(to));
      return `<${target.href}>; rel="${rel}"`;
    };
    const links = page < pages ? [link(page + 1, 'next'), link(pages, 'last')] : [];
    if (page > 1) links.unshift(link(page - 1, 'prev'), link(1, 'first'));
    return { status: 200, body: rows, headers: links.length > 0 ? { link: links.join(', ') } : {} };
  }

  return forge;
}

function failure(status: number, message: string): Reply {
  return { status, body: { message, documentation_url: DOCS, status: String(status) } };
}
