import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeProject } from '../support/go.ts';
import { runOk } from '../support/process.ts';
import { deadUrl } from '../support/upstream/dead.ts';
import { startUpstream } from '../support/upstream/upstream.ts';
import { asked, freshCaches, startJob, tableRow } from './go-job.ts';

/** A small program whose four modules cover upper case, a /v2 path, gopkg.in and a vanity host. */
const PROGRAM = {
  'go.mod': `module example.com/app

go 1.24

require (
	github.com/BurntSushi/toml v0.3.1
	github.com/Masterminds/semver/v3 v3.4.0
	golang.org/x/sync v0.16.0
	gopkg.in/yaml.v3 v3.0.1
)
`,
  'main.go': `package main

import (
	"fmt"

	"github.com/BurntSushi/toml"
	"github.com/Masterminds/semver/v3"
	"golang.org/x/sync/errgroup"
	"gopkg.in/yaml.v3"
)

func Parse() string {
	var group errgroup.Group
	group.Go(func() error { return nil })
	var table map[string]int
	_, err := toml.Decode("a = 1", &table)
	return fmt.Sprint(semver.MustParse("v1.2.3"), yaml.Unmarshal([]byte("{}"), &table), err, group.Wait())
}

func main() { fmt.Println(Parse()) }
`,
  'main_test.go': `package main

import "testing"

func TestParse(t *testing.T) {
	if got := Parse(); got != "1.2.3 <nil> <nil> <nil>" {
		t.Fatal(got)
	}
}
`,
  // Written by go mod tidy; gopkg.in/check.v1 is in the graph only.
  'go.sum': `github.com/BurntSushi/toml v0.3.1 h1:WXkYYl6Yr3qBf1K79EBnL4mak0OimBfB0XUf9Vl28OQ=
github.com/BurntSushi/toml v0.3.1/go.mod h1:xHWCNGjB5oqiDr8zfno3MHue2Ht5sIBksp03qcyfWMU=
github.com/Masterminds/semver/v3 v3.4.0 h1:Zog+i5UMtVoCU8oKka5P7i9q9HgrJeGzI9SA1Xbatp0=
github.com/Masterminds/semver/v3 v3.4.0/go.mod h1:4V+yj/TJE1HU9XfppCwVMZq3I84lprf4nC11bSS5beM=
golang.org/x/sync v0.16.0 h1:ycBJEhp9p4vXvUZNszeOq0kGTPghopOL8q0fq3vstxw=
golang.org/x/sync v0.16.0/go.mod h1:1dzgHSNfp02xaA81J2MS99Qcpr2w7fw1gpm99rleRqA=
gopkg.in/check.v1 v0.0.0-20161208181325-20d25e280405 h1:yhCVgyC4o1eVCa2tZl7eS0r+SDo693bJlVdllGtEeKM=
gopkg.in/check.v1 v0.0.0-20161208181325-20d25e280405/go.mod h1:Co6ibVJAznAaIkqp8huTwlJQCZ016jof/cbN4VW5Yz0=
gopkg.in/yaml.v3 v3.0.1 h1:fxVm/GzAzEWqLHuvctI91KS9hhNmmWOoWu0XTYJS7CA=
gopkg.in/yaml.v3 v3.0.1/go.mod h1:K4uyk7z7BCEPqu6E+C64Yfv1cQ7kz7rIZviUmN+EgEM=
`,
};
const EMPTY = {
  'go.mod': 'module example.com/app\n\ngo 1.24\n',
  'main.go': 'package main\n\nfunc main() {}\n',
};

const zips = (paths: readonly string[]) => paths.filter(path => path.endsWith('.zip'));
const twice = (paths: readonly string[]) => paths.filter((path, at) => paths.indexOf(path) !== at);

describe('a project through modgate', () => {
  it('cold, warm, and with the upstream gone', async () => {
    await using upstream = await startUpstream();
    await using job = await startJob(upstream.url, PROGRAM);
    const cold = await job.fresh(['mod', 'download']);
    expect(tableRow(cold, 'upstream').modules).toBe(4);
    expect(twice(asked(upstream))).toEqual([]);
    expect(zips(asked(upstream)).toSorted()).toEqual([
      'github.com/!burnt!sushi/toml/@v/v0.3.1.zip',
      'github.com/!masterminds/semver/v3/@v/v3.4.0.zip',
      'golang.org/x/sync/@v/v0.16.0.zip',
      'gopkg.in/yaml.v3/@v/v3.0.1.zip',
    ]);

    const before = upstream.requests.length;
    const warm = await job.fresh(['test', './...']);
    expect(warm.stdout).toContain('ok  \texample.com/app');
    expect(tableRow(warm, 'store').modules).toBe(4);
    expect(tableRow(warm, 'upstream')).toEqual({ modules: 0, bytes: '0 B' });
    expect(asked(upstream, before)).toEqual([]);

    const dead = { GOPROXY: await deadUrl() };
    for (const args of [
      ['mod', 'download'],
      ['build', '-o', job.world.dir.join('app'), '.'],
      ['test', './...'],
    ]) {
      const offline = await job.fresh(args, { env: dead });
      expect(tableRow(offline, 'upstream')).toEqual({ modules: 0, bytes: '0 B' });
    }
    const { stdout } = await runOk(job.world.dir.join('app'), []);
    expect(stdout).toBe('1.2.3 <nil> <nil> <nil>\n');
  });

  it('three go commands at once, each with caches of its own, cost the upstream one fetch a file', async () => {
    await using upstream = await startUpstream({ latencyMs: 50 });
    await using job = await startJob(upstream.url, PROGRAM);
    await using session = await job.start();
    const runs = [1, 2, 3].map(n =>
      job.world.goOk(['build', '-o', job.world.dir.join(`app${n}`), '.'], {
        cwd: job.project,
        env: { ...session.env, ...freshCaches(job.world) },
      }),
    );
    await Promise.all(runs);
    expect(twice(asked(upstream))).toEqual([]);
    const served = (await session.stop()).filter(record => record.kind === 'req' && record.op === 'zip');
    expect(served).toHaveLength(12);
  });

  it('a workspace of two modules', async () => {
    await using upstream = await startUpstream();
    const sum = PROGRAM['go.sum'].split('\n');
    await using job = await startJob(upstream.url, {
      'go.work': 'go 1.24\n\nuse (\n\t./a\n\t./b\n)\n',
      'a/go.mod': 'module example.com/a\n\ngo 1.24\n\nrequire github.com/BurntSushi/toml v0.3.1\n',
      'a/go.sum': `${sum.slice(0, 2).join('\n')}\n`,
      'a/main.go':
        'package main\n\nimport (\n\t"example.com/b"\n\t_ "github.com/BurntSushi/toml"\n)\n\nfunc main() { b.Run() }\n',
      'b/go.mod': 'module example.com/b\n\ngo 1.24\n\nrequire golang.org/x/sync v0.16.0\n',
      'b/go.sum': `${sum.slice(4, 6).join('\n')}\n`,
      'b/b.go':
        'package b\n\nimport "golang.org/x/sync/errgroup"\n\nfunc Run() { new(errgroup.Group).Wait() }\n',
    });
    await job.fresh(['build', '-o', job.world.dir.path, './a', './b']);
    expect(zips(asked(upstream)).toSorted()).toEqual([
      'github.com/!burnt!sushi/toml/@v/v0.3.1.zip',
      'golang.org/x/sync/@v/v0.16.0.zip',
    ]);
    await job.fresh(['build', '-o', job.world.dir.path, './a', './b'], { env: { GOPROXY: await deadUrl() } });
  });
});

/** A branch and a commit, which not every mirror resolves; the answer is the real mirror's own for the version. */
const EXP = 'v0.0.0-20240613232115-7f521ea00fb8';
const queries = (path: string) =>
  /^\/golang\.org\/x\/exp\/@v\/(main|7f521ea00fb8)\.info$/.test(path)
    ? { body: JSON.stringify({ Version: EXP, Time: '2024-06-13T23:21:15Z' }) }
    : undefined;

describe('go get', () => {
  it('chooses the same versions as without modgate', async () => {
    await using upstream = await startUpstream({ made: queries });
    await using job = await startJob(upstream.url, EMPTY);
    await using session = await job.start();
    const wanted = [
      'github.com/spf13/pflag@latest',
      'github.com/spf13/pflag@v1.0.1',
      'github.com/spf13/pflag@patch',
      'github.com/spf13/pflag@v1.0.3',
      'github.com/spf13/pflag@upgrade',
      'github.com/spf13/pflag@<v1.0.4',
      'github.com/Masterminds/semver/v3@v3',
      'golang.org/x/exp@latest',
      'golang.org/x/exp@7f521ea00fb8',
      'golang.org/x/exp@main',
    ];
    const mods = async (env: Readonly<Record<string, string | undefined>>) => {
      const dir = path.join(job.world.dir.path, `get-${env === session.env ? 'ours' : 'plain'}`);
      await writeProject(dir, { 'go.mod': EMPTY['go.mod'] });
      const seen: string[] = [];
      for (const query of wanted) {
        await job.world.goOk(['get', query], { cwd: dir, env: { ...env, ...caches.get(env) } });
        seen.push(await readFile(path.join(dir, 'go.mod'), 'utf8'));
      }
      return { seen, sum: await readFile(path.join(dir, 'go.sum'), 'utf8') };
    };
    const plain = {};
    const caches = new Map<unknown, Record<string, string>>([
      [plain, freshCaches(job.world)],
      [session.env, freshCaches(job.world)],
    ]);
    expect(await mods(session.env)).toEqual(await mods(plain));
  });

  it('goes on with what the store knows when the upstream is gone', async () => {
    await using upstream = await startUpstream({ made: queries });
    await using job = await startJob(upstream.url, EMPTY);
    const query = ['get', 'github.com/spf13/pflag@latest', 'golang.org/x/exp@main'];
    await job.fresh(query);
    const online = await readFile(path.join(job.project, 'go.mod'), 'utf8');
    await writeFile(path.join(job.project, 'go.mod'), EMPTY['go.mod']);
    const offline = await job.fresh(query, { env: { GOPROXY: await deadUrl() } });
    expect(await readFile(path.join(job.project, 'go.mod'), 'utf8')).toBe(online);
    expect(offline.stderr).toMatch(/warning: .*may be out of date/);
  });
});

describe('go install of a package deep in a module', () => {
  const TOOL = 'github.com/BurntSushi/toml/cmd/tomlv@v0.3.1';

  it('works: what is no module is 404', async () => {
    await using upstream = await startUpstream();
    await using job = await startJob(upstream.url, {});
    await job.fresh(['install', TOOL], { env: { GOBIN: job.world.dir.join('bin') } });
    await readFile(job.world.dir.join('bin', process.platform === 'win32' ? 'tomlv.exe' : 'tomlv'));
    await job.fresh(['install', TOOL], {
      env: { GOBIN: job.world.dir.join('bin'), GOPROXY: await deadUrl() },
    });
  });

  it('a mirror that says 403 for absence is named, with the way out of it', async () => {
    await using upstream = await startUpstream({ absentStatus: 403 });
    await using job = await startJob(upstream.url, {});
    const bin = job.world.dir.join('bin');
    const failed = await job.run(['go', 'install', TOOL], { env: { ...freshCaches(job.world), GOBIN: bin } });
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('502 Bad Gateway');
    expect(failed.stderr).toContain('HTTP 403');
    expect(failed.stderr).toContain('absent-on-403: true');

    await writeFile(
      path.join(job.project, '.modgate.yaml'),
      `version: 1\nproxy:\n  upstream:\n    - url: ${upstream.url}\n      absent-on-403: true\n`,
    );
    await job.fresh(['install', TOOL], { env: { GOBIN: bin } });
    await readFile(path.join(bin, process.platform === 'win32' ? 'tomlv.exe' : 'tomlv'));
  });
});
