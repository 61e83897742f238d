import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { readJournal } from '../../src/audit/journal-read.ts';
import { openRawDirectory } from '../../src/audit/raw/directory.ts';
import type { Batch } from '../../src/audit/record.ts';
import { AUDIT_FILES, recover } from '../../src/audit/recover.ts';
import { readRaw } from '../../src/collector/raw-facts.ts';
import type { JobsAnswer } from '../../src/collector/types.ts';
import { SPOOL } from '../../src/store/layout.ts';
import { dump } from '../collector/index/dump.ts';
import { batchOf, denialOf, zipOf } from '../support/audit-batch.ts';
import { send } from '../support/collector.ts';
import { writeProject } from '../support/go.ts';
import { modgate } from '../support/modgate.ts';
import { gone, type Job, makeJob, type Session } from '../support/session.ts';
import { startUpstream } from '../support/upstream/upstream.ts';
import { type Central, startCentral } from './audit-central.ts';
import { type Client, load } from './audit-load.ts';

/** What becomes of a session whose daemon was killed. */
const ENDINGS = ['stopped', 'started again, then stopped', 'left alone'] as const;
const CLIENTS = 4;
const POLICY = 'version: 1\nmodules: {deny: [{pattern: denied.example.com, reason: not here}]}\n';

export interface KillReport {
  /** Kills of each kind. */
  readonly kills: { daemon: number; collector: number; database: number };
  /** Answers that clients had in full, and records of them that the store has or that lie in a journal. */
  readonly answered: number;
  readonly recorded: number;
  /** Batches that others sent meanwhile. */
  readonly others: number;
}

/**
 * Kills daemons under load, their collector and its database, `each` times each at random moments, and then accounts
 * for every answer: what clients had is in the store once, or in the journal of a session that nobody ended, or was
 * given in the last moment before a kill. The index has the right state of each job, and is the one that a fresh index
 * makes of the raw batches.
 */
export async function killTrail(each: number): Promise<KillReport> {
  await using central = await startCentral();
  await using upstream = await startUpstream();
  const report: KillReport = {
    kills: { daemon: 0, collector: 0, database: 0 },
    answered: 0,
    recorded: 0,
    others: 0,
  };
  const sum = report as { -readonly [K in keyof KillReport]: KillReport[K] };
  const all: Told[] = [];
  while (report.kills.daemon < each) {
    const ended = new AbortController();
    const others = flood(central, ended.signal);
    const jobs = await Promise.all(ENDINGS.map(() => makeJob(upstream.url)));
    try {
      const sessions = ENDINGS.map((ending, n) => session(central, jobs[n] as Job, ending));
      const chaos = [
        killCollector(central, report, KILLS_A_ROUND),
        killDatabase(central, report, KILLS_A_ROUND - 1),
      ];
      const told = await Promise.all(sessions);
      await Promise.all(chaos);
      // What this one costs has to be made good by the collector that runs, not by the next one.
      await killDatabase(central, report, 1);
      ended.abort();
      sum.others += await others;
      report.kills.daemon += told.length;
      await Promise.all(told.map(one => deliverRest(central, one)));
      await central.settled();
      const { jobs: states } = await central.ask('jobs', '--state', 'any', '--older', '0', '--all');
      const batches = await batchesOf(central, new Set(told.map(({ uid }) => uid)));
      for (const one of told) {
        const job = states.find(({ job }) => job === one.uid);
        const { answered, recorded } = await account(one, job, batches.get(one.uid) ?? []);
        sum.answered += answered;
        sum.recorded += recorded;
      }
      all.push(...told);
    } finally {
      ended.abort();
      await others.catch(() => 0);
      for (const job of jobs) await job[Symbol.asyncDispose]();
    }
  }
  await expectOneEffect(central, all);
  expect(await central.collector.stop()).toBe(0);
  await expectRebuiltEqual(central);
  return report;
}

/** A session that is over, and those who used it. */
interface Told {
  readonly job: Job;
  readonly uid: string;
  readonly dir: string;
  readonly ending: (typeof ENDINGS)[number];
  /** Those of killed daemons, with what had to be on the disk before the kill. */
  readonly cut: readonly { readonly client: Client; readonly durable: number }[];
  /** Those whose daemon ended in order. */
  readonly whole: readonly Client[];
}

/** A job whose daemon is killed at a random moment while clients ask it. */
async function session(central: Central, job: Job, ending: Told['ending']): Promise<Told> {
  await writeProject(job.checkout, {
    'go.mod': 'module example.com/x\n\ngo 1.24\n',
    '.modgate.yaml': POLICY,
  });
  const env = { MODGATE_AUDIT_TOKEN: central.token };
  const args = ['--audit-store', central.url, '--on-failure', 'fail', '--prefetch', '0'];
  const first = await job.start(args, { env });
  const clients = load(first, CLIENTS, 'before');
  await answers(clients, 50 + Math.random() * 800);
  const before = clients.map(client => client.refused);
  await until(async () => {
    const seen = refusals((await first.journal()).filter(record => record.kind === 'req'));
    return clients.every((client, n) => (seen.get(client.name)?.length ?? 0) >= (before[n] ?? 0));
  });
  await delay(Math.random() * 100);
  process.kill(first.file.pid, 'SIGKILL');
  await gone(first.file.pid);
  await Promise.all(clients.map(client => client.ended));
  const [header] = (await first.journal()).filter(record => record.kind === 'hdr');
  const told = {
    job,
    uid: header?.job_uid ?? '',
    dir: first.dir,
    ending,
    cut: clients.map((client, n) => ({ client, durable: before[n] ?? 0 })),
  };
  if (ending === 'left alone') return { ...told, whole: [] };
  const whole = ending === 'stopped' ? [] : await goOn(job, args, env);
  const done = await job.modgate(['stop', '--session', first.dir], { env });
  expect(done.code, done.stderr).toBe(0);
  return { ...told, whole };
}

/** The same job starts again; clients of that daemon leave before it ends. */
async function goOn(
  job: Job,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<readonly Client[]> {
  const again: Session = await job.start(args, { env });
  const clients = load(again, CLIENTS, 'after');
  await answers(clients, 50 + Math.random() * 400);
  for (const client of clients) client.leave();
  await Promise.all(clients.map(client => client.ended));
  return clients;
}

/** What a session left in its directory, or beside the module store for the next one, goes out by hand. */
async function deliverRest(central: Central, { job, dir }: Told): Promise<void> {
  const shared = path.join(job.store, ...SPOOL.split('/'));
  const places = [dir, ...(existsSync(shared) ? [shared] : [])];
  const args = ['audit', 'upload', ...places, '--store', central.url];
  const done = await job.modgate(args, { env: { MODGATE_AUDIT_TOKEN: central.token } });
  expect(done.code, done.stderr).toBe(0);
}

/** Answers of one session that clients had, against what the store has of it. */
async function account(
  { dir, ending, cut, whole }: Told,
  job: JobsAnswer['jobs'][number] | undefined,
  batches: readonly Batch[],
): Promise<{ answered: number; recorded: number }> {
  const chain = batches.toSorted((a, b) => a.header.batch - b.header.batch);
  expect(chain.map(({ header }) => header.batch)).toEqual(chain.map((_, at) => at + 1));
  expect(chain.map(({ header }) => header.prev)).toEqual([null, ...chain.slice(0, -1).map(b => b.digest)]);
  const sent = chain.flatMap(({ requests }) => requests);
  const lost = chain.reduce((sum, { footer }) => sum + footer.dropped, 0);
  const left = await recover(dir);
  expect(left.chain.filter(({ state }) => state === 'spooled')).toEqual([]);
  expect(left.unsealed > 0 && ending !== 'left alone').toBe(false);
  // Sent, waiting and lost are all that was produced, each number once.
  expect(new Set(sent.map(({ seq }) => seq)).size).toBe(sent.length);
  expect(sent.length + lost + left.unsealed).toBe(left.produced);
  expect(lost).toBe(0);

  const state = ending === 'left alone' ? 'open' : 'closed';
  expect(job).toMatchObject({ state, records: sent.length, batches: chain.length, dropped: 0 });

  const unsealed: { readonly module?: string | undefined }[] = [];
  if (left.unsealed > 0) {
    const last = chain.at(-1)?.footer.last_seq ?? 0;
    await readJournal(path.join(dir, AUDIT_FILES.journal), record => {
      if (record.kind === 'req' && record.seq > last) unsealed.push(record);
    });
  }
  const recorded = [...sent, ...unsealed];
  const seen = refusals(recorded);
  const clients = [...cut.map(({ client }) => client), ...whole];
  for (const client of clients) {
    // Each client asks one thing after the other, so that its records are the first of its requests, without a hole.
    const numbers = seen.get(client.name) ?? [];
    expect(numbers, client.name).toEqual(numbers.map((_, at) => at + 1));
    // One request may have been answered without the client getting it.
    expect(numbers.length, client.name).toBeLessThanOrEqual(client.refused + 1);
  }
  for (const { client, durable } of cut) {
    expect(seen.get(client.name)?.length ?? 0, client.name).toBeGreaterThanOrEqual(durable);
  }
  for (const client of whole) expect(seen.get(client.name)?.length ?? 0, client.name).toBe(client.refused);
  const count = (list: readonly Client[]) => list.reduce((sum, { answered }) => sum + answered, 0);
  return { answered: count(clients), recorded: recorded.length };
}

/** Numbers of the refused requests of each client, in the order of the records. */
function refusals(records: readonly { readonly module?: string | undefined }[]): Map<string, number[]> {
  const seen = new Map<string, number[]>();
  for (const { module = '' } of records) {
    const [, client, n] = /^denied\.example\.com\/(.+)\/n(\d+)$/.exec(module) ?? [];
    if (client === undefined) continue;
    const numbers = seen.get(client) ?? [];
    numbers.push(Number(n));
    seen.set(client, numbers);
  }
  return seen;
}

/** The batches of some jobs, from the raw objects themselves: their names have the job. */
async function batchesOf(central: Central, uids: ReadonlySet<string>): Promise<Map<string, Batch[]>> {
  const raw = openRawDirectory(central.dir);
  const batches = new Map([...uids].map(uid => [uid, [] as Batch[]]));
  for await (const key of raw.list()) {
    const of = batches.get(key.split('/').at(-2) ?? '');
    const object = of && (await readRaw(raw, key));
    if (object !== undefined) of?.push(object.batch);
  }
  return batches;
}

/** Every refusal is in the answers once, however often its batch was sent. */
async function expectOneEffect(central: Central, sessions: readonly Told[]): Promise<void> {
  const { records } = await central.ask('log', '--decision', 'deny', '--all');
  const seen = records.map(({ job, seq }) => `${job} ${seq}`);
  expect(new Set(seen).size).toBe(seen.length);
  const batches = await batchesOf(central, new Set(sessions.map(({ uid }) => uid)));
  for (const { uid } of sessions) {
    const sent = (batches.get(uid) ?? [])
      .flatMap(({ requests }) => requests)
      .filter(r => r.decision === 'deny');
    expect(records.filter(({ job }) => job === uid)).toHaveLength(sent.length);
  }
}

/** The collector is stopped: the index of PostgreSQL is the one that SQLite makes of the raw batches. */
async function expectRebuiltEqual(central: Central): Promise<void> {
  const made = await modgate(['audit', 'rebuild', '--data', central.dir], {
    env: { PATH: process.env.PATH },
    cwd: central.dir,
  });
  expect(made.code, made.stderr).toBe(0);
  const live = await dump({ url: central.database });
  expect(live.length).toBeGreaterThan(100);
  expect(await dump({ file: path.join(central.dir, 'index.db') })).toEqual(live);
}

/** Batches of other jobs, sent until they are acknowledged; how many were. */
async function flood(central: Central, signal: AbortSignal): Promise<number> {
  let acked = 0;
  const sender = async (n: number) => {
    for (let i = 0; !signal.aborted; i++) {
      const batch = batchOf({
        job: `${n} ${i} ${Math.random()}`,
        repository: `acme/r${i % 5}`,
        wall: new Date().toISOString(),
        requests: [zipOf('shared.example/x'), zipOf(`own.example/m${i % 50}`), denialOf('evil.example/x')],
      });
      for (;;) {
        const answer = await send(central.url, batch, central.token).catch(() => undefined);
        if (answer?.status === 200 || answer?.status === 201) break;
        await delay(20);
      }
      acked++;
      await delay(Math.random() * 40);
    }
  };
  await Promise.all([0, 1, 2].map(sender));
  return acked;
}

const KILLS_A_ROUND = ENDINGS.length;

async function killCollector(central: Central, { kills }: KillReport, times: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    await delay(Math.random() * 700);
    await central.collector.kill();
    kills.collector++;
    await delay(Math.random() * 100);
    await central.restart();
  }
}

async function killDatabase(central: Central, { kills }: KillReport, times: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    await delay(Math.random() * 900);
    await central.postgres.stop('kill');
    kills.database++;
    await delay(Math.random() * 100);
    await central.postgres.start();
  }
}

/** Resolves when the clients together had so many answers. */
async function answers(clients: readonly Client[], count: number): Promise<void> {
  await until(async () => clients.reduce((sum, { answered }) => sum + answered, 0) >= count);
}

async function until(done: () => Promise<boolean>): Promise<void> {
  while (!(await done())) await delay(20);
}
