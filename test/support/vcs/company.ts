import { request as httpRequest } from 'node:http';
import { type ForwardProxy, type ForwardProxyOptions, startForwardProxy } from '../forward-proxy.ts';
import { startUpstream, type Upstream, type UpstreamOptions } from '../upstream/upstream.ts';
import { type Authority, makeAuthority } from './authority.ts';
import { type Forge, goImport, startForge } from './forge.ts';
import { basicOf, clearText, type Site, type SiteOptions, startSite } from './site.ts';
import { type SshServer, startSshServer } from './ssh.ts';

export const GITLAB = 'gitlab.example.test';
export const GITHUB = 'github.example.test';
export const VANITY = 'go.example.test';
export const MIRROR = 'mirror.example.test';
export const ELSEWHERE = 'elsewhere.example.test';

/**
 * A company's network on loopback. Names exist only behind its proxy, so that nothing of the machine has to be changed:
 * `https://gitlab.example.test` is what a job with the variables of `env` gets to see. All servers but the ssh server
 * have certificates of the company's own authority and remember every request.
 */
export interface Company extends AsyncDisposable {
  readonly authority: Authority;
  readonly gitlab: Forge;
  readonly github: Forge;
  readonly ssh: SshServer;
  /** Answers `?go-get=1` for vanity paths. */
  readonly vanity: Site;
  /** Element after the host to the URL of the repository: `tool` → `https://gitlab.example.test/group/tool.git`. */
  readonly vanityPaths: Map<string, string>;
  /** The public modules' mirror, in TLS, and what stands behind it. */
  readonly mirror: Site;
  readonly publicModules: Upstream;
  /** A host that nobody configured. It takes every request and answers 404, or what `elsewhereAnswers` says. */
  readonly elsewhere: Site;
  readonly proxy: ForwardProxy;
  /** Variables of a job in this network: the proxy. No certificate, no login, no git setting. */
  readonly env: Readonly<Record<string, string>>;
  /** Other names: `HOST:PORT` to a loopback port. */
  readonly routes: Map<string, number>;
  /** Whatever any server of `except` or the proxy got to see, in clear; the names say where. */
  traffic(except?: readonly Site[]): { readonly where: string; readonly text: string }[];
}

export interface CompanyOptions {
  readonly upstream?: UpstreamOptions;
  /** What the mirror wants: `USER:PASSWORD` by Basic, or a token by Bearer. Nothing: it is open. */
  readonly mirrorLogin?: { readonly basic: string } | { readonly bearer: string };
  /** Clone URLs of the GitLab are ssh. */
  readonly gitlabProtocol?: 'ssh';
  /** How long a request to the GitLab is on its way, ms. */
  readonly latencyMs?: number;
  readonly proxy?: ForwardProxyOptions;
  /** What the unconfigured host says. */
  readonly elsewhereAnswers?: SiteOptions['answer'];
}

export async function startCompany(options: CompanyOptions = {}): Promise<Company> {
  const parts: AsyncDisposable[] = [];
  const use = <T extends AsyncDisposable>(part: T): T => {
    parts.unshift(part);
    return part;
  };
  const authority = use(await makeAuthority());
  const tls = authority;
  const { gitlabProtocol: protocol, latencyMs = 0 } = options;
  const gitlab = use(
    await startForge({
      kind: 'gitlab',
      host: GITLAB,
      tls,
      latencyMs,
      ...(protocol === undefined ? {} : { protocol }),
    }),
  );
  const github = use(await startForge({ kind: 'github', host: GITHUB, tls }));
  const ssh = use(await startSshServer(gitlab.repositories));
  const publicModules = use(await startUpstream(options.upstream));
  const mirror = use(
    await startSite({
      name: MIRROR,
      tls,
      answer: (request, response) => {
        if (!mayEnter(request.headers.authorization, options.mirrorLogin)) {
          response.writeHead(401, {
            'www-authenticate': 'Basic realm="Module mirror"',
            'content-type': 'text/plain',
          });
          response.end('Authentication is required\n');
          return;
        }
        const onward = httpRequest(publicModules.url + request.url, { headers: request.headers }, answer => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        });
        onward.on('error', () => response.destroy());
        onward.end();
      },
    }),
  );
  const vanityPaths = new Map<string, string>();
  const vanity = use(
    await startSite({
      name: VANITY,
      tls,
      answer: (request, response) => {
        const name = new URL(request.url ?? '/', 'http://none.example.test').pathname.split('/')[1] ?? '';
        const repository = vanityPaths.get(name);
        response.writeHead(repository === undefined ? 404 : 200, { 'content-type': 'text/html' });
        response.end(repository === undefined ? 'nothing here' : goImport(`${VANITY}/${name}`, repository));
      },
    }),
  );
  const elsewhere = use(
    await startSite({
      name: ELSEWHERE,
      tls,
      answer: options.elsewhereAnswers ?? ((_, response) => void response.writeHead(404).end('not here')),
    }),
  );
  const sites: readonly Site[] = [gitlab, github, mirror, vanity, elsewhere];
  const routes = new Map(sites.map(site => [`${site.name}:443`, site.port]));
  const proxy = use(await startForwardProxy(target => routes.get(target), options.proxy));
  const through = proxy.url.replace(
    '//',
    `//${options.proxy?.login === undefined ? '' : `${options.proxy.login}@`}`,
  );
  return {
    authority,
    gitlab,
    github,
    ssh,
    vanity,
    vanityPaths,
    mirror,
    publicModules,
    elsewhere,
    proxy,
    routes,
    env: {
      HTTP_PROXY: through,
      HTTPS_PROXY: through,
      http_proxy: through,
      https_proxy: through,
      NO_PROXY: '',
      no_proxy: '',
    },
    traffic: (except = []) => [
      ...sites
        .filter(site => !except.includes(site))
        .flatMap(site => site.seen.map(seen => ({ where: site.name, text: clearText(seen) }))),
      ...proxy.traffic.map(text => ({ where: 'company proxy', text })),
    ],
    [Symbol.asyncDispose]: async () => {
      for (const part of parts) await part[Symbol.asyncDispose]();
    },
  };
}

function mayEnter(header: string | undefined, login: CompanyOptions['mirrorLogin']): boolean {
  if (login === undefined) return true;
  if ('bearer' in login) return header === `Bearer ${login.bearer}`;
  const given = basicOf(header);
  return given !== undefined && `${given.username}:${given.secret}` === login.basic;
}
