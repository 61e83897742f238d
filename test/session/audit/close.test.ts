import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Batcher } from '../../../src/audit/batcher.ts';
import { Outbox } from '../../../src/audit/outbox.ts';
import type { Batch } from '../../../src/audit/record.ts';
import { closeAudit } from '../../../src/session/audit/close.ts';
import type { AuditFile } from '../../../src/session/audit/file.ts';
import { type AuditReport, auditWarning, isUndelivered } from '../../../src/session/audit/report.ts';
import { sendShared } from '../../../src/session/audit/shared-spool.ts';
import { auditTarget } from '../../../src/session/audit/target.ts';
import { answer, openJournal } from '../../audit/session-dir.ts';
import { type AuditStore, auditStore } from '../../support/audit-store.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';

const TOKEN = 'hidden-audit-token';
const NOW = '2026-01-02T03:04:05.000Z';

let dir: TempDir;
let store: AuditStore;
beforeEach(async () => {
  dir = await tempDir('close-audit');
  store = await auditStore(TOKEN);
  await mkdir(dir.join('session'));
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await dir[Symbol.asyncDispose]();
});

const sessionDir = () => dir.join('session');
const file = (more: Partial<AuditFile> = {}): AuditFile => ({
  v: 1,
  store: store.url,
  required: false,
  tokenEnv: 'MODGATE_AUDIT_TOKEN',
  shared: false,
  reports: dir.join('checkout', '.modgate', 'reports'),
  workspace: dir.join('checkout'),
  ...more,
});

/** What a daemon leaves: a journal of so many answers, ended in order unless it was killed. */
async function daemonLeft(answers: number, end?: string): Promise<void> {
  const journal = await openJournal(sessionDir());
  for (let n = 1; n <= answers; n++) journal.append(answer(n));
  if (end !== undefined) {
    const range = { first_seq: 1, last_seq: answers, dropped: 0 };
    journal.write({ kind: 'ftr', t: NOW, ...range, counts: { prefetched: 7 }, reason: end });
  }
  await journal.close();
}

/** A daemon that sent its opening batch and then was killed. */
async function daemonOpened(about: AuditFile): Promise<void> {
  const journal = await openJournal(sessionDir());
  const outbox = await Outbox.open({ sessionDir: sessionDir(), journal });
  const target = await auditTarget(about, {}, TOKEN);
  const batcher = new Batcher({ outbox, journal, target, log: () => undefined });
  await batcher.start();
  expect(await batcher.acknowledged(20_000)).toBeUndefined();
  await batcher.stop();
  for (let n = 1; n <= 3; n++) journal.append(answer(n));
  await journal.close();
}

const finding = {
  rule: 'bypass/unserved',
  level: 'warning',
  module: 'example.com/m',
  message: 'came another way',
  why: 'w',
  fix: 'f',
} as const;

/** What the end of a session takes out of the words of others. */
const hide = (text: string) => text.replaceAll('127.0.0.1', 'here');

async function close(
  about: AuditFile,
  more: { token?: string; budgetMs?: number } = {},
): Promise<AuditReport> {
  const { token = TOKEN, budgetMs = 20_000 } = more;
  const rest = { inventories: [], findings: [finding], budgetMs, redact: hide };
  return await closeAudit({ sessionDir: sessionDir(), file: about, env: {}, token, ...rest });
}

const seqs = (batches: readonly Batch[]) => batches.flatMap(({ requests }) => requests.map(({ seq }) => seq));
const spooled = async (at: string) => (await readdir(at)).filter(name => name.endsWith('.ndjson.gz'));

describe('the end of the audit trail', () => {
  it('sends all that a daemon which ended in order wrote down', async () => {
    await daemonLeft(3, 'stop');
    expect(await close(file())).toEqual({
      store: store.url,
      required: false,
      batches: 3,
      records: 3,
      sent: 3,
      left: 0,
      refused: 0,
      lost: 0,
    });
    expect(store.batches.map(({ header }) => header.phase)).toEqual(['open', 'data', 'close']);
    expect(seqs(store.batches)).toEqual([1, 2, 3]);
    const footer = store.batches.at(-1)?.footer;
    expect(footer).toMatchObject({ reason: 'stop', counts: { prefetched: 7 } });
    const { why: _, fix: __, ...told } = finding;
    expect(footer?.findings).toEqual([told]);
    expect(await spooled(join(sessionDir(), 'spool'))).toEqual([]);
  });

  it('goes on after a daemon that was killed, and says that it died', async () => {
    await daemonOpened(file());
    expect(await close(file())).toMatchObject({ batches: 3, sent: 3, left: 0, lost: 0 });
    expect(seqs(store.batches)).toEqual([1, 2, 3]);
    expect(store.batches.at(-1)?.footer.reason).toBe('the proxy died');
    expect(store.asked).toHaveLength(3);
  });

  it('is the same when it is asked for again, and sends nothing twice', async () => {
    await daemonLeft(2, 'stop');
    const first = await close(file());
    expect(await close(file())).toEqual(first);
    expect(store.asked).toHaveLength(first.batches);
  });

  it('says what a store answered that does not know the token, and leaves the files', async () => {
    await daemonLeft(2, 'stop');
    const report = await close(file({ required: true }), { token: 'another-hidden-token' });
    expect(report).toMatchObject({ batches: 3, sent: 0, left: 3, spool: join(sessionDir(), 'spool') });
    expect(report.error).toMatch(/answered 401: who are you/);
    expect(isUndelivered(report)).toBe(true);
    expect(auditWarning(report)).toMatch(
      /^3 batches of audit records could not be sent: the audit store http.*401.*they lie in .*: modgate audit upload .* --store http/,
    );
    expect(`${auditWarning(report)}${JSON.stringify(report)}`).not.toContain('hidden');
    expect(await spooled(report.spool ?? '')).toHaveLength(3);
    expect(await close(file())).toMatchObject({ sent: 3, left: 0 });
    expect(seqs(store.batches)).toEqual([1, 2]);
  });

  it('gives a slow store its time and no more', async () => {
    await daemonLeft(2, 'stop');
    store.answer = n => (n === 0 ? 'take' : 'hang');
    const report = await close(file(), { budgetMs: 300 });
    expect(report).toMatchObject({ sent: 1, left: 2, spool: join(sessionDir(), 'spool') });
    expect(report.error).toMatch(/did not answer within/);
  });

  it('waits out what passes by itself', async () => {
    await daemonLeft(2, 'stop');
    store.answer = n => (n === 0 ? { status: 503, headers: { 'Retry-After': '0' } } : 'take');
    expect(await close(file())).toMatchObject({ sent: 3, left: 0 });
  });

  it('without a token, a store that is away or a journal that is gone fails nothing', async () => {
    await daemonLeft(1, 'stop');
    const away = await close(file({ store: 'http://127.0.0.1:1' }), { budgetMs: 1 });
    expect(away).toMatchObject({ sent: 0, left: 3 });
    expect(away.error).toMatch(/here:1.*(?:could not be reached|did not answer)/);
    await mkdir(dir.join('empty'));
    const report = await closeAudit({
      sessionDir: dir.join('empty'),
      file: file(),
      env: {},
      inventories: [],
      findings: [],
      redact: hide,
    });
    expect(report).toMatchObject({ batches: 0, sent: 0 });
    expect(report.error).toMatch(/has no header/);
  });

  it('keeps the token from whom it is not for', async () => {
    await daemonLeft(1, 'stop');
    const report = await close(file({ store: 'http://audit.example.test' }));
    expect(report).toMatchObject({ sent: 0, left: 3 });
    expect(report.error).toMatch(/over plain http everybody on the way could read the token/);
  });
});

describe('what is left', () => {
  it('is copied to where the runner of GitLab publishes it, unseen by git', async () => {
    await daemonLeft(2, 'stop');
    await mkdir(dir.join('checkout'));
    const keep = dir.join('checkout', '.modgate', 'reports', 'audit');
    const report = await close(file({ keep }), { token: 'wrong' });
    expect(report).toMatchObject({ left: 3, spool: keep });
    expect(await spooled(keep)).toEqual(await spooled(join(sessionDir(), 'spool')));
    expect(await readFile(dir.join('checkout', '.modgate', '.gitignore'), 'utf8')).toBe('*\n');
  });

  it('waits in the module store that outlives the job, where the next session sends it', async () => {
    await daemonLeft(2, 'stop');
    const keep = dir.join('store', 'modgate', 'spool', 'x');
    const about = file({ keep, shared: true });
    const report = await close(about, { token: 'wrong' });
    expect(report).toMatchObject({ left: 3, lost: 0, spool: keep, shared: true });
    expect(auditWarning(report)).toMatch(/wait in .* for the next session on this machine$/);
    expect(await spooled(keep)).toHaveLength(3);
    // Nothing is lost for somebody who asks again.
    expect(await close(about)).toEqual(report);
    const said: string[] = [];
    const target = await auditTarget(about, {}, TOKEN);
    await sendShared(keep, target, new AbortController().signal, line => said.push(line));
    expect(seqs(store.batches)).toEqual([1, 2]);
    expect(await spooled(keep)).toEqual([]);
    expect(said).toEqual([expect.stringMatching(/3 batches were sent and 0 wait$/)]);
  });

  it('stays where it is when that place cannot be written', async () => {
    await daemonLeft(1, 'stop');
    await writeFile(dir.join('a-file'), '');
    const report = await close(file({ keep: dir.join('a-file', 'x'), shared: true }), { token: 'wrong' });
    expect(report).toMatchObject({ left: 3, spool: join(sessionDir(), 'spool') });
  });
});

describe('other stores', () => {
  it('a directory gets raw objects', async () => {
    await daemonLeft(2, 'stop');
    const report = await close(file({ store: dir.join('raw-store') }));
    expect(report).toMatchObject({ sent: 3, left: 0 });
    const names = await readdir(dir.join('raw-store'), { recursive: true });
    expect(names.filter(name => name.endsWith('.ndjson.gz'))).toHaveLength(3);
  });

  it('artifact leaves files for a step or a runner, and tells where', async () => {
    await daemonLeft(2, 'stop');
    await mkdir(dir.join('checkout'));
    const report = await close(file({ store: 'artifact' }));
    const at = dir.join('checkout', '.modgate', 'reports', 'audit');
    expect(report).toMatchObject({ sent: 3, left: 0, spool: at });
    expect(auditWarning(report)).toBeUndefined();
    expect(await spooled(at)).toHaveLength(3);
    expect(existsSync(dir.join('checkout', '.modgate', '.gitignore'))).toBe(true);
  });
});
