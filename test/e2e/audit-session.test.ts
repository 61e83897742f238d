import { spawn } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Batch, Inventory } from '../../src/audit/record.ts';
import type { WhoAnswer } from '../../src/collector/types.ts';
import type { SessionSummary } from '../../src/session/types.ts';
import { type AuditStore, auditStore } from '../support/audit-store.ts';
import { serve } from '../support/collector.ts';
import { gone, type Job, type Session } from '../support/session.ts';
import { tempDir } from '../support/temp.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { journaled, tinyJobOn } from './tiny-job.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TOKEN = 'hidden-audit-token';
const KEYED = { MODGATE_AUDIT_TOKEN: TOKEN };

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());

const tinyJob = (): Promise<Job> => tinyJobOn(upstream.url);

/** `modgate stop --format json`, whatever its exit code. */
async function stop(job: Job, session: Session, env: Readonly<Record<string, string>> = KEYED) {
  const done = await job.modgate(['stop', '--session', session.dir, '--format', 'json'], { env });
  return { ...done, summary: JSON.parse(done.stdout) as SessionSummary };
}

/** What a store has of one session, in the order of its chain. */
function trail({ batches }: AuditStore): Batch[] {
  return batches.toSorted((a, b) => a.header.batch - b.header.batch);
}

/** A chain without a gap whose requests are all there, from the opening to the closing batch. */
function expectWhole(chain: readonly Batch[]): void {
  expect(chain.map(({ header }) => header.batch)).toEqual(chain.map((_, at) => at + 1));
  expect(chain.map(({ header }) => header.prev)).toEqual([null, ...chain.slice(0, -1).map(b => b.digest)]);
  expect(chain[0]?.header.phase).toBe('open');
  expect(chain.at(-1)?.header.phase).toBe('close');
  const seqs = chain.flatMap(({ requests }) => requests.map(({ seq }) => seq));
  expect(seqs).toEqual(seqs.map((_, at) => at + 1));
  expect(chain.at(-1)?.footer.last_seq).toBe(seqs.length);
}

/** What the job could build with when it ended. */
function endOf(chain: readonly Batch[]): Inventory | undefined {
  return chain.at(-1)?.inventories.find(({ phase }) => phase === 'end');
}

async function allText(dir: string): Promise<string> {
  let text = '';
  for (const name of await readdir(dir, { recursive: true })) {
    const file = path.join(dir, name);
    if ((await stat(file)).isFile()) text += `${name}\n${await readFile(file, 'latin1')}\n`;
  }
  return text;
}

describe('a session with an audit store', () => {
  it('opens, sends what it answered and closes, and its token is nowhere', async () => {
    await using store = await auditStore(TOKEN);
    await using job = await tinyJob();
    await using session = await job.start(['--audit-store', store.url], { env: KEYED });
    expect(await session.go(['mod', 'download'])).toMatchObject({ code: 0 });
    const { code, summary, stderr } = await stop(job, session);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const chain = trail(store);
    expectWhole(chain);
    expect(summary.audit).toEqual({
      store: store.url,
      required: false,
      batches: chain.length,
      records: summary.requests,
      sent: chain.length,
      left: 0,
      refused: 0,
      lost: 0,
    });
    const zips = chain.flatMap(({ requests }) => requests).filter(({ op }) => op === 'zip');
    expect(zips).toMatchObject([{ module: 'github.com/google/uuid', status: 200, decision: 'allow' }]);
    const end = endOf(chain);
    expect(end?.members).toEqual([`github.com/google/uuid@${zips[0]?.version} ${zips[0]?.h1}`]);
    expect(chain[0]?.header).toMatchObject({ forge: 'local', iss: 'local' });
    expect(chain.at(-1)?.footer.reason).toBe('stop');
    const proc = (name: string) => readFile(`/proc/self/${name}`, 'latin1');
    expect(await proc('cmdline')).not.toContain(TOKEN);
    expect(await allText(session.dir)).not.toContain(TOKEN);
  });

  it('is closed by stop when its daemon was killed, and nothing of it is lost', async () => {
    await using store = await auditStore(TOKEN);
    await using job = await tinyJob();
    await using session = await job.start(['--audit-store', store.url], { env: KEYED });
    await session.go(['mod', 'download']);
    await journaled(session);
    process.kill(session.file.pid, 'SIGKILL');
    await gone(session.file.pid);
    const { code, summary } = await stop(job, session);
    expect(code).toBe(0);
    expect(summary).toMatchObject({ daemonDied: true, modules: 1 });
    const chain = trail(store);
    expectWhole(chain);
    expect(summary.audit).toMatchObject({
      batches: chain.length,
      records: summary.requests,
      left: 0,
      lost: 0,
    });
    expect(chain.at(-1)?.footer.reason).toBe('the proxy died');
  });

  it('closes by itself when the job is over and nobody stops it', async () => {
    await using store = await auditStore(TOKEN);
    await using job = await tinyJob();
    const owner = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const args = ['--audit-store', store.url, '--owner', String(owner.pid)];
    await using session = await job.start(args, { env: KEYED });
    await session.go(['mod', 'download']);
    owner.kill('SIGKILL');
    await gone(session.file.pid);
    expectWhole(trail(store));
    expect(store.batches.at(-1)?.footer.reason).toBe('the job is over');
    const end = endOf(store.batches);
    expect(end?.members).toHaveLength(1);
    // A stop that comes late has nothing to add.
    const asked = store.asked.length;
    expect((await stop(job, session)).summary.audit).toMatchObject({ left: 0, sent: store.batches.length });
    expect(store.asked).toHaveLength(asked);
  });

  it('counts the modules of a job that asked for nothing', async () => {
    await using store = await auditStore(TOKEN);
    await using job = await tinyJob();
    expect(await job.go(['mod', 'download'])).toMatchObject({ code: 0 });
    const build = [
      'run',
      '--audit-store',
      store.url,
      '--store',
      job.store,
      '--',
      'go',
      'build',
      '-o',
      'x',
      '.',
    ];
    expect(await job.modgate(build, { env: KEYED })).toMatchObject({ code: 0 });
    const chain = trail(store);
    expectWhole(chain);
    expect(chain.flatMap(({ requests }) => requests)).toEqual([]);
    const end = endOf(chain);
    expect(end).toMatchObject({ phase: 'end', modcache_preexisting: 1 });
    expect(end?.members).toEqual([expect.stringMatching(/^github\.com\/google\/uuid@v1\.6\.0 h1:/)]);
  });
});

describe('a session and a real collector', () => {
  it('its modules are found by who asks', async () => {
    await using dir = await tempDir('collector');
    const reader = { MODGATE_READ_TOKEN: 'hidden-reader-token' };
    await using collector = await serve({ dir: dir.path, env: { MODGATE_WRITE_TOKEN: TOKEN, ...reader } });
    await using job = await tinyJob();
    const args = ['--audit-store', collector.url, '--audit-required', '--store', job.store];
    const ran = await job.modgate(['run', ...args, '--', 'go', 'mod', 'download'], { env: KEYED });
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.stderr).toMatch(/Audit: \d batches, \d records sent to http/);
    const ask = ['audit', 'who', 'github.com/google/uuid', '--store', collector.url, '--format', 'json'];
    const answer = async () => JSON.parse((await job.modgate(ask, { env: reader })).stdout) as WhoAnswer;
    // The store acknowledges what it has; its index follows.
    let who = await answer();
    while (who.first === undefined) who = await answer();
    expect(who.versions).toMatchObject([{ version: 'v1.6.0', h1: expect.stringMatching(/^h1:/) }]);
    expect(who.first).toMatchObject({ repository: 'checkout', assurance: 'relayed' });
  });
});

describe('audit.required', () => {
  const required = (store: AuditStore) => ['--audit-store', store.url, '--audit-required'];

  it('starts nothing without the first acknowledgement', async () => {
    await using store = await auditStore(TOKEN);
    await using job = await tinyJob();
    const started = await job.modgate(['start', '--store', job.store, ...required(store)], {
      env: { MODGATE_AUDIT_TOKEN: 'hidden-wrong-token' },
    });
    expect(started).toMatchObject({ code: 4, stdout: '' });
    expect(started.stderr).toMatch(
      /audit\.required is on, and the opening record was not delivered: .*answered 401: who are you.*MODGATE_AUDIT_TOKEN/,
    );
    expect(started.stderr).not.toContain('hidden');
    const ran = await job.modgate(['run', '--store', job.store, ...required(store), '--', 'touch', 'ran'], {
      env: { MODGATE_AUDIT_TOKEN: 'hidden-wrong-token' },
    });
    expect(ran.code).toBe(4);
    expect(await readdir(job.checkout)).not.toContain('ran');
  });

  it('has the store know of the session before it is used', async () => {
    await using store = await auditStore(TOKEN);
    await using job = await tinyJob();
    await using session = await job.start(required(store), { env: KEYED });
    expect(store.batches.map(({ header }) => header.phase)).toEqual(['open']);
    expect((await stop(job, session)).code).toBe(0);
  });

  it.each([
    ['fails a command that succeeded', ['--audit-required'], 'process.exit(0)', 4],
    ['leaves the exit code of a command that failed', ['--audit-required'], 'process.exit(7)', 7],
    ['not being set, is a warning', [], 'process.exit(0)', 0],
  ])('%s when records are left', async (_, flags, script, code) => {
    await using store = await auditStore(TOKEN);
    store.answer = n => (n === 0 ? 'take' : { status: 403, message: 'not any more' });
    await using job = await tinyJob();
    const args = ['--audit-store', store.url, ...flags, '--store', job.store];
    const ran = await job.modgate(['run', ...args, '--', process.execPath, '-e', script], { env: KEYED });
    expect(ran.code).toBe(code);
    expect(ran.stderr).toMatch(/warning: \d batch(?:es)? of audit records could not be sent: .*not any more/);
    expect(ran.stderr).toMatch(/wait in .*modgate.spool.* for the next session on this machine/);
  });

  it('gets what one session left by the next one on the same module store', async () => {
    await using store = await auditStore(TOKEN);
    store.answer = n => (n === 0 ? 'take' : { status: 403 });
    await using job = await tinyJob();
    const args = ['--audit-store', store.url, '--store', job.store, '--', process.execPath, '-e', ''];
    expect(await job.modgate(['run', ...args], { env: KEYED })).toMatchObject({ code: 0 });
    expect(store.batches.map(({ header }) => header.phase)).toEqual(['open']);
    store.answer = () => 'take';
    await using _ = await job.start(['--audit-store', store.url], { env: KEYED });
    while (!store.batches.some(({ header }) => header.phase === 'close')) {
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    const first = store.batches.filter(({ header }) => header.inst === store.batches[0]?.header.inst);
    expectWhole(first);
  });

  it('without a store is a mistake of the file', async () => {
    await using job = await tinyJob();
    await writeFile(path.join(job.checkout, '.modgate.yaml'), 'version: 1\naudit:\n  required: true\n');
    const started = await job.modgate(['start', '--store', job.store]);
    expect(started.code).toBe(2);
    expect(started.stderr).toMatch(
      /\.modgate\.yaml:3: audit\.required is true, and audit\.store names no store/,
    );
  });
});

describe('the token', () => {
  it('is not for the command, nor for anybody who listens on the way', async () => {
    await using store = await auditStore(TOKEN);
    await using job = await tinyJob();
    const show = [
      '--',
      process.execPath,
      '-p',
      'Object.values(process.env).includes(process.argv[1])',
      TOKEN,
    ];
    const file = `audit: {store: "${store.url}", token-env: AUDIT_KEY}\n`;
    await writeFile(path.join(job.checkout, '.modgate.yaml'), file);
    const ran = await job.modgate(['run', '--store', job.store, ...show], { env: { AUDIT_KEY: TOKEN } });
    expect(ran).toMatchObject({ code: 0, stdout: 'false\n' });
    expectWhole(trail(store));
    await writeFile(
      path.join(job.checkout, '.modgate.yaml'),
      'audit: {store: "http://audit.example.test"}\n',
    );
    const refused = await job.modgate(['start', '--store', job.store], { env: KEYED });
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(/over plain http everybody on the way could read the token/);
    expect(refused.stderr).not.toContain(TOKEN);
  });
});

describe('without an audit store', () => {
  it('a daemon loads nothing that sends', async () => {
    const loaded = await imported('src/session/daemon-main.ts');
    expect(loaded).toContain('src/audit/journal.ts');
    const sends = [...loaded].filter(
      name => name.startsWith('src/audit/') && !/\/(?:journal|errors|record)/.test(name),
    );
    expect(sends).toEqual([]);
  });

  it.each(['src/session/audit/trail.ts', 'src/session/audit/close.ts'])(
    'and with one %s needs no dependency',
    async entry => {
      const packages: string[] = [];
      for (const name of await imported(entry)) {
        const text = await readFile(path.join(ROOT, name), 'utf8');
        packages.push(
          ...[...text.matchAll(/^import (?!type )[^;]*? from '([^.'][^']*)';/gm)].map(([, of = '']) => of),
        );
      }
      expect(packages).toContain('node:path');
      expect(packages.filter(name => !name.startsWith('node:'))).toEqual([]);
    },
  );

  it('nothing lies in the session directory that would be sent', async () => {
    await using job = await tinyJob();
    await using session = await job.start([], { env: KEYED });
    await session.go(['mod', 'download']);
    const { summary } = await stop(job, session);
    expect(summary).not.toHaveProperty('audit');
    expect(await readdir(session.dir)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(?:audit|spool)/)]),
    );
  });
});

/** The modules of ours that one loads by its own imports and theirs, relative to the repository. */
async function imported(entry: string, seen = new Set<string>()): Promise<Set<string>> {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  const text = await readFile(path.join(ROOT, entry), 'utf8');
  const found = text.matchAll(/^(?:import|export) (?!type )[^;]*? from '(\.[^']+)';/gm);
  // daemon-main.ts loads the daemon at once, and only from there on is a call of import() late.
  const first = entry.endsWith('-main.ts') ? text.matchAll(/import\('(\.[^']+)'\)/g) : [];
  for (const [, to = ''] of [...found, ...first]) {
    await imported(path.posix.join(path.posix.dirname(entry), to), seen);
  }
  return seen;
}
