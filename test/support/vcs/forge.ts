import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gitBackend } from '../git-server.ts';
import { tempDir } from '../temp.ts';
import type { Grant, Login, Refusal, Token } from './access.ts';
import { githubGoGet, githubRefusal } from './github.ts';
import { gitlabGoGet, gitlabRefusal } from './gitlab.ts';
import { type Commit, Repositories } from './repositories.ts';
import { basicOf, type Site, type SiteOptions, startSite } from './site.ts';

export interface ForgeOptions {
  /** Whose words and rules. */
  readonly kind: 'gitlab' | 'github';
  /** The name that clients know it by, with the port when it is not the usual one. */
  readonly host: string;
  readonly tls?: NonNullable<SiteOptions['tls']>;
  /** Clone URLs that `?go-get=1` names are `ssh://git@HOST/…` then, as where git over http is switched off. */
  readonly protocol?: 'ssh';
  readonly latencyMs?: number;
}

/** A forge with private repositories, served by git's own backend. */
export interface Forge extends Site {
  readonly host: string;
  readonly repositories: Repositories;
  /** Paths of projects that were moved away, to the URL of their new repository: every request is redirected. */
  readonly moved: Map<string, string>;
  /** Adds commits to `group/sub/lib`; what is new is private unless said otherwise. */
  publish(project: string, commits: readonly Commit[], visible?: 'private' | 'public'): Promise<void>;
  /** A new token; its secret has the prefix of its kind. */
  grant(grant: Grant): Token;
  /** Takes a token back, or all of them. */
  revoke(token?: Token): void;
}

export async function startForge(options: ForgeOptions): Promise<Forge> {
  const { kind, host, tls, protocol } = options;
  const dir = await tempDir('forge');
  const repositories = new Repositories(dir.path);
  const projects = new Map<string, { readonly public: boolean }>();
  const tokens: Token[] = [];
  const moved = new Map<string, string>();
  const scheme = tls === undefined ? 'http' : 'https';

  const refusal = (project: string, login: Login | undefined): Refusal | undefined =>
    (kind === 'gitlab' ? gitlabRefusal : githubRefusal)(projects, tokens, project, login);

  const goGet = (path: string, login: Login | undefined, response: ServerResponse): boolean => {
    const project =
      kind === 'gitlab' ? gitlabGoGet(projects, tokens, path, login) : githubGoGet(projects, path);
    if (project === undefined) return false;
    const clone =
      protocol === 'ssh' ? `ssh://git@${host}/${project}.git` : `${scheme}://${host}/${project}.git`;
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(goImport(`${host}/${project}`, clone));
    return true;
  };

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const at = new URL(request.url ?? '/', 'http://none.example.test');
    const login = basicOf(request.headers.authorization);
    const path = decodeURIComponent(at.pathname).replace(/^\/|\/$/g, '');
    const [, gone = '', below = ''] = /^(.+?)(?:\.git)?(\/info\/refs|\/git-upload-pack|)$/.exec(path) ?? [];
    const target = moved.get(gone);
    if (target !== undefined) {
      response.writeHead(302, { location: `${target}${below}${at.search}` }).end();
      return;
    }
    if (at.searchParams.get('go-get') === '1' && goGet(path, login, response)) return;
    const [, named, rest] = /^(.+?)\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(path) ?? [];
    if (named === undefined) {
      page(kind, response, path);
      return;
    }
    const project = named.replace(/\.git$/, '');
    if (kind === 'gitlab' && project === named) {
      response.writeHead(301, { location: `${scheme}://${host}/${project}.git/${rest}${at.search}` }).end();
      return;
    }
    const refused = refusal(project, login);
    if (refused === undefined) gitBackend(repositories.root, request, response, `/${project}.git/${rest}`);
    else refuse(response, refused);
  };

  const { latencyMs = 0 } = options;
  const site = await startSite({ name: host, ...(tls === undefined ? {} : { tls }), answer, latencyMs });
  return {
    ...site,
    host,
    repositories,
    moved,
    publish: async (project, commits, visible = 'private') => {
      await repositories.publish(project, commits);
      if (!projects.has(project)) projects.set(project, { public: visible === 'public' });
    },
    grant: grant => {
      const token = { ...newLogin(kind, grant), grant };
      tokens.push(token);
      return token;
    },
    revoke: token => {
      if (token === undefined) tokens.length = 0;
      else tokens.splice(tokens.indexOf(token), 1);
    },
    [Symbol.asyncDispose]: async () => {
      await site[Symbol.asyncDispose]();
      await dir[Symbol.asyncDispose]();
    },
  };
}

function newLogin(kind: ForgeOptions['kind'], grant: Grant): Login {
  const random = randomBytes(15).toString('hex');
  if (grant.kind === 'job') return { username: 'gitlab-ci-token', secret: `glcbt-64_${random}` };
  if (grant.kind === 'deploy') {
    return { username: grant.username ?? 'gitlab+deploy-token-1', secret: `gldt-${random}` };
  }
  if (grant.kind === 'installation') return { username: 'x-access-token', secret: `ghs_${random}` };
  return kind === 'gitlab'
    ? { username: grant.username ?? 'oauth2', secret: `glpat-${random}` }
    : { username: grant.username ?? 'x-access-token', secret: `ghp_${random}` };
}

/** The page that names where a module's code lies. */
export function goImport(prefix: string, repository: string): string {
  return `<html><head><meta name="go-import" content="${prefix} git ${repository}" /></head><body>go get ${prefix}</body></html>`;
}

/** What people get to see who are not signed in. */
function page(kind: ForgeOptions['kind'], response: ServerResponse, path: string): void {
  if (path === 'users/sign_in') {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Sign in</body></html>');
  } else if (kind === 'gitlab') {
    response.writeHead(302, { location: '/users/sign_in', 'content-type': 'text/html' });
    response.end('<html><body>You are being <a href="/users/sign_in">redirected</a>.</body></html>');
  } else {
    response.writeHead(404, { 'content-type': 'text/html' }).end('<html><body>Not Found</body></html>');
  }
}

function refuse(response: ServerResponse, { status, body, challenge }: Refusal): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    ...(challenge === undefined ? {} : { 'www-authenticate': `Basic realm="${challenge}"` }),
  });
  response.end(`${body}\n`);
}
