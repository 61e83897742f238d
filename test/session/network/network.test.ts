import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULTS } from '../../../src/config/defaults.ts';
import { layerOf } from '../../../src/config/layers.ts';
import type { Config } from '../../../src/config/types.ts';
import { childEnvironment, type GitSetting } from '../../../src/session/fetch/children.ts';
import { type Network, openNetwork } from '../../../src/session/network/network.ts';
import type { Acceptance } from '../../../src/session/policy/accepted.ts';
import { startForwardProxy } from '../../support/forward-proxy.ts';
import { gitServer } from '../../support/git-server.ts';
import { type GoWorld, goWorld } from '../../support/go.ts';
import { type Finished, run } from '../../support/process.ts';
import { startSocksProxy } from '../../support/socks-proxy.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';
import { type Company, ELSEWHERE, GITLAB, startCompany, VANITY } from '../../support/vcs/company.ts';
import { goModule } from '../../support/vcs/repositories.ts';
import { newSshKey, startSshAgent } from '../../support/vcs/ssh.ts';

const OPEN = `${GITLAB}/group/open`;

/** Where the pages `/to0`, `/to1` and so on redirect to. */
const PLACES = [
  'https://169.254.169.254/latest/meta-data',
  'https://[::ffff:a9fe:a9fe]/',
  'https://10.0.0.1:8443/',
  'https://2852039166/',
];

let company: Company;
let children = 0;
let world: GoWorld;
let dir: TempDir;

beforeAll(async () => {
  company = await startCompany({
    elsewhereAnswers: (request, response) => {
      const place = PLACES[Number(/^\/to(\d)\?go-get=1$/.exec(request.url ?? '')?.[1])];
      if (place !== undefined) response.writeHead(302, { location: place }).end();
      else response.writeHead(404).end('not here');
    },
  });
  dir = await tempDir('network');
  await company.gitlab.publish('group/open', [{ files: goModule(OPEN, 'one'), tags: ['v1.0.0'] }], 'public');
  await company.gitlab.publish(
    'group/named',
    [{ files: goModule(`${VANITY}/named`, 'one'), tags: ['v1.0.0'] }],
    'public',
  );
  company.vanityPaths.set('named', `https://${GITLAB}/group/named.git`);
  company.vanityPaths.set('stolen', `https://${ELSEWHERE}/stolen.git`);
  world = await goWorld('direct', {
    ...company.env,
    HOME: dir.path,
    GIT_CONFIG_NOSYSTEM: '1',
    // As images set them; either would hide the authority of the company.
    SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt',
    GIT_SSL_CAINFO: '/etc/ssl/certs/ca-certificates.crt',
  });
});
afterAll(async () => {
  await Promise.all([company, world, dir].map(one => one[Symbol.asyncDispose]()));
});

interface Opened extends AsyncDisposable {
  readonly network: Network;
  readonly log: readonly string[];
  readonly warnings: readonly string[];
  /** A child as the proxy runs it. */
  go(module: string, args: readonly string[]): Promise<Finished & { readonly why: string | undefined }>;
  git(args: readonly string[]): Promise<Finished & { readonly why: string | undefined }>;
}

interface Wanted {
  readonly proxy?: Partial<Config['proxy']>;
  readonly hosts?: Partial<Config['hosts']>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly handedGit?: () => readonly GitSetting[];
  readonly accepted?: readonly Acceptance[];
  readonly resolve?: (host: string) => Promise<readonly { address: string; family: number }[]>;
}

async function open({
  proxy = {},
  hosts = {},
  env = {},
  accepted = [],
  ...more
}: Wanted = {}): Promise<Opened> {
  const values = {
    ...DEFAULTS,
    proxy: {
      ...DEFAULTS.proxy,
      'on-failure': 'fail' as const,
      // Children believe it everywhere; a host that is named here would be allowed by that.
      ca: [{ hosts: ['other.test'], file: company.authority.caFile }],
      ...proxy,
    },
    hosts: { ...DEFAULTS.hosts, ...hosts },
  };
  const layer = layerOf(
    { name: '.modgate.yaml', values, said: () => false, where: () => '.modgate.yaml:3' },
    true,
  );
  const job = { ...world.env, ...env };
  const [log, warnings]: [string[], string[]] = [[], []];
  const network = await openNetwork({
    request: {
      config: values,
      go: undefined,
      env: job,
      gitEnv: {},
      accepted,
      sessionDir: dir.path,
      workspace: dir.path,
    },
    policy: { layers: [layer], waivers: [], waivable: 'all', failOn: 'error', skip: [] },
    upstreams: [],
    log: line => log.push(line),
    warn: line => warnings.push(line),
    ...more,
  });
  const environment = childEnvironment(job, [network.child]);
  const child = async (command: string, module: string, args: readonly string[]) => {
    const given = { ...(await environment(module)), GOMODCACHE: dir.join(`modcache-${children++}`) };
    const done = await run(command, args, { env: given, cwd: dir.path });
    const why = network.explain({ what: module, env: given, output: done.stderr })?.message;
    return { ...done, why };
  };
  return {
    network,
    log,
    warnings,
    go: (module, args) => child('go', module, args),
    git: args => child('git', '', args),
    [Symbol.asyncDispose]: () => network.close(),
  };
}

const versions = (module: string) => ['list', '-m', '-versions', module];

describe('children of a session', () => {
  it('reach a forge behind its own authority, though the variables of the job name another file', async () => {
    await using opened = await open();
    const done = await opened.go(OPEN, versions(OPEN));
    expect(done.stdout, done.stderr).toBe(`${OPEN} v1.0.0\n`);
    expect(company.proxy.asked).toContain(`${GITLAB}:443`);
    expect(opened.warnings).toEqual([]);
  });

  it('believe nobody without it', async () => {
    await using opened = await open({ proxy: { ca: [] } });
    expect((await opened.go(OPEN, versions(OPEN))).stderr).toMatch(/certificate signed by unknown authority/);
    expect((await opened.git(['ls-remote', `https://${OPEN}.git`])).stderr).toMatch(/certificate/);
  });

  it('the host that a vanity page names has to be allowed', async () => {
    await using opened = await open({ hosts: { allow: [VANITY] } });
    const asked = company.proxy.asked.length;
    const refused = await opened.go(`${VANITY}/named`, versions(`${VANITY}/named`));
    expect(refused.code).not.toBe(0);
    expect(refused.why).toBe(
      [
        `modgate: cannot fetch ${VANITY}/named from version control: ${GITLAB} is not an allowed host: hosts.allow does not have it (.modgate.yaml:3); the nearest that it has is "${VANITY}"`,
        `why asked: ${VANITY} named it, in a redirect or as the place of ${VANITY}/named`,
        `fix: add ${GITLAB} to hosts.allow if modules may come from there`,
      ].join('\n'),
    );
    expect(company.proxy.asked.slice(asked)).not.toContain(`${GITLAB}:443`);
    expect(opened.log).toContainEqual(expect.stringContaining(`refused for ${VANITY}/named: ${GITLAB}`));
    await using both = await open({ hosts: { allow: [VANITY, GITLAB] } });
    expect((await both.go(`${VANITY}/named`, versions(`${VANITY}/named`))).stdout).toContain('v1.0.0');
    await using named = await open({ hosts: { allow: [VANITY] }, proxy: { hosts: [GITLAB] } });
    expect((await named.go(`${VANITY}/named`, versions(`${VANITY}/named`))).stdout).toContain('v1.0.0');
  });

  it('a denied host gets no request, whoever names it', async () => {
    await using opened = await open({ hosts: { deny: [ELSEWHERE] } });
    const before = company.elsewhere.seen.length;
    const stolen = await opened.go(`${VANITY}/stolen`, versions(`${VANITY}/stolen`));
    expect(stolen.why).toContain(
      `${ELSEWHERE} is a denied host: hosts.deny has "${ELSEWHERE}" (.modgate.yaml:3)`,
    );
    const own = await opened.go(`${ELSEWHERE}/x`, versions(`${ELSEWHERE}/x`));
    expect(own.why).toContain('the module itself lies there, by its path');
    expect(own.stderr).toContain(`modgate: ${ELSEWHERE} is a denied host`);
    const upper = await opened.git(['ls-remote', `https://${ELSEWHERE.toUpperCase()}./x.git`]);
    expect(upper.why).toContain('is a denied host');
    expect(company.elsewhere.seen.length).toBe(before);
  });

  it('a redirect of a page to an address of this network ends there', async () => {
    await using opened = await open();
    for (const [number, place] of PLACES.entries()) {
      const module = `${ELSEWHERE}/to${number}`;
      const done = await opened.go(module, versions(module));
      expect(done.code, place).not.toBe(0);
      expect(done.why, place).toMatch(/is not asked: it is a (?:link-local|private) address/);
      expect(done.why, place).toContain(`${ELSEWHERE} named it`);
    }
    expect(company.elsewhere.seen.filter(({ status }) => status === 302).length).toBe(PLACES.length);
  });

  it('a name that resolves to an address of this network is refused, and looked up once', async () => {
    const asked: string[] = [];
    const noProxy = { HTTPS_PROXY: '', https_proxy: '', HTTP_PROXY: '', http_proxy: '' };
    const resolve = async (host: string) => {
      asked.push(host);
      // The second answer would be another one.
      return [{ address: asked.length === 1 ? '127.0.0.1' : '8.8.8.8', family: 4 }];
    };
    await using opened = await open({ env: noProxy, resolve, proxy: { ca: [] } });
    const refused = await opened.git(['ls-remote', 'https://rebind.example.test:8443/x.git']);
    expect(refused.why).toContain(
      'rebind.example.test:8443 (127.0.0.1) is not asked: it is a loopback address',
    );
    expect(asked).toEqual(['rebind.example.test']);
  });

  it('a host that is configured may be in this network, and is connected to where it was looked up', async () => {
    let asked = 0;
    const noProxy = { HTTPS_PROXY: '', https_proxy: '', HTTP_PROXY: '', http_proxy: '' };
    await using opened = await open({
      env: noProxy,
      proxy: { ca: [{ hosts: [GITLAB], file: company.authority.caFile }] },
      resolve: async () => [{ address: asked++ === 0 ? '127.0.0.1' : '192.0.2.1', family: 4 }],
    });
    const done = await opened.git(['ls-remote', `https://${GITLAB}:${company.gitlab.port}/group/open.git`]);
    expect(done.stdout, done.stderr).toContain('refs/tags/v1.0.0');
    expect(asked).toBe(1);
  });

  it('hosts that git is led to by a setting of the job are named by it', async () => {
    const led = (url: string) => ({
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `url.${url}/.insteadOf`,
      GIT_CONFIG_VALUE_0: 'https://code.example.com/',
    });
    await using opened = await open({
      env: { ...led(`https://127.0.0.1:${company.gitlab.port}`), GIT_SSL_CAINFO: company.authority.caFile },
      hosts: { allow: ['code.example.com'] },
    });
    const done = await opened.git(['ls-remote', 'https://code.example.com/group/open.git']);
    expect(done.stdout, done.stderr).toContain('refs/tags/v1.0.0');
  });

  it('and so are those that a later step of the job handed over', async () => {
    let handed: readonly GitSetting[] = [];
    await using opened = await open({
      hosts: { allow: ['code.example.com'] },
      env: { GIT_SSL_CAINFO: company.authority.caFile },
      handedGit: () => handed,
    });
    const url = `https://127.0.0.1:${company.gitlab.port}/group/open.git`;
    expect((await opened.git(['ls-remote', url])).why).toContain('is not an allowed host');
    handed = [[`url.https://127.0.0.1:${company.gitlab.port}/.insteadOf`, 'https://code.example.com/']];
    expect((await opened.git(['ls-remote', url])).stdout).toContain('refs/tags/v1.0.0');
  });

  it('a module that the policy accepts excuses its own host, and no other', async () => {
    const module = `${VANITY}/named`;
    await using opened = await open({
      hosts: { allow: ['example.com'] },
      accepted: [{ rule: 'host/not-allowed', module }],
    });
    const done = await opened.go(module, versions(module));
    expect(done.why).toContain(`${GITLAB} is not an allowed host`);
    expect((await opened.go(`${VANITY}/stolen`, versions(`${VANITY}/stolen`))).why).toContain(
      `${VANITY} is not an allowed host`,
    );
  });

  it("the job's own proxy setting of git leads onwards and not past the rules; its helpers learn nothing", async () => {
    const kept = dir.join('kept');
    const own = {
      HTTPS_PROXY: '',
      https_proxy: '',
      HTTP_PROXY: '',
      http_proxy: '',
      GIT_CONFIG_COUNT: '3',
      GIT_CONFIG_KEY_0: `http.https://${GITLAB}/.proxy`,
      GIT_CONFIG_VALUE_0: company.proxy.url,
      GIT_CONFIG_KEY_1: `http.https://${ELSEWHERE}/.proxy`,
      GIT_CONFIG_VALUE_1: company.proxy.url,
      GIT_CONFIG_KEY_2: 'credential.helper',
      GIT_CONFIG_VALUE_2: `store --file=${kept}`,
    };
    await using opened = await open({ env: own, hosts: { deny: [ELSEWHERE] } });
    const before = company.elsewhere.seen.length;
    const done = await opened.git(['ls-remote', `https://${OPEN}.git`]);
    expect(done.stdout, done.stderr).toContain('refs/tags/v1.0.0');
    expect((await opened.git(['ls-remote', `https://${ELSEWHERE}/x.git`])).why).toContain('is a denied host');
    expect(company.elsewhere.seen.length).toBe(before);
    expect(await readFile(kept, 'utf8').catch(() => '')).not.toContain('127.0.0.1');
  });

  it('plain http goes the same way, packs and all, and shows nobody the login of the filter', async () => {
    await using server = await gitServer(company.gitlab.repositories.root);
    const { host } = new URL(server.url);
    const before = company.proxy.asked.length;
    await using opened = await open({ proxy: { hosts: [host] } });
    const to = dir.join('plain-clone');
    const done = await opened.git(['clone', '-q', `${server.url}/group/open.git`, to]);
    expect(done.code, done.stderr).toBe(0);
    expect(await readFile(`${to}/open.go`, 'utf8')).toContain('one');
    expect(server.requests.some(line => line.startsWith('POST /group/open.git/git-upload-pack'))).toBe(true);
    // go and git never asked the proxy of the company for this machine, and neither does the filter.
    expect(company.proxy.asked.length).toBe(before);
    await using other = await open();
    const refused = await other.git(['ls-remote', `${server.url}/group/open.git`]);
    expect(refused.why).toContain(`${host} is not asked: it is a loopback address`);
  });

  it('a company proxy with a login gets it, and in plain http, too', async () => {
    await using server = await gitServer(company.gitlab.repositories.root);
    const { port } = new URL(server.url);
    await using proxy = await startForwardProxy(
      target => (target === 'plain.example.test:80' ? Number(port) : company.routes.get(target)),
      { login: 'me:p@ss' },
    );
    const url = proxy.url.replace('//', '//me:p%40ss@');
    await using opened = await open({
      env: { HTTPS_PROXY: url, https_proxy: url, HTTP_PROXY: url, http_proxy: url },
    });
    const done = await opened.git(['ls-remote', `https://${OPEN}.git`]);
    expect(done.stdout, done.stderr).toContain('refs/tags/v1.0.0');
    const plain = await opened.git(['ls-remote', 'http://plain.example.test/group/open.git']);
    expect(plain.stdout, plain.stderr).toContain('refs/tags/v1.0.0');
    const wrong = proxy.url.replace('//', '//me:wrong@');
    await using refused = await open({ env: { HTTPS_PROXY: wrong, https_proxy: wrong } });
    const told = await refused.git(['ls-remote', `https://${OPEN}.git`]);
    expect(told.why).toMatch(/the network proxy 127\.0\.0\.1:\d+ answered 407 for gitlab\.example\.test:443/);
    expect(told.why).not.toContain('wrong');
  });

  it('a SOCKS proxy is gone through, too, with the login in its URL', async () => {
    await using server = await gitServer(company.gitlab.repositories.root);
    const asked: string[] = [];
    await using proxy = await startSocksProxy('me:p@ss', target => {
      asked.push(target);
      return target === 'plain.example.test:80'
        ? Number(new URL(server.url).port)
        : company.routes.get(target);
    });
    const all = (url: string) => ({ HTTPS_PROXY: url, https_proxy: url, HTTP_PROXY: url, http_proxy: url });
    await using opened = await open({ env: all(`socks5h://me:p%40ss@127.0.0.1:${proxy.port}`) });
    for (const url of [`https://${OPEN}.git`, 'http://plain.example.test/group/open.git']) {
      const done = await opened.git(['ls-remote', url]);
      expect(done.stdout, done.stderr).toContain('refs/tags/v1.0.0');
    }
    expect(new Set(asked)).toEqual(new Set([`${GITLAB}:443`, 'plain.example.test:80']));
    const gone = await opened.git(['ls-remote', 'https://gone.example.test/x.git']);
    expect(gone.why).toMatch(/the network proxy 127\.0\.0\.1:\d+ does not connect: no route to host/);
    await using other = await open({ env: all(`socks5://me:wrong@127.0.0.1:${proxy.port}`) });
    expect((await other.git(['ls-remote', `https://${OPEN}.git`])).why).toContain(
      'does not accept the login',
    );
  });

  it('git:// obeys no proxy, so it is off', async () => {
    await using opened = await open();
    const done = await opened.git(['ls-remote', 'git://127.0.0.1/x.git']);
    expect(done.stderr).toMatch(/transport 'git' not allowed/);
  });

  it('a job that switches verification off is told so, once, and left alone', async () => {
    await using opened = await open({ env: { GIT_SSL_NO_VERIFY: '1' }, proxy: { ca: [] } });
    const done = await opened.git(['ls-remote', `https://${OPEN}.git`]);
    expect(done.stdout).toContain('refs/tags/v1.0.0');
    await opened.git(['version']);
    expect(opened.warnings).toEqual([expect.stringContaining('GIT_SSL_NO_VERIFY')]);
  });

  it('what cannot be reached is an outage, in words', async () => {
    await using opened = await open({ proxy: { hosts: ['gone.example.test'] } });
    const done = await opened.go('gone.example.test/x', versions('gone.example.test/x'));
    expect(done.why).toMatch(
      /^modgate: cannot fetch gone\.example\.test\/x from version control:\s+gone\.example\.test:443: the network proxy/,
    );
  });
});

describe('authorities', () => {
  it('that cannot be used are named', async () => {
    await writeFile(dir.join('empty.pem'), 'nothing\n');
    await using opened = await open({
      proxy: {
        ca: [
          { hosts: [GITLAB], file: dir.join('missing.pem') },
          { hosts: [GITLAB], file: 'empty.pem' },
        ],
      },
    });
    expect(opened.warnings).toEqual([
      expect.stringMatching(/^proxy\.ca\[0\]: .*missing\.pem cannot be read \(ENOENT/),
      expect.stringMatching(/^proxy\.ca\[1\]: empty\.pem has no certificate in it/),
    ]);
  });
});

describe('ssh', () => {
  it('goes to hosts that are listed, by the command of the job, and to no others', async () => {
    await using agent = await startSshAgent();
    const key = newSshKey();
    await agent.add(key);
    company.ssh.allow(key.publicKey, ['group/']);
    const env = { SSH_AUTH_SOCK: agent.socket, GIT_SSH_COMMAND: await company.ssh.command(GITLAB) };
    const url = `ssh://git@${GITLAB}/group/open.git`;
    await using any = await open({ env });
    const done = await any.git(['ls-remote', url]);
    expect(done.stdout, done.stderr).toContain('refs/tags/v1.0.0');
    await using listed = await open({ env, proxy: { ssh: [GITLAB] } });
    expect((await listed.git(['ls-remote', url])).stdout).toContain('refs/tags/v1.0.0');
    const before = company.ssh.seen.length;
    await using other = await open({ env, proxy: { ssh: [ELSEWHERE] } });
    const refused = await other.git(['ls-remote', url]);
    expect(refused.stderr).toContain(
      `modgate: ${GITLAB} is not allowed over ssh: proxy.ssh does not have it`,
    );
    expect(refused.why).toContain(`add ${GITLAB} to proxy.ssh`);
    const alias = await other.git(['ls-remote', `git@${GITLAB.toUpperCase()}:group/open.git`]);
    expect(alias.why).toContain('is not allowed over ssh');
    expect(company.ssh.seen.length).toBe(before);
  });
});

describe('the filter', () => {
  const ask = async (url: URL, lines: readonly string[]) =>
    await new Promise<string>((done, failed) => {
      const socket = connect(Number(url.port), url.hostname, () =>
        socket.write(`${lines.join('\r\n')}\r\n\r\n`),
      );
      let text = '';
      socket.on('data', chunk => {
        text += chunk.toString('latin1');
      });
      socket.on('close', () => done(text));
      socket.on('error', failed);
    });
  const proxyOf = async ({ network }: Opened) => new URL((await network.child('m')).env?.HTTPS_PROXY ?? '');

  it('serves nobody who does not know its secret', async () => {
    await using opened = await open();
    const url = await proxyOf(opened);
    const basic = (text: string) => `Proxy-Authorization: Basic ${Buffer.from(text).toString('base64')}`;
    const target = `${GITLAB}:443`;
    expect(await ask(url, [`CONNECT ${target} HTTP/1.1`, `Host: ${target}`])).toMatch(/^HTTP\/1\.1 407 /);
    for (const wrong of [
      '',
      ':',
      `${url.username}:`,
      `${url.username}:${'0'.repeat(32)}`,
      `:${url.password}`,
    ]) {
      const said = await ask(url, [`CONNECT ${target} HTTP/1.1`, `Host: ${target}`, basic(wrong)]);
      expect(said, wrong).toMatch(/^HTTP\/1\.1 407 /);
    }
    const plain = await ask(url, ['GET http://127.0.0.1/ HTTP/1.1', 'Host: 127.0.0.1', 'Connection: close']);
    expect(plain).toMatch(/^HTTP\/1\.1 407 /);
  });

  it('takes no target that is not a host and a port', async () => {
    await using opened = await open();
    const url = await proxyOf(opened);
    const login = `Proxy-Authorization: Basic ${Buffer.from(`${url.username}:${url.password}`).toString('base64')}`;
    for (const target of ['user@example.com:443', 'example.com', '127.0.0.1:99999', '[fe80::1%25lo]:443']) {
      expect(await ask(url, [`CONNECT ${target} HTTP/1.1`, 'Host: x', login]), target).toMatch(
        /^HTTP\/1\.1 400 /,
      );
    }
    for (const target of ['0x7f.1:443', '127.0.0.1.:443', '[::ffff:7f00:1]:443', '0:443', 'LOCALHOST:443']) {
      const said = await ask(url, [`CONNECT ${target} HTTP/1.1`, 'Host: x', login]);
      expect(said, target).toMatch(
        /^HTTP\/1\.1 403 modgate: .* is not asked: it is (a loopback|the unspecified) address/,
      );
    }
    for (const place of ['http://user:pass@127.0.0.1/', 'https://127.0.0.1/', '/etc', 'ftp://127.0.0.1/']) {
      const said = await ask(url, [`GET ${place} HTTP/1.1`, 'Host: x', login, 'Connection: close']);
      expect(said, place).toMatch(/^HTTP\/1\.1 400 /);
      expect(said).not.toContain('pass@');
    }
    const metadata = ['GET http://169.254.169.254/latest HTTP/1.1', 'Host: x', login, 'Connection: close'];
    expect(await ask(url, metadata)).toMatch(/^HTTP\/1\.1 403 modgate: .*link-local/);
  });

  it('ends what is no request', async () => {
    await using opened = await open();
    const url = await proxyOf(opened);
    expect(await ask(url, ['\x16\x03\x01 this is TLS'])).toBe('');
    expect(await ask(url, [`CONNECT a:1 HTTP/1.1`, `X: ${'x'.repeat(40_000)}`])).toBe('');
  });

  /** A tunnel to a server on this machine that is configured. */
  const tunnel = async (opened: Opened, port: number, allowHalfOpen = false): Promise<Socket> => {
    const url = await proxyOf(opened);
    const login = Buffer.from(`${url.username}:${url.password}`).toString('base64');
    const socket = connect({ port: Number(url.port), host: url.hostname, allowHalfOpen });
    socket.write(
      `CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic ${login}\r\n\r\nearly`,
    );
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString('latin1')).toBe('HTTP/1.1 200 Connection established\r\n\r\n');
    return socket;
  };

  it('lets either side end first, loses nothing that was sent early or late, and ends with the one that breaks', async () => {
    const big = Buffer.alloc(4 * 1024 * 1024, 'x');
    const heard: string[] = [];
    const server = createServer({ allowHalfOpen: true }, socket => {
      let text = '';
      socket.on('data', chunk => {
        text += chunk.toString('latin1');
        if (text.endsWith('break')) socket.resetAndDestroy();
      });
      socket.on('error', () => {});
      // Answers only once the other side has said all.
      socket.on('end', () => {
        heard.push(text);
        socket.end(big);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      await using opened = await open({ proxy: { hosts: [`127.0.0.1:${port}`] } });
      const half = await tunnel(opened, port, true);
      half.end(' and late');
      expect((await buffer(half)).equals(big)).toBe(true);
      expect(heard).toEqual(['early and late']);
      const broken = await tunnel(opened, port);
      const closed = new Promise<void>(done => broken.on('error', () => {}).on('close', () => done()));
      broken.write('break');
      broken.resume();
      await closed;
      const left = await tunnel(opened, port);
      left.on('error', () => {});
      await opened.network.close();
      if (!left.destroyed) await once(left.resume(), 'close');
    } finally {
      server.close();
    }
  });
});
