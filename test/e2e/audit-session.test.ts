import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Batch } from '../../src/audit/record.ts';
import type { SessionSummary } from '../../src/session/types.ts';
import { type AuditStore, auditStore } from '../support/audit-store.ts';
import { type Job, makeJob, type Session } from '../support/session.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { tinyProject } from './small-project.ts';

const TOKEN = 'hidden-audit-token';
const KEYED = { MODGATE_AUDIT_TOKEN: TOKEN };

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());

async function tinyJob(env: Readonly<Record<string, string>> = {}): Promise<Job> {
  const job = await makeJob(upstream.url, env);
  await tinyProject(job.checkout);
  return job;
}

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
    const [end] = chain.at(-1)?.inventories ?? [];
    expect(end?.members).toEqual([`github.com/google/uuid@${zips[0]?.version} ${zips[0]?.h1}`]);
    expect(chain[0]?.header).toMatchObject({ forge: 'local', iss: 'local' });
    expect(chain.at(-1)?.footer.reason).toBe('stop');
    const proc = (name: string) => readFile(`/proc/self/${name}`, 'latin1');
    expect(await proc('cmdline')).not.toContain(TOKEN);
    expect(await allText(session.dir)).not.toContain(TOKEN);
  });
});
