import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Denial, Verdict, VerdictFn } from '../../src/proxy/types.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { type Front, startFront } from './front.ts';

const info = (version: string) => JSON.stringify({ Version: version, Time: '2020-01-02T03:04:05Z' });
const denied = (reason: string): Denial => ({
  decision: 'deny',
  rule: 'module/denied',
  reason,
  fix: 'Do without.',
});

/** A mirror with two modules, and a repository whose directories have an empty list as on the real one. */
const LISTS: Readonly<Record<string, string>> = {
  '/a.test/m/@v/list': 'v1.0.0\nv1.1.0 2020-01-02T03:04:05Z\nv1.2.0\nv2.0.0-rc.1\n',
  '/a.test/m/dir/@v/list': '',
  '/a.test/bad/@v/list': 'v1.0.0\n',
  '/a.test/tagless/@v/list': '',
};
function made(path: string): { status?: number; body: string } {
  const list = LISTS[path];
  if (list !== undefined) return { body: list };
  if (path === '/a.test/m/@latest') return { body: info('v1.2.0') };
  if (path === '/a.test/bad/@latest') return { body: info('v1.0.0') };
  if (path === '/a.test/tagless/@latest') return { body: info('v0.0.0-20200102030405-abcdefabcdef') };
  if (path === '/a.test/m/@v/main.info') return { body: info('v1.2.0') };
  const version = /^\/a\.test\/(?:m|bad)\/@v\/(v1\.[012]\.0)\.info$/.exec(path)?.[1];
  return version === undefined ? { status: 404, body: 'not found: nothing here' } : { body: info(version) };
}

/** What the verdict refuses; set by each test. */
let refuses: (module: string, version: string) => Verdict | undefined;
let askedOf: string[] = [];
const verdict: VerdictFn = (module, version, what) => {
  askedOf.push(`${what} ${module}@${version}`);
  return refuses(module, version) ?? { decision: 'allow' };
};

let upstream: Upstream;
let front: Front;
beforeAll(async () => {
  upstream = await startUpstream({ made });
  front = await startFront([{ url: upstream.url, fallBackOn: 'absent' }], {
    verdict,
    requiredBy: async module => (module === 'a.test/m' ? 'main.test/main → a.test/m' : undefined),
  });
});
afterAll(async () => {
  await front[Symbol.asyncDispose]();
  await upstream.close();
});
let from = 0;
beforeEach(() => {
  refuses = () => undefined;
  askedOf = [];
  from = upstream.requests.length;
});

async function ask(path: string, of: Front = front): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${of.url}/${path}`);
  return { status: answer.status, text: await answer.text() };
}
const upstreamSaw = () => upstream.requests.slice(from).map(one => one.path.slice(1));

describe('of a module with refused versions', () => {
  beforeEach(() => {
    refuses = (module, version) =>
      module === 'a.test/m' && ['v1.1.0', 'v1.2.0'].includes(version) ? denied(`no ${version}`) : undefined;
  });

  it('the list leaves them out and keeps the rest as it is', async () => {
    expect(await ask('a.test/m/@v/list')).toEqual({ status: 200, text: 'v1.0.0\nv2.0.0-rc.1\n' });
  });

  it('@latest is the newest that is allowed: a release before a pre-release', async () => {
    const { status, text } = await ask('a.test/m/@latest');
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ Version: 'v1.0.0' });
  });

  it('a branch that is one of them now is refused', async () => {
    expect(await ask('a.test/m/@v/main.info')).toMatchObject({
      status: 403,
      text: expect.stringContaining('no v1.2.0'),
    });
  });

  it('their .info is refused, and that of others is served', async () => {
    expect((await ask('a.test/m/@v/v1.1.0.info')).status).toBe(403);
    expect((await ask('a.test/m/@v/v1.0.0.info')).status).toBe(200);
  });

  it('their zip is refused with who requires it, and nothing is asked of the upstream', async () => {
    expect(await ask('a.test/m/@v/v1.1.0.zip')).toEqual({
      status: 403,
      text: 'modgate: module/denied: no v1.1.0\nrequired by: main.test/main → a.test/m\nfix: Do without.\n',
    });
    expect(upstreamSaw()).toEqual([]);
  });
});

it('when every version is refused, list and @latest are', async () => {
  refuses = (module, version) =>
    module === 'a.test/m' && version !== '' ? denied(`no ${version}`) : undefined;
  expect((await ask('a.test/m/@v/list')).status).toBe(403);
  expect((await ask('a.test/m/@latest')).status).toBe(403);
});

describe('of a module that is refused as a whole', () => {
  beforeEach(() => {
    refuses = module => (/^a\.test\/(m\/|bad|tagless)/.test(module) ? denied(`no ${module}`) : undefined);
  });

  it('list, @latest, .info and branches are refused', async () => {
    for (const path of ['@v/list', '@latest', '@v/v1.0.0.info']) {
      expect(await ask(`a.test/bad/${path}`)).toMatchObject({
        status: 403,
        text: expect.stringContaining('no a.test/bad'),
      });
    }
    expect((await ask('a.test/tagless/@latest')).status).toBe(403);
    expect(upstreamSaw().some(path => /\.(zip|mod)$/.test(path))).toBe(false);
  });

  it('a longer path that is no module is as absent as ever', async () => {
    // A 403 here would stop `go install a.test/m/dir/cmd@latest`, which goes on at a 404.
    expect((await ask('a.test/m/dir/cmd/@v/list')).status).toBe(404);
    expect((await ask('a.test/m/dir/cmd/@latest')).status).toBe(404);
    expect((await ask('a.test/m/dir/@v/v1.0.0.info')).status).toBe(404);
    expect((await ask('a.test/m/dir/@v/main.info')).status).toBe(404);
    expect(await ask('a.test/m/dir/@v/list')).toEqual({ status: 200, text: '' });
    expect((await ask('a.test/m/dir/@latest')).status).toBe(404);
  });

  it('an outage of the upstream makes no absence and no outage of a refusal', async () => {
    upstream.setFaults(() => ({ kind: 'status', status: 503 }));
    try {
      expect((await ask('a.test/bad/@v/list')).status).toBe(403);
      expect((await ask('a.test/bad/@v/v1.2.0.info')).status).toBe(403);
    } finally {
      upstream.setFaults(undefined);
    }
  });

  it('nobody is asked when all of the host is refused', async () => {
    refuses = module => ({ ...denied(`no ${module}`), wholeHost: true });
    for (const path of [
      'a.test/@v/list',
      'a.test/m/@latest',
      'a.test/m/@v/v1.0.0.info',
      'a.test/m/@v/main.info',
    ]) {
      expect((await ask(path)).status).toBe(403);
    }
    expect(upstreamSaw()).toEqual([]);
  });

  it('version control is not asked for it', async () => {
    // A `direct` entry without git or go behind it: asked, it would answer that there is no such thing.
    await using alone = await startFront([{ url: 'direct', fallBackOn: 'absent' }], { verdict });
    expect((await ask('a.test/bad/@v/list', alone)).status).toBe(403);
    expect((await ask('a.test/good/@v/list', alone)).status).toBe(404);
  });
});

describe('the verdict', () => {
  it('is asked for what comes in and for what is chosen, each by its name', async () => {
    await ask('a.test/m/@v/v1.0.0.info');
    await ask('a.test/m/@v/v1.0.0.mod');
    await ask('a.test/m/@v/v1.0.0.zip');
    await ask('a.test/m/@v/list');
    expect(askedOf).toEqual(
      expect.arrayContaining([
        'choose a.test/m@v1.0.0',
        'mod a.test/m@v1.0.0',
        'zip a.test/m@v1.0.0',
        'choose a.test/m@',
      ]),
    );
  });

  it('of a warning lets through, is written down each time and said once', async () => {
    refuses = module => ({ decision: 'warn', rule: 'module/denied', reason: `better not ${module}` });
    const before = front.records.length;
    expect((await ask('a.test/m/@v/v1.0.0.info')).status).toBe(200);
    expect((await ask('a.test/m/@v/v1.2.0.info')).status).toBe(200);
    await vi.waitFor(() => expect(front.records.length).toBe(before + 2));
    for (const record of front.records.slice(before)) {
      expect(record).toMatchObject({
        decision: 'warn',
        rule: 'module/denied',
        reason: 'better not a.test/m',
      });
    }
    expect(front.log.filter(line => line.includes('better not'))).toHaveLength(1);
  });
});
