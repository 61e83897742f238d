import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { asked, startJob } from './go-job.ts';

const H1 = 'h1:W5quZX/G/csjUnuI8SUYlsHs9M38FC7znL0lIO+DvMg=';
const TOML_MOD = 'h1:ukJfTF/6rtPPRCnwkur4qwRxa8vTRFBF0uk2lLoLwho=';
const PROJECT = {
  'go.mod': `module example.com/app

go 1.24

require (
	github.com/BurntSushi/toml v1.5.0
	github.com/Masterminds/semver/v3 v3.4.0
	github.com/google/uuid v1.6.0
	gopkg.in/yaml.v3 v3.0.1
)

replace github.com/google/uuid => github.com/gofrs/uuid/v5 v5.3.0

replace gopkg.in/yaml.v3 => ./yaml
`,
  'yaml/go.mod': 'module gopkg.in/yaml.v3\n',
  'go.sum': `github.com/BurntSushi/toml v1.4.0 ${H1}
github.com/BurntSushi/toml v1.4.0/go.mod ${TOML_MOD}
github.com/BurntSushi/toml v1.5.0 ${H1}
github.com/BurntSushi/toml v1.5.0/go.mod ${TOML_MOD}
github.com/BurntSushi/toml v1.6.0 ${H1}
github.com/BurntSushi/toml v1.6.0/go.mod ${TOML_MOD}
github.com/Masterminds/semver/v3 v3.4.0 h1:Zog+i5UMtVoCU8oKka5P7i9q9HgrJeGzI9SA1Xbatp0=
github.com/Masterminds/semver/v3 v3.4.0/go.mod h1:4V+yj/TJE1HU9XfppCwVMZq3I84lprf4nC11bSS5beM=
github.com/gofrs/uuid/v5 v5.3.0 h1:m0mUMr+oVYUdxpMLgSYCZiXe7PuVPnI94+OMeVBNedk=
github.com/gofrs/uuid/v5 v5.3.0/go.mod h1:CDOjlDMVAtN56jqyRUZh58JT31Tiw7/oQyEXZV+9bD8=
github.com/google/uuid v1.6.0 ${H1}
github.com/google/uuid v1.6.0/go.mod ${H1}
golang.org/x/sync v0.16.0/go.mod h1:1dzgHSNfp02xaA81J2MS99Qcpr2w7fw1gpm99rleRqA=
gopkg.in/yaml.v3 v3.0.1 ${H1}
gopkg.in/yaml.v3 v3.0.1/go.mod ${H1}
`,
};
const NEEDED = [
  'github.com/!burnt!sushi/toml/@v/v1.4.0.mod',
  ...['info', 'mod', 'zip'].map(kind => `github.com/!burnt!sushi/toml/@v/v1.5.0.${kind}`),
  ...['info', 'mod', 'zip'].map(kind => `github.com/!masterminds/semver/v3/@v/v3.4.0.${kind}`),
  ...['info', 'mod', 'zip'].map(kind => `github.com/gofrs/uuid/v5/@v/v5.3.0.${kind}`),
  'golang.org/x/sync/@v/v0.16.0.mod',
];

/** Waits until the upstream has been asked for all of these and answers nothing any more. */
async function settled(upstream: Upstream, paths: readonly string[]): Promise<void> {
  for (;;) {
    const before = upstream.requests.length;
    await sleep(200);
    const idle = upstream.requests.length === before && upstream.requests.every(request => request.done);
    if (idle && paths.every(name => asked(upstream).includes(name))) return;
  }
}

describe('prefetch', () => {
  it('fetches what the build can need and nothing stale or replaced', async () => {
    await using upstream = await startUpstream();
    await using job = await startJob(upstream.url, PROJECT);
    await using session = await job.start();
    await settled(upstream, NEEDED);
    const semver = `${session.url}/github.com/!masterminds/semver/v3/@v/v3.4.0.zip`;
    expect((await fetch(semver)).status).toBe(200);
    expect((await fetch(semver)).status).toBe(200);
    const records = await session.stop();

    expect(asked(upstream).toSorted()).toEqual(NEEDED.toSorted());
    const served = records.flatMap(r => (r.kind === 'req' ? [`${r.op} ${r.module} ${r.source}`] : []));
    expect(served).toEqual([
      'zip github.com/Masterminds/semver/v3 upstream',
      'zip github.com/Masterminds/semver/v3 store',
    ]);
    const footer = records.find(record => record.kind === 'ftr');
    expect(footer?.counts).toEqual({ prefetched: NEEDED.length, prefetch_failed: 0 });
  });

  it('does nothing when it is switched off', async () => {
    await using upstream = await startUpstream();
    await using job = await startJob(upstream.url, PROJECT);
    await using session = await job.start({ flags: ['--prefetch', '0'] });
    const mod = 'golang.org/x/sync/@v/v0.16.0.mod';
    expect((await fetch(`${session.url}/${mod}`)).status).toBe(200);
    await session.stop();
    expect(asked(upstream)).toEqual([mod]);
  });

  it('with a go.sum of 60,000 lines go is still answered at once, and the rest is left at the end', async () => {
    const lines = Array.from(
      { length: 60_000 },
      (_, n) => `example.com/m${n} v1.0.0/go.mod ${TOML_MOD}\n`,
    ).join('');
    await using upstream = await startUpstream({
      latencyMs: 20,
      made: name => (name.startsWith('/example.com/') ? { status: 404, body: 'not found\n' } : undefined),
    });
    await using job = await startJob(upstream.url, { ...PROJECT, 'go.sum': lines });
    await using session = await job.start();
    while (!asked(upstream).includes('example.com/m50/@v/v1.0.0.mod')) await sleep(20);
    const answer = await fetch(`${session.url}/golang.org/x/sync/@v/v0.16.0.zip`);
    expect(answer.status).toBe(200);
    expect(asked(upstream)).not.toContain('example.com/m19000/@v/v1.0.0.mod');
    await session.stop();
    expect(upstream.stats().peakConcurrency).toBeLessThanOrEqual(64);
    const stats = JSON.parse(await readFile(path.join(session.dir, 'stats.json'), 'utf8')) as {
      peakRss: number;
    };
    expect(stats.peakRss).toBeLessThan(256 * 1024 * 1024);
  });

  it('prepares a module of a monorepo when go asks for what only that one lists', async () => {
    await using upstream = await startUpstream();
    const sums = PROJECT['go.sum'].split('\n');
    await using job = await startJob(upstream.url, {
      'a/go.mod': 'module example.com/a\n\ngo 1.24\n\nrequire github.com/BurntSushi/toml v1.5.0\n',
      'a/go.sum': `${sums.slice(2, 4).join('\n')}\n`,
      'b/go.mod': 'module example.com/b\n\ngo 1.24\n\nrequire github.com/gofrs/uuid/v5 v5.3.0\n',
      'b/go.sum': `${sums.filter(line => /gofrs|sync/.test(line)).join('\n')}\n`,
    });
    await using session = await job.start();
    const mod = 'golang.org/x/sync/@v/v0.16.0.mod';
    expect((await fetch(`${session.url}/${mod}`)).status).toBe(200);
    const needed = [mod, ...NEEDED.filter(name => name.includes('/gofrs/'))];
    await settled(upstream, needed);
    expect(asked(upstream).toSorted()).toEqual(needed.toSorted());
  });
});
