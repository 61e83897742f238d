import { pageOf, type Reply, type RestServer, startRest } from './rest-server.ts';

export interface FakeMergeRequest {
  readonly iid: number;
  readonly title?: string;
  readonly author?: string;
  readonly commits?: readonly string[];
  state?: 'opened' | 'merged' | 'closed';
  mergedBy?: string;
  readonly approvedBy?: readonly string[];
  /** Project it goes to, when that is another than the one it is listed in. */
  readonly target?: { readonly id: number; readonly path: string };
}

export interface FakeProject {
  readonly id: number;
  readonly path: string;
  readonly private?: boolean;
  readonly fork?: boolean;
  readonly archived?: boolean;
  readonly empty?: boolean;
  readonly files?: readonly string[];
  readonly commits?: readonly string[];
  readonly requests?: readonly FakeMergeRequest[];
}

export interface GitLabForge extends RestServer {
  readonly projects: FakeProject[];
  /** Names that are users and not groups. */
  readonly users: Set<string>;
  /** Whether who approves may be asked. */
  approvals: boolean;
  /** Seconds to wait, for the next requests that are over the limit. */
  readonly limited: number[];
}

/**
 * GitLab's REST interface as far as changes and projects go: projects by number or path, pages with its headers, 404 for
 * what a token may not see, 401 for one that is wrong, 429 at the limit.
 */
export async function startGitLabForge(token: string): Promise<GitLabForge> {
  const projects: FakeProject[] = [];
  const users = new Set<string>();
  const forge: GitLabForge = Object.assign(await startRest('/api/v4', answer), {
    projects,
    users,
    approvals: true,
    limited: [] as number[],
  });

  function answer(at: URL, given: string | undefined): Reply {
    const wait = forge.limited.shift();
    if (wait !== undefined) {
      const headers = { 'retry-after': String(wait), 'ratelimit-remaining': '0', 'ratelimit-limit': '60' };
      return { status: 429, body: { message: 'Retry later' }, headers };
    }
    if (given !== undefined && given !== `Bearer ${token}` && given !== token)
      return { status: 401, body: { message: '401 Unauthorized' } };
    const seen = projects.filter(project => given !== undefined || !project.private);
    const [, kind, name = ''] = /^\/(groups|users)\/([^/]+)\/projects$/.exec(at.pathname) ?? [];
    if (kind !== undefined) {
      const owner = decodeURIComponent(name).toLowerCase();
      const deep = at.searchParams.get('include_subgroups') === 'true';
      const own = seen.filter(({ path }) => {
        const inside = path.toLowerCase().startsWith(`${owner}/`);
        return inside && (deep || kind === 'users' || !path.slice(owner.length + 1).includes('/'));
      });
      const isUser = users.has(owner);
      if (isUser !== (kind === 'users') || (own.length === 0 && !isUser))
        return { status: 404, body: { message: `404 ${kind === 'users' ? 'User' : 'Group'} Not Found` } };
      return paged(own.map(asProject), at);
    }
    const [, which = '', rest = ''] = /^\/projects\/([^/]+)(\/.*)?$/.exec(at.pathname) ?? [];
    const wanted = decodeURIComponent(which).toLowerCase();
    const project = seen.find(({ id, path }) => String(id) === wanted || path.toLowerCase() === wanted);
    if (project === undefined) return missing('Project');
    return answerProject(project, rest, at);
  }

  function answerProject(project: FakeProject, rest: string, at: URL): Reply {
    const { requests = [], commits = [], files = [], empty = false } = project;
    const sha = /^\/repository\/commits\/([^/]+)\/merge_requests$/.exec(rest)?.[1];
    if (sha !== undefined) {
      const of = requests.filter(request => request.commits?.includes(sha));
      if (of.length === 0 && !commits.includes(sha)) return missing('Commit');
      return paged(
        of.map(request => asRequest(project, request)),
        at,
      );
    }
    const [, iid, approvals] = /^\/merge_requests\/(\d+)(\/approvals)?$/.exec(rest) ?? [];
    const request = requests.find(one => one.iid === Number(iid));
    if (request !== undefined && approvals !== undefined) {
      if (!forge.approvals) return { status: 403, body: { message: '403 Forbidden' } };
      const approved_by = (request.approvedBy ?? []).map(username => ({ user: { id: 1, username } }));
      return { status: 200, body: { iid: request.iid, approved: approved_by.length > 0, approved_by } };
    }
    if (request !== undefined) {
      const merge_user = request.mergedBy === undefined ? null : { username: request.mergedBy };
      return { status: 200, body: { ...asRequest(project, request), merge_user, merged_by: merge_user } };
    }
    const file = /^\/repository\/files\/([^/]+)$/.exec(rest)?.[1];
    if (file !== undefined) {
      const path = decodeURIComponent(file);
      if (!at.searchParams.has('ref'))
        return { status: 400, body: { error: 'ref is missing, ref is empty' } };
      if (empty || !files.includes(path)) return missing(empty ? 'Commit' : 'File');
      return {
        status: 200,
        body: { file_name: path, file_path: path, size: 20, encoding: 'base64', content: '' },
      };
    }
    if (rest === '/search') {
      const filter = /^(.*?)\s*filename:(\S+)$/.exec(at.searchParams.get('search') ?? '');
      if (at.searchParams.get('scope') !== 'blobs' || !filter?.[1])
        return { status: 400, body: { error: 'search' } };
      const found = files.filter(path => path.includes(filter[2] ?? ''));
      return paged(
        found.map(path => ({
          basename: path,
          data: 'module',
          path,
          filename: path,
          ref: 'main',
          startline: 1,
          project_id: project.id,
        })),
        at,
      );
    }
    return { status: 404, body: { error: '404 Not Found' } };
  }

  function asProject(project: FakeProject) {
    const { id, path, fork = false, archived = false, empty = false } = project;
    return {
      id,
      path_with_namespace: path,
      web_url: `${forge.url}/${path}`,
      default_branch: empty ? null : 'main',
      archived,
      empty_repo: empty,
      last_activity_at: '2026-11-01T00:00:00.000Z',
      ...(fork ? { forked_from_project: { id: 1 } } : {}),
    };
  }

  function asRequest(project: FakeProject, request: FakeMergeRequest) {
    const target = request.target ?? project;
    const { iid } = request;
    return {
      id: 1000 + iid,
      iid,
      project_id: target.id,
      target_project_id: target.id,
      title: request.title ?? `change ${iid}`,
      state: request.state ?? (request.mergedBy === undefined ? 'opened' : 'merged'),
      web_url: `${forge.url}/${target.path}/-/merge_requests/${iid}`,
      author: { username: request.author ?? 'eve' },
      references: { short: `!${iid}`, relative: `!${iid}`, full: `${target.path}!${iid}` },
    };
  }

  return forge;
}

function missing(what: string): Reply {
  return { status: 404, body: { message: `404 ${what} Not Found` } };
}

function paged(list: readonly unknown[], at: URL): Reply {
  const { rows, page, size, pages } = pageOf(list, at, 20);
  return {
    status: 200,
    body: rows,
    headers: {
      'x-page': String(page),
      'x-per-page': String(size),
      'x-next-page': page < pages ? String(page + 1) : '',
      'x-prev-page': page > 1 ? String(page - 1) : '',
      'x-total': String(list.length),
      'x-total-pages': String(pages),
    },
  };
}
