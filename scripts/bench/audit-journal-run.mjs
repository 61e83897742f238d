// Runs in a process of its own: `node audit-journal-run.mjs DIR`; prints {appendUs, auditUs}.
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Batcher } from '../../src/audit/batcher.ts';
import { JournalWriter } from '../../src/audit/journal.ts';
import { Outbox } from '../../src/audit/outbox.ts';
import { directoryTarget } from '../../src/audit/targets/directory.ts';
import { batchesOf, History, sha256 } from './audit-history.mjs';

const [, , dir] = process.argv;
const history = new History({ repositories: 1, modules: 5000, jobs: 1, end: Date.now() - 86_400_000 });
const answers = batchesOf(history.next())
  .flatMap(({ requests }) => requests)
  .map(({ kind, seq, t, mono_ns, ...answer }) => answer);

const journalOnly = await run(path.join(dir, 'alone'), false);
const idle = await paced(() => {});
const whole = await run(path.join(dir, 'whole'), true);
process.stdout.write(
  JSON.stringify({
    appendUs: (journalOnly - idle) / answers.length,
    auditUs: (whole - idle) / answers.length,
  }),
);

/** Processor time of this process, all threads, in microseconds, while all answers are written down. */
async function run(sessionDir, sends) {
  await mkdir(sessionDir, { recursive: true });
  const onTrouble = why => {
    throw new Error(why);
  };
  const journal = await JournalWriter.open(path.join(sessionDir, 'journal'), { onTrouble });
  journal.write({
    kind: 'hdr',
    v: 1,
    job_uid: sha256(sessionDir),
    inst: randomUUID(),
    forge: 'github',
    iss: 'https://token.example.test',
    tool: { name: 'modgate', version: '0.0.0' },
    clock: { wall: new Date().toISOString(), mono_ns: '0' },
    policy: { digest: '' },
    modcache_preexisting: 0,
    claimed: { repository: 'acme/app', ref: 'refs/heads/main', event: 'push' },
  });
  let batcher;
  if (sends) {
    const outbox = await Outbox.open({ sessionDir, journal });
    const target = directoryTarget(path.join(sessionDir, 'store'), Date.now);
    batcher = new Batcher({ outbox, journal, target, log: onTrouble });
    await batcher.start();
  }
  const used = await paced(
    answer => journal.append(answer),
    () => batcher?.flush() ?? journal.flush(),
  );
  await batcher?.stop();
  await journal.close();
  return used;
}

/** As answers come: some at once, then a moment nothing. */
async function paced(write, end = () => {}) {
  const before = process.cpuUsage();
  for (let at = 0; at < answers.length; at++) {
    write(answers[at]);
    if (at % 8 === 7) await sleep(4);
  }
  await end();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
