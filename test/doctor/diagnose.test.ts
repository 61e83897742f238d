import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DEFAULTS } from '../../src/config/defaults.ts';
import type { Config } from '../../src/config/types.ts';
import { diagnose } from '../../src/doctor/diagnose.ts';
import { namedHosts } from '../../src/doctor/hosts.ts';
import { privatePaths } from '../../src/session/settings/private-paths.ts';
import { spyOn } from '../support/canary.ts';
import { goWorld, writeProject } from '../support/go.ts';
import { tempDir } from '../support/temp.ts';
import { startSite } from '../support/vcs/site.ts';

const CANARY = 'canary-token-of-the-records';

describe('the hosts that are tried', () => {
  it('are those that configuration and job name, each once', () => {
    const config: Config = {
      ...DEFAULTS,
      proxy: {
        ...DEFAULTS.proxy,
        'on-failure': 'fail',
        private: ['git.example.test/team/*', '*.corp.example.test'],
        ca: [{ hosts: ['git.example.test', 'mirror.example.test'], file: 'ca.pem' }],
        credentials: [{ host: 'git.example.test:8443', 'token-env': 'KEY' }],
        hosts: ['storage.example.test'],
        ssh: ['git.example.test'],
      },
      audit: { ...DEFAULTS.audit, store: 'https://audit.example.test/x' },
    };
    const entries = ['https://robot:pass@mirror.example.test/go', 'file:///srv/go', 'direct'].map(url => ({
      url,
      fallBackOn: 'absent' as const,
    }));
    const paths = privatePaths({
      configured: config.proxy.private,
      go: undefined,
      env: { GOPRIVATE: 'own.example.test' },
    });
    const { origins, untried } = namedHosts({
      config,
      entries,
      private: paths,
      vulndb: 'https://vuln.example.test/db',
    });
    expect(Object.fromEntries(origins)).toEqual({
      'https://mirror.example.test': ['GOPROXY', 'proxy.ca'],
      'https://git.example.test': ['proxy.private', 'proxy.ca'],
      'https://own.example.test': ['GOPRIVATE'],
      'https://git.example.test:8443': ['proxy.credentials'],
      'https://storage.example.test': ['proxy.hosts'],
      'ssh://git.example.test': ['proxy.ssh'],
      'https://vuln.example.test': ['GOVULNDB'],
      'https://audit.example.test': ['audit.store'],
    });
    expect(untried).toMatchObject([{ subject: '*.corp.example.test', state: 'skipped' }]);
  });
});

describe('a whole run', () => {
  it('shows the token of the audit store to no program, whatever its variable is called', async () => {
    await using silent = await startSite({
      name: 'silent',
      answer: (_, res) => void res.writeHead(404).end(),
    });
    await using world = await goWorld(silent.url, { GOSUMDB: 'off' });
    await using dir = await tempDir('checkout');
    await using bin = await tempDir('bin');
    await writeProject(dir.path, {
      '.modgate.yaml':
        'proxy: {private: [git.example.test/*]}\naudit: {store: "https://audit.example.test", token-env: RECORDS}\n',
      'go.mod': 'module example.test/x\n\ngo 1.24\n\nrequire git.example.test/team/lib v1.0.0\n',
    });
    const spy = await spyOn(bin.path, ['go', 'git']);
    const { diagnosis } = await diagnose({
      env: {
        ...world.env,
        PATH: `${spy.bin}${path.delimiter}${world.env.PATH}`,
        RECORDS: CANARY,
        'INPUT_AUDIT-TOKEN': CANARY,
        LOOKED_AT: 'by-the-spy',
      },
      cwd: dir.path,
      flags: { store: world.dir.join('store') },
      limits: { probeMs: 20_000, runMs: 30_000, parallel: 4 },
      network: {
        resolve: () => Promise.reject(new Error('no names here')),
        connect: () => Promise.reject(new Error('no network here')),
        now: Date.now,
      },
    });
    expect(diagnosis.checks.filter(({ probe }) => probe === 'git').length).toBeGreaterThan(1);
    const started = await spy.started();
    const programs = started.map(text => path.basename(text.split('\n', 1)[0] ?? ''));
    expect(programs).toEqual(expect.arrayContaining(['go', 'git']));
    expect(started.filter(text => text.includes('LOOKED_AT=by-the-spy')).length).toBeGreaterThan(1);
    expect(started.filter(text => text.includes(CANARY))).toEqual([]);
  });

  it('ends when its time is up, whoever has not answered by then, and leaves nothing behind', async () => {
    await using silent = await startSite({ name: 'silent', answer: () => undefined });
    await using world = await goWorld(silent.url, { GOSUMDB: 'off' });
    await using dir = await tempDir('checkout');
    await writeProject(dir.path, {
      '.modgate.yaml': `proxy: {ca: [{hosts: [git.example.test], file: none.pem}]}\n`,
    });
    await using tmp = await tempDir('tmp');
    for (const name of ['TMPDIR', 'TEMP']) vi.stubEnv(name, tmp.path);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { diagnosis } = await diagnose({
      env: world.env,
      cwd: dir.path,
      flags: { store: world.dir.join('store') },
      limits: { probeMs: 60_000, runMs: 500, parallel: 2 },
      network: {
        resolve: () => new Promise(() => undefined),
        connect: () => new Promise(() => undefined),
        now: Date.now,
      },
    });
    const cut = diagnosis.checks.filter(({ why }) => why === 'the time for the whole run was up');
    expect(cut.map(({ state }) => state)).toEqual(['skipped', 'skipped']);
    expect(diagnosis.checks).toContainEqual(
      expect.objectContaining({
        probe: 'tls',
        subject: 'proxy.ca',
        state: 'warning',
        why: expect.stringContaining('none.pem cannot be read'),
        fix: expect.stringContaining('name a PEM file'),
      }),
    );
    expect(diagnosis.checks.filter(({ probe }) => probe === 'disk')).toHaveLength(3);
    expect(await readdir(tmp.path)).toEqual([]);
  });
});
