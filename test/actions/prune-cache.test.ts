import { describe, expect, it } from 'vitest';
import { type CachePruneReport, pruneCache } from '../../src/actions/prune-cache.ts';
import { ForgeError, githubForge } from '../../src/actions/prune-github.ts';
import { createCacheClient } from '../../src/platform/cache/client.ts';
import { type GitHubApi, startGitHubApi, type Trouble } from '../support/forge/github-api.ts';
import { writeEntry } from '../support/github/bundle-entry.ts';
import { type CacheFault, type CacheStep, startCacheService } from '../support/github/cache-service.ts';
import { tempDir } from '../support/temp.ts';

const MAIN = 'refs/heads/main';
const DAY = 86_400_000;
const NOW = Date.parse('2026-11-23T12:00:00Z');
/** What the next jobs of the refs restore, and `old`, which nobody needs. */
const NEEDED = ['parent', 'newest', 'open', 'living'];

interface Outcome {
  readonly api: GitHubApi;
  readonly report: CachePruneReport | undefined;
  readonly error: unknown;
  readonly left: readonly string[];
}

/** Cleans up a repository with servers that are in trouble. */
async function prune(prepare: {
  readonly forge?: (asked: string) => Trouble | undefined;
  readonly cache?: readonly [CacheStep, CacheFault];
  readonly signal?: AbortSignal;
  /** No entry but those of the default branch. */
  readonly alone?: boolean;
}): Promise<Outcome> {
  await using dir = await tempDir('prune');
  await using service = await startCacheService();
  await using api = await startGitHubApi();
  const { caches } = api;
  const entry = async (name: string, age: number, ref = MAIN, parents: readonly string[] = []) => {
    const key = `modgate-v2-${name}`;
    const named = parents.map(parent => `modgate-v2-${parent}`);
    const { version, bytes } = await writeEntry(service, dir, { key, ref, parents: named });
    const time = new Date(NOW - age * DAY).toISOString();
    const times = { created_at: time, last_accessed_at: time };
    caches.rows.push({ id: caches.rows.length, ref, key, version, size_in_bytes: bytes, ...times });
  };
  await entry('old', 9);
  await entry('parent', 4);
  await entry('newest', 2, MAIN, ['parent']);
  if (prepare.alone !== true) {
    await entry('open', 1, 'refs/pull/7/merge');
    await entry('living', 1, 'refs/heads/living');
  }
  caches.pulls.set(7, 'open');
  caches.branches.add('living');
  service.store.scopes = { write: MAIN, read: [MAIN] };
  if (prepare.cache) service.faults[prepare.cache[0]] = prepare.cache[1];
  api.fault = prepare.forge;
  const signal = prepare.signal ?? new AbortController().signal;
  const told = { apiUrl: api.url, repository: 'acme/demo', token: 'ghs_s3cret', env: {}, signal };
  const result = await pruneCache({
    forge: await githubForge(told),
    service: createCacheClient({ env: service.env('v2'), version: '0', signal }),
    ownRef: MAIN,
    defaultBranch: 'main',
    dryRun: false,
    now: NOW,
    signal,
    pause: async () => {},
    log: () => {},
  }).then(
    report => ({ report, error: undefined }),
    (error: unknown) => ({ report: undefined, error }),
  );
  return { api, ...result, left: caches.rows.map(row => row.key.replace('modgate-v2-', '')) };
}

/** The sentences that a person reads. */
function told({ report, error }: Outcome): string {
  return error instanceof Error ? error.message : (report?.warnings.join('\n') ?? '');
}

describe('pruneCache', () => {
  it('deletes what nobody needs when all is well', async () => {
    const outcome = await prune({});
    expect(outcome.left).toEqual(NEEDED);
    expect(told(outcome)).toBe('');
  });

  const troubles: readonly Trouble[] = [
    { status: 502 },
    { status: 429, headers: { 'retry-after': '60' } },
    { status: 403, message: 'API rate limit exceeded', headers: { 'x-ratelimit-remaining': '0' } },
    'cut',
    'not-json',
  ];
  it.each(['GET .*/actions/caches$', 'GET .*/usage$', 'GET .*/pulls/', 'GET .*/git/ref/', 'DELETE '])(
    'with a forge in trouble says so and deletes nothing that is needed: %s',
    async step => {
      const failing = new RegExp(step);
      const runs = troubles.map(async trouble => {
        const forge = (asked: string) => (failing.test(asked) ? trouble : undefined);
        const outcome = await prune({ forge });
        expect(told(outcome)).not.toBe('');
        expect(told(outcome)).not.toContain('s3cret');
        expect(outcome.left).toEqual(expect.arrayContaining(NEEDED));
        if (outcome.error) expect(outcome.error).toBeInstanceOf(ForgeError);
        else expect(outcome.report?.verdicts).toHaveLength(5);
        // One retry at most, and who says "too many" is not asked again.
        const once = typeof trouble === 'object' ? trouble.status !== 502 : trouble === 'not-json';
        expect(outcome.api.asked.filter(line => failing.test(line))).toHaveLength(once ? 1 : 2);
      });
      await Promise.all(runs);
    },
  );

  it('keeps what a manifest may name that the cache service does not give', async () => {
    const faults: readonly [CacheStep, CacheFault][] = [
      ['lookup', 'unavailable'],
      ['lookup', 'denied'],
      ['lookup', 'not-json'],
      ['download', 'cut'],
      ['download', 'garbage'],
      ['download', 'denied'],
    ];
    const runs = faults.map(async cache => {
      const outcome = await prune({ cache, alone: true });
      expect(outcome.left, String(cache)).toEqual(['parent', 'newest']);
      expect(told(outcome), String(cache)).toContain('the manifest of modgate-v2-newest could not be read');
    });
    await Promise.all(runs);
  });

  it('ends when its time is over', async () => {
    const over = new AbortController();
    const forge = (asked: string): undefined => {
      if (asked.startsWith('GET') && asked.endsWith('/usage')) over.abort();
    };
    const outcome = await prune({ forge, signal: over.signal });
    expect(outcome.left).toEqual(['old', ...NEEDED]);
    expect(told(outcome)).toContain('the next one goes on');
  });
});
