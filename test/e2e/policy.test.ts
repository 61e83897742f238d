import { cp, mkdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RequestRecord } from '../../src/audit/journal-record.ts';
import { writeProject } from '../support/go.ts';
import type { Finished } from '../support/process.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { asked, freshCaches, type Job, startJob } from './go-job.ts';

const EMPTY = {
  'go.mod': 'module example.com/app\n\ngo 1.24\n',
  'main.go': 'package main\n\nfunc main() {}\n',
};

/** A job whose checkout has this policy. */
async function jobWith(
  upstream: Upstream,
  policy: string,
  files: Readonly<Record<string, string>> = EMPTY,
): Promise<Job> {
  return await startJob(upstream.url, { ...files, '.modgate.yaml': `version: 1\n${policy}` });
}

/** `modgate run -- go ARGS` on a machine whose caches are empty. */
async function go(
  job: Job,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  return await job.run(['go', ...args], { env: { ...freshCaches(job.world), ...env } });
}

const of = (upstream: Upstream, name: string) => asked(upstream).filter(one => one.startsWith(`${name}/`));

describe('a host that is not allowed', () => {
  it('gives no module, go prints why, and nothing of it is asked of the upstream', async () => {
    await using upstream = await startUpstream();
    await using job = await jobWith(upstream, 'hosts:\n  allow: [github.com, golang.org]\n');
    const done = await go(job, ['get', 'gopkg.in/yaml.v3@v3.0.1']);
    expect(done.code).toBe(1);
    expect(done.stderr).toContain('403 Forbidden');
    expect(done.stderr).toContain('modgate: host/not-allowed: module "gopkg.in/yaml.v3" comes from host');
    expect(done.stderr).toContain('.modgate.yaml:3');
    expect(done.stderr).toMatch(/fix: .+/);
    expect(of(upstream, 'gopkg.in')).toEqual([]);
    expect(done.stderr).toMatch(/\d+ refused by policy/);
    expect((await go(job, ['get', 'github.com/pkg/errors@v0.9.1'])).code).toBe(0);
  });
});

const PINNED = `modules:
  deny:
    - pattern: github.com/google/uuid
      versions: '>=v1.6.0'
      reason: v1.6 draws from another source of randomness
`;

describe('versions that are denied', () => {
  it('are refused with their reason when they are named', async () => {
    await using upstream = await startUpstream();
    await using job = await jobWith(upstream, PINNED);
    const done = await go(job, ['get', 'github.com/google/uuid@v1.6.0']);
    expect(done.code).toBe(1);
    expect(done.stderr).toContain('modgate: module/denied: module "github.com/google/uuid@v1.6.0" is denied');
    expect(done.stderr).toContain('v1.6 draws from another source of randomness');
    expect(asked(upstream).filter(name => /\.(zip|mod)$/.test(name))).toEqual([]);
  });

  it('are not what go get -u and @latest choose', async () => {
    await using upstream = await startUpstream();
    await using job = await jobWith(upstream, PINNED, {
      'go.mod': 'module example.com/app\n\ngo 1.24\n\nrequire github.com/google/uuid v1.3.0\n',
      'main.go':
        'package main\n\nimport "github.com/google/uuid"\n\nfunc main() { println(uuid.Nil.String()) }\n',
    });
    expect(await go(job, ['get', '-u', './...'])).toMatchObject({ code: 0 });
    expect(await readFile(path.join(job.project, 'go.mod'), 'utf8')).toMatch(/google\/uuid v1\.5\.\d+\n/);
    const latest = await go(job, ['list', '-m', 'github.com/google/uuid@latest']);
    expect(latest).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^github\.com\/google\/uuid v1\.5\.\d+\n/),
    });
  });

  it('are told from allowed ones of a module without tags', async () => {
    // Some mirrors list pseudo-versions; most, like a repository itself, tell of the latest only.
    const made = (name: string) =>
      ({
        '/golang.org/x/exp/@v/list': { body: '' },
        '/golang.org/x/exp/@latest': {
          body: '{"Version":"v0.0.0-20240613232115-7f521ea00fb8","Time":"2024-06-13T23:21:15Z"}',
        },
      })[name];
    await using upstream = await startUpstream({ made });
    await using job = await jobWith(
      upstream,
      'modules: {deny: [{pattern: golang.org/x/exp, versions: ">=v0.0.0-20240101000000-000000000000"}]}\n',
    );
    const done = await go(job, ['get', 'golang.org/x/exp/slices@latest']);
    expect(done.code).toBe(1);
    expect(done.stderr).toContain('module/denied');
    expect(
      await go(job, ['get', 'golang.org/x/exp/slices@v0.0.0-20231110203233-9a3e6036ecaa']),
    ).toMatchObject({ code: 0 });
  });
});

const ERRORS = {
  'go.mod': 'module example.com/app\n\ngo 1.24\n\nrequire github.com/hashicorp/go-multierror v1.1.1\n',
  'main.go': `package main

import "github.com/hashicorp/go-multierror"

func main() { println(new(multierror.Error).Error()) }
`,
};

describe('an allow list', () => {
  const POLICY = 'modules:\n  allow: [github.com/hashicorp/go-multierror, github.com/BurntSushi/*]\n';

  it('names who requires what it does not have, also with -mod=mod', async () => {
    await using upstream = await startUpstream();
    await using job = await jobWith(upstream, POLICY, ERRORS);
    const done = await go(job, ['build', './...'], { GOFLAGS: '-mod=mod -trimpath' });
    expect(done.code).toBe(1);
    expect(done.stderr).toContain(
      'module/denied: module "github.com/hashicorp/errwrap@v1.0.0" is not allowed',
    );
    expect(done.stderr).toContain(
      'required by: example.com/app → github.com/hashicorp/go-multierror@v1.1.1 → github.com/hashicorp/errwrap',
    );
    expect(of(upstream, 'github.com/hashicorp/errwrap').filter(name => name.endsWith('.zip'))).toEqual([]);
  });

  it('names who requires it where the module before it is replaced', async () => {
    await using upstream = await startUpstream();
    await using job = await jobWith(upstream, POLICY, {
      ...ERRORS,
      'go.mod': `${ERRORS['go.mod']}\nreplace github.com/hashicorp/go-multierror => ./multi\n`,
      'multi/go.mod':
        'module github.com/hashicorp/go-multierror\n\ngo 1.13\n\nrequire github.com/hashicorp/errwrap v1.0.0\n',
      'multi/multi.go':
        'package multierror\n\nimport _ "github.com/hashicorp/errwrap"\n\ntype Error struct{}\n\nfunc (Error) Error() string { return "" }\n',
    });
    // The nested module is a module of the checkout, too; here it is the proxy that is tried.
    const done = await late(job, ['build', './...'], { GOFLAGS: '-mod=mod -trimpath' });
    expect(done.code).toBe(1);
    expect(done.stderr).toContain(
      'required by: example.com/app → github.com/hashicorp/go-multierror → github.com/hashicorp/errwrap',
    );
  });

  it('lets go install find which part of a path is the module', async () => {
    await using upstream = await startUpstream();
    await using job = await jobWith(upstream, POLICY, EMPTY);
    const bin = { GOBIN: job.world.dir.join('bin') };
    expect(await go(job, ['install', 'github.com/BurntSushi/toml/cmd/tomlv@latest'], bin)).toMatchObject({
      code: 0,
    });
    expect(await go(job, ['install', 'github.com/BurntSushi/toml/cmd/tomlv@v0.3.1'], bin)).toMatchObject({
      code: 0,
    });
    expect(await go(job, ['get', 'github.com/BurntSushi/toml/internal@v1.4.0'])).toMatchObject({ code: 0 });
    // What is nowhere is told to be nowhere, not to be refused.
    const none = await go(job, ['get', 'github.com/BurntSushi/there-is-no-such-thing@latest']);
    expect(none.code).toBe(1);
    expect(none.stderr).not.toContain('modgate: module/denied');
  });

  it('a denied directory that is no module stops no install of its module', async () => {
    await using upstream = await startUpstream();
    await using job = await jobWith(upstream, 'modules: {deny: [github.com/BurntSushi/toml/cmd]}\n', EMPTY);
    const bin = { GOBIN: job.world.dir.join('bin') };
    expect(await go(job, ['install', 'github.com/BurntSushi/toml/cmd/tomlv@v0.3.1'], bin)).toMatchObject({
      code: 0,
    });
  });
});

/** yaml.v3 is compiled; check.v1 is required by its go.mod alone. */
const YAML = {
  'go.mod': 'module example.com/app\n\ngo 1.24\n\nrequire gopkg.in/yaml.v3 v3.0.1\n',
  'go.sum': `gopkg.in/check.v1 v0.0.0-20161208181325-20d25e280405 h1:yhCVgyC4o1eVCa2tZl7eS0r+SDo693bJlVdllGtEeKM=
gopkg.in/check.v1 v0.0.0-20161208181325-20d25e280405/go.mod h1:Co6ibVJAznAaIkqp8huTwlJQCZ016jof/cbN4VW5Yz0=
gopkg.in/yaml.v3 v3.0.1 h1:fxVm/GzAzEWqLHuvctI91KS9hhNmmWOoWu0XTYJS7CA=
gopkg.in/yaml.v3 v3.0.1/go.mod h1:K4uyk7z7BCEPqu6E+C64Yfv1cQ7kz7rIZviUmN+EgEM=
`,
  'main.go':
    'package main\n\nimport "gopkg.in/yaml.v3"\n\nfunc main() { println(yaml.Unmarshal(nil, nil) == nil) }\n',
};
const CHECK = 'gopkg.in/check.v1';

describe('a module that is only in the graph', () => {
  it('needs no entry in an allow list, unless the graph is strict', async () => {
    await using upstream = await startUpstream();
    await using job = await jobWith(upstream, 'modules: {allow: [gopkg.in/yaml.v3]}\n', YAML);
    expect(await go(job, ['build', './...'])).toMatchObject({ code: 0 });
    const graph = await go(job, ['list', '-m', 'all']);
    expect(graph).toMatchObject({ code: 0, stdout: expect.stringContaining(CHECK) });
    expect(of(upstream, CHECK).filter(name => name.endsWith('.zip'))).toEqual([]);

    await writeProject(job.project, {
      '.modgate.yaml': 'version: 1\nproxy: {strict-graph: true}\nmodules: {allow: [gopkg.in/yaml.v3]}\n',
    });
    const strict = await go(job, ['list', '-m', 'all']);
    expect(strict.code).toBe(1);
    expect(strict.stderr).toContain(`"${CHECK}@v0.0.0-20161208181325-20d25e280405" is not allowed`);
    expect(strict.stderr).toContain(`required by: example.com/app → gopkg.in/yaml.v3@v3.0.1 → ${CHECK}`);
  });

  it('is not fetched ahead', async () => {
    await using upstream = await startUpstream();
    await using job = await jobWith(upstream, 'modules: {allow: [gopkg.in/yaml.v3]}\n', YAML);
    await using session = await job.start();
    while (of(upstream, 'gopkg.in/yaml.v3').length < 3 || !upstream.requests.every(one => one.done)) {
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    expect((await fetch(`${session.url}/gopkg.in/yaml.v3/@v/v3.0.1.zip`)).status).toBe(200);
    await session.stop();
    expect(of(upstream, CHECK)).toEqual([]);
  });
});

it('what the store has already is refused all the same', async () => {
  await using upstream = await startUpstream();
  await using job = await startJob(upstream.url, EMPTY);
  expect(await go(job, ['get', 'github.com/pkg/errors@v0.9.1'])).toMatchObject({ code: 0 });
  expect(await job.stored()).toContain('github.com/pkg/errors/@v/v0.9.1.zip');
  await writeProject(job.project, {
    ...EMPTY,
    'go.sum': '',
    '.modgate.yaml':
      'version: 1\nmodules: {deny: [{pattern: github.com/pkg/errors, use: errors of the standard library}]}\n',
  });
  const before = upstream.requests.length;
  const done = await go(job, ['get', 'github.com/pkg/errors@v0.9.1']);
  expect(done.code).toBe(1);
  expect(done.stderr).toContain('module/denied');
  expect(done.stderr).toContain('fix: Use errors of the standard library instead.');
  expect(asked(upstream, before).filter(name => /errors\/@v\/.*\.(zip|mod)$/.test(name))).toEqual([]);
});

it('a level below error lets through and is written down', async () => {
  await using upstream = await startUpstream();
  await using job = await jobWith(
    upstream,
    'modules: {deny: [github.com/pkg/errors]}\nrules: {module/denied: warning}\n',
  );
  await using session = await job.start();
  const got = await job.world.go(['get', 'github.com/pkg/errors@v0.9.1'], {
    cwd: job.project,
    env: { ...session.env, ...freshCaches(job.world) },
  });
  expect(got).toMatchObject({ code: 0 });
  const records = (await session.stop()).filter((record): record is RequestRecord => record.kind === 'req');
  const zip = records.find(record => record.op === 'zip');
  expect(zip).toMatchObject({ decision: 'warn', rule: 'module/denied', status: 200 });
  const log = await readFile(path.join(session.dir, 'daemon.log'), 'utf8');
  expect(log.match(/policy: module\/denied/g)).toHaveLength(1);
});

/**
 * Runs go in a session that began before the checkout was there, as the container of a CI service does: what the
 * checkout requires could not be judged then, so the proxy is what refuses.
 */
async function late(
  job: Job,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const held = `${job.project}-held`;
  await rename(job.project, held);
  await mkdir(job.project);
  await writeProject(job.project, {
    '.modgate.yaml': await readFile(path.join(held, '.modgate.yaml'), 'utf8'),
  });
  await using session = await job.start();
  await cp(held, job.project, { recursive: true });
  return await job.world.go(args, {
    cwd: job.project,
    env: { ...session.env, ...freshCaches(job.world), ...env },
  });
}
