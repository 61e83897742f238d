import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDirect, type Direct, type DirectSettings } from '../../../src/proxy/upstream/direct.ts';
import { directEnv } from '../../../src/proxy/upstream/go-env.ts';
import { Health } from '../../../src/proxy/upstream/health.ts';
import { withoutGo } from '../../support/go.ts';
import { runOk } from '../../support/process.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';

/** Paths with `.git` in them say themselves where their repository is. */
const LIB = 'repositories.example.test/lib.git';
const SILENT = 'silent.example.test/lib.git';

let dir: TempDir;
let silent: Server;
let refused: string;
/** Connections to the server that never answers. */
const open = new Set<Socket>();
let git: (...args: string[]) => Promise<string>;

beforeAll(async () => {
  dir = await tempDir('direct');
  const bare = dir.join('repositories', 'lib');
  await mkdir(bare, { recursive: true });
  git = async (...args) =>
    (
      await runOk('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.test', ...args], {
        cwd: bare,
        env: withoutGo(process.env),
      })
    ).stdout.trim();
  await git('init', '-q', '-b', 'main');
  await writeFile(`${bare}/go.mod`, `module ${LIB}\n\ngo 1.24\n`);
  for (const [name, at = name] of [['one'], ['deep/two'], ['three/v2', 'three']] as const) {
    await mkdir(`${bare}/${at}`, { recursive: true });
    await writeFile(`${bare}/${at}/go.mod`, `module ${LIB}/${name}\n\ngo 1.24\n`);
  }
  await git('add', '.');
  await git('commit', '-qm', 'one');
  for (const tag of ['v1.0.0', 'one/v1.0.0', 'deep/two/v1.0.0', 'three/v2.0.0']) await git('tag', tag);
  silent = createServer(socket => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    socket.resume();
  });
  await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve));
  const gone = createServer();
  await new Promise<void>(resolve => gone.listen(0, '127.0.0.1', resolve));
  refused = `http://127.0.0.1:${(gone.address() as AddressInfo).port}/`;
  await new Promise(resolve => gone.close(resolve));
});
afterAll(async () => {
  for (const socket of open) socket.destroy();
  await new Promise(resolve => silent.close(resolve));
  await dir[Symbol.asyncDispose]();
});

let runs = 0;
function make(settings: Partial<DirectSettings> = {}, started: string[] = []): Direct {
  const rewritten = [
    [`${pathToFileURL(dir.join('repositories')).href}/`, 'https://repositories.example.test/'],
    [`http://127.0.0.1:${(silent.address() as AddressInfo).port}/`, 'https://silent.example.test/'],
    [refused, 'https://refused.example.test/'],
  ];
  const env = directEnv({
    ...withoutGo(process.env),
    GOVCS: '*:git',
    GIT_CONFIG_COUNT: String(rewritten.length),
    ...Object.fromEntries(
      rewritten.flatMap(([to, from], i) => [
        [`GIT_CONFIG_KEY_${i}`, `url.${to}.insteadOf`],
        [`GIT_CONFIG_VALUE_${i}`, from],
      ]),
    ),
  });
  return createDirect({
    childEnv: async () => env,
    goCommand: 'go',
    dir: dir.join(`vcs-${runs++}`),
    parallel: 2,
    timeoutMs: 60_000,
    redact: text => text,
    onStart: what => void started.push(what),
    ...settings,
  });
}

describe('what version control has', () => {
  it('is asked for lists and branches each time, and for a version once', async () => {
    const started: string[] = [];
    const direct = make({ wantsZip: (_, version) => version === 'v1.0.0' }, started);
    const text = async (asked: ReturnType<Direct['list']>) => {
      const body = await asked;
      return 'bytes' in body ? body.bytes.toString() : `${body.size > 0}`;
    };
    expect(await text(direct.list(LIB))).toBe('v1.0.0\n');
    await git('tag', 'v1.1.0');
    expect(await text(direct.list(LIB))).toBe('v1.0.0\nv1.1.0\n');
    started.length = 0;
    const [info, mod, zip] = await Promise.all(
      (['info', 'mod', 'zip'] as const).map(async kind => await text(direct.file(LIB, 'v1.0.0', kind))),
    );
    expect(info).toContain('"Version":"v1.0.0"');
    expect(mod).toBe(`module ${LIB}\n\ngo 1.24\n`);
    expect(zip).toBe('true');
    // Nobody compiles what is in the module cache of the children.
    expect(await readdir(dir.join(`vcs-${runs - 1}`, 'modcache', `${LIB}@v1.0.0`))).toEqual([]);
    expect(started).toEqual([`${LIB}@v1.0.0`]);
    // What a query resolved to is known then.
    expect(await text(direct.query(LIB, 'latest'))).toContain('"Version":"v1.1.0"');
    started.length = 0;
    expect(await text(direct.file(LIB, 'v1.1.0', 'mod'))).toBe(mod);
    expect(started).toEqual([]);
    direct.close();
  });
});

it('modules of one repository that wait together come from one child, and one that is not there keeps none back', async () => {
  const started: string[] = [];
  const direct = make({ parallel: 1 }, started);
  const at = (name: string) => `${LIB}/${name}`;
  const asked = ['one', 'deep/two', 'missing', 'three/v2'].map(async name => {
    const version = name.endsWith('/v2') ? 'v2.0.0' : 'v1.0.0';
    return await direct.file(at(name), version, 'zip').then(
      body => 'file' in body,
      error => (error as { code: string }).code,
    );
  });
  expect(await Promise.all(asked)).toEqual([true, true, 'absent', true]);
  expect(started).toEqual([
    `${at('one')}@v1.0.0`,
    `${at('deep/two')}@v1.0.0 ${at('missing')}@v1.0.0 ${at('three/v2')}@v2.0.0`,
    `${at('missing')}@v1.0.0`,
  ]);
  direct.close();
});

it('what can be no repository is absent without a look at it', async () => {
  const started: string[] = [];
  const direct = make({}, started);
  for (const module of ['github.com', 'github.com/acme', 'bitbucket.org/acme']) {
    await expect(direct.list(module)).rejects.toMatchObject({
      code: 'absent',
      message: expect.stringContaining(module),
    });
    await expect(direct.query(module, 'latest')).rejects.toMatchObject({ code: 'absent' });
    await expect(direct.file(module, 'v1.0.0', 'info')).rejects.toMatchObject({ code: 'absent' });
  }
  expect(started).toEqual([]);
  direct.close();
});

describe('a server that never answers', () => {
  const nobodyAsks = () => expect.poll(() => open.size, { timeout: 20_000 }).toBe(0);
  const somebodyAsks = () => expect.poll(() => open.size, { timeout: 20_000 }).toBeGreaterThan(0);

  it('is left after a time, by go and by the git that it started', async () => {
    const direct = make({ timeoutMs: 1_500 });
    await expect(direct.list(SILENT)).rejects.toMatchObject({
      code: 'upstream-stalled',
      message: expect.stringMatching(/lib\.git \(versions\).*took longer than 2 s and was ended\nnext: /),
    });
    await nobodyAsks();
  });

  it('is left when the session ends, and nothing is asked after that', async () => {
    const direct = make();
    const asked = direct.list(SILENT);
    asked.catch(() => undefined);
    await somebodyAsks();
    direct.close();
    await expect(asked).rejects.toMatchObject({ code: 'closing' });
    await nobodyAsks();
    await expect(direct.list(SILENT)).rejects.toMatchObject({ code: 'closing' });
  });

  it('is not waited for again and again where there is an older answer', async () => {
    const health = new Health(() => performance.now());
    const started: string[] = [];
    const direct = make({ brief: { timeoutMs: 1_500, health } }, started);
    await expect(direct.list(SILENT, { brief: true })).rejects.toMatchObject({ code: 'upstream-stalled' });
    await expect(direct.query(SILENT, 'latest', { brief: true })).rejects.toMatchObject({
      code: 'upstream-unavailable',
      message: expect.stringContaining('silent.example.test did not answer a moment ago'),
    });
    expect(started).toHaveLength(1);
    direct.close();
  });

  it('nor is one that refuses connections, while another host is asked as ever', async () => {
    const health = new Health(() => performance.now());
    const started: string[] = [];
    const direct = make({ brief: { timeoutMs: 30_000, health } }, started);
    const ask = async () => await direct.list('refused.example.test/lib.git', { brief: true });
    await expect(ask()).rejects.toMatchObject({ code: 'upstream-unavailable' });
    await expect(ask()).rejects.toMatchObject({ message: expect.stringContaining('a moment ago') });
    await direct.list(LIB, { brief: true });
    expect(started).toHaveLength(2);
    direct.close();
  });
});
