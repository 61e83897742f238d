import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { builtAction } from '../support/github/built-action.ts';
import { goEnv } from '../support/go.ts';
import { type Finished, run, runOk } from '../support/process.ts';
import { type TempDir, tempDir } from '../support/temp.ts';
import { tool } from '../support/tools.ts';
import { startUpstream } from '../support/upstream/upstream.ts';
import { type Central, startCentral } from './audit-central.ts';
import { tinyProject } from './small-project.ts';

const PUSH = fileURLToPath(new URL('../fixtures/ci/events/push.json', import.meta.url));
const MODULE = 'github.com/google/uuid';
/** Of the tiny project's go.sum. */
const H1 = 'h1:NIvaJDMOsjHA8n1jAhLSgzrAzy1Hgr+hNrb57e+94F0=';
const PAGE = 'https://github.com/acme/demo/actions/runs/1';
const DENIED = 'github.com/pkg/errors';

const job = (name: string, command: string, needs = ''): string => `  ${name}:
    runs-on: ubuntu-latest
${needs === '' ? '' : `    needs: ${needs}\n`}    steps:
      - uses: actions/checkout@v4
      - uses: ./actions/proxy
        with:
          on-failure: fail
          audit-store: $\{{ vars.STORE }}
          audit-token: $\{{ secrets.AUDIT_TOKEN }}
      - run: ${command}
`;

const WORKFLOW = `name: ci
on: push
jobs:
${job('new', 'go build -o ../tiny .')}${job('again', 'go build -o ../tiny .', 'new')}${job('denied', `go mod download ${DENIED}@v0.9.1`, 'new')}`;

it('jobs of GitHub, under act: the store can say who brought in what, who uses it, and what was refused', async () => {
  await using central = await startCentral();
  await using upstream = await startUpstream();
  await using repository = await builtAction();
  await using machine = await tempDir('act-audit');
  const sha = await makeRepository(repository);
  const push = JSON.parse(await readFile(PUSH, 'utf8')) as Record<string, unknown>;
  await writeFile(machine.join('push.json'), JSON.stringify({ ...push, after: sha }));

  const began = Date.now();
  const done = await act(repository, machine, upstream.url, central);
  const ended = Date.now();
  // As at the forge: a job that was refused a module fails, and its post phase tells of it all the same.
  expect(done.code, done.stdout).toBe(1);
  expect(done.stdout).toMatch(/ci\/denied\].*Failure - Main go mod download/);
  expect(done.stdout.match(/Job (?:succeeded|failed)/g)).toHaveLength(3);
  expect(`${done.stdout}${done.stderr}`).not.toContain(central.token);
  await central.settled();

  const who = { repository: 'acme/demo', ref: 'refs/heads/main', sha, actor: 'ann', url: PAGE };
  const { jobs } = await central.ask('jobs', '--state', 'any', '--older', '0');
  const byName = Object.fromEntries(jobs.map(one => [one.name, one]));
  expect(byName).toEqual({
    'ci / new': expect.objectContaining({ ...who, state: 'closed', records: 3, dropped: 0, findings: [] }),
    'ci / again': expect.objectContaining({ ...who, state: 'closed', records: 0, batches: 2, dropped: 0 }),
    'ci / denied': expect.objectContaining({ ...who, state: 'closed', records: 1, dropped: 0 }),
  });
  const uidOf = (name: string) => byName[`ci / ${name}`]?.job;

  const first = { ...who, job: uidOf('new'), assurance: 'relayed', time: expect.any(String) };
  const introduced = await central.ask('who', MODULE);
  expect(introduced).toEqual({
    module: MODULE,
    first,
    versions: [{ version: 'v1.6.0', h1: H1, first }],
    next: null,
  });
  const at = Date.parse(introduced.first?.time ?? '');
  expect(at).toBeGreaterThanOrEqual(began);
  expect(at).toBeLessThanOrEqual(ended);
  // What was refused never came in.
  expect(await central.ask('who', DENIED)).toEqual({ module: DENIED, versions: [], next: null });

  // The job that asked for nothing uses the module all the same, by its warm cache and go.sum.
  const used = await central.ask('used', `${MODULE}@v1.6.0`);
  expect(used.uses).toEqual([
    {
      repository: 'acme/demo',
      version: 'v1.6.0',
      h1: H1,
      first: introduced.first?.time,
      last: jobs[0]?.last,
      ref: 'refs/heads/main',
      job: jobs[0]?.job,
    },
  ]);
  expect(jobs[0]?.job).not.toBe(uidOf('new'));
  const same = await central.ask('diff', uidOf('new') ?? '', uidOf('again') ?? '');
  expect(same).toMatchObject({ added: [], removed: [], changed: [] });

  const refused = await central.ask('log', '--decision', 'deny');
  expect(refused.records).toEqual([
    expect.objectContaining({
      ...who,
      job: uidOf('denied'),
      module: DENIED,
      version: 'v0.9.1',
      status: 403,
      rule: 'module/denied',
      reason: `module "${DENIED}@v0.9.1" is denied: modules.deny has "${DENIED}" (.modgate.yaml:2): not reviewed`,
    }),
  ]);
  const zips = (await central.ask('log', '--module', MODULE)).records.filter(({ op }) => op === 'zip');
  expect(zips).toEqual([
    expect.objectContaining({
      ...who,
      job: uidOf('new'),
      decision: 'allow',
      status: 200,
      source: 'upstream',
      h1: H1,
    }),
  ]);
});

/** A repository with the action in it, whose policy refuses a module; the commit. */
async function makeRepository(repository: TempDir): Promise<string> {
  await tinyProject(repository.path);
  await writeFile(
    repository.join('.modgate.yaml'),
    `version: 1\nmodules: {deny: [{pattern: ${DENIED}, reason: not reviewed}]}\n`,
  );
  await mkdir(repository.join('.github', 'workflows'), { recursive: true });
  await writeFile(repository.join('.github', 'workflows', 'ci.yml'), WORKFLOW);
  const git = (...args: string[]) => runOk('git', ['-C', repository.path, ...args]);
  await git('init', '-q', '-b', 'main');
  await git('remote', 'add', 'origin', 'https://github.com/acme/demo.git');
  await git('add', '-A');
  await git('-c', 'user.name=t', '-c', 'user.email=t@example.test', 'commit', '-q', '-m', 'x');
  return (await git('rev-parse', 'HEAD')).stdout.trim();
}

/** Runs the workflow on one machine, whose GOMODCACHE all its jobs share. */
async function act(
  repository: TempDir,
  machine: TempDir,
  upstream: string,
  central: Central,
): Promise<Finished> {
  const { GOSUMDB = '', GOCACHE = '' } = await goEnv();
  const env = {
    GOPROXY: upstream,
    GOSUMDB,
    GOCACHE,
    GOMODCACHE: machine.join('modcache'),
    GOFLAGS: '-modcacherw -trimpath',
    GOTOOLCHAIN: 'local',
    GOENV: 'off',
  };
  const args = [
    'push',
    ...[
      '-P',
      'ubuntu-latest=-self-hosted',
      '-e',
      machine.join('push.json'),
      '-a',
      'ann',
      '--no-cache-server',
    ],
    ...['--var', `STORE=${central.url}`, '-s', `AUDIT_TOKEN=${central.token}`],
    ...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
  ];
  return await run(await tool('act'), args, {
    cwd: repository.path,
    env: {
      PATH: process.env.PATH,
      HOME: machine.join('home'),
      XDG_CACHE_HOME: machine.join('cache'),
      NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS,
      NO_COLOR: '1',
    },
  });
}
