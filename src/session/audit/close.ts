import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deliver } from '../../audit/deliver.ts';
import { Outbox } from '../../audit/outbox.ts';
import type { AuditFinding, Inventory } from '../../audit/record.ts';
import { AUDIT_FILES } from '../../audit/recover.ts';
import { Spool } from '../../audit/spool.ts';
import { ARTIFACT_DIR } from '../../audit/targets/open.ts';
import { showableCheckpoint } from '../../collector/batch-log/checkpoint.ts';
import { hideFromGit } from '../checkout-dir.ts';
import { FILES, writeWhole } from '../directory.ts';
import type { SessionFinding } from '../findings.ts';
import { withLock } from '../lock.ts';
import { keptAuthorities } from './authority-file.ts';
import type { AuditFile } from './file.ts';
import type { AuditReport } from './report.ts';
import { auditTarget } from './target.ts';
import { trustOf } from './trust.ts';

/** How long the end of a session may take for sending, ms. */
const BUDGET_MS = 10_000;

/** Files that sessions leave each other at most, for each store: one that nobody ever reaches must not fill a disk. */
const MAX_SHARED = 5_000;

export interface CloseAuditRequest {
  readonly sessionDir: string;
  readonly file: AuditFile;
  /** Environment with the token of the store. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** One that was given beside the environment. */
  readonly token?: string | undefined;
  /** What the job could build with when it ended. */
  readonly inventories: readonly Inventory[];
  readonly findings: readonly SessionFinding[];
  /** Takes secrets out of what a store says. */
  readonly redact: (text: string) => string;
  /** For sending, ms; 10 s when not given. */
  readonly budgetMs?: number;
}

/**
 * Ends the audit trail of a session, with its daemon alive or dead: seals what is in no batch, closes, sends what the
 * store does not have, and keeps what it did not take. Called again it sends what is left. Nobody else may be writing
 * the journal. Never rejects: what went wrong stands in the report.
 */
export async function closeAudit(request: CloseAuditRequest): Promise<AuditReport> {
  const { sessionDir, file } = request;
  try {
    return await withLock(join(sessionDir, 'close.lock'), () => close(request));
  } catch (error) {
    const none = { batches: 0, records: 0, sent: 0, left: 0, refused: 0, lost: 0 };
    return { store: file.store, required: file.required, ...none, error: request.redact(wordsOf(error)) };
  }
}

async function close(request: CloseAuditRequest): Promise<AuditReport> {
  const { sessionDir, file, inventories, findings, budgetMs = BUDGET_MS } = request;
  const outbox = await Outbox.reopen({ sessionDir });
  const { end } = outbox;
  try {
    if (outbox.isClosed && outbox.waiting() === 0) {
      const before = await readReport(sessionDir);
      if (before !== undefined) return before;
    }
    await outbox.sealClose({
      inventories,
      findings: findings.map(auditFinding),
      reason: end?.reason ?? 'the proxy died',
      ...(end === undefined ? {} : { counts: end.counts }),
    });
    const { error, checkpoint } = await send(request, outbox, budgetMs);
    const { tally } = outbox;
    const spool = await placeOf(tally.onDisk, sessionDir, file);
    const { onDisk: _, ...sums } = tally;
    const report: AuditReport = {
      store: file.store,
      required: file.required,
      ...sums,
      ...(spool === undefined ? {} : { spool }),
      ...(file.shared && spool === file.keep && tally.onDisk > 0 ? { shared: true as const } : {}),
      ...(error === undefined ? {} : { error: request.redact(error) }),
      ...(checkpoint === undefined ? {} : { checkpoint }),
    };
    await writeWhole(join(sessionDir, FILES.auditReport), JSON.stringify(report)).catch(() => undefined);
    return report;
  } finally {
    await outbox.close();
  }
}

/** Sends what waits; why some of it waits still, in words, and the last checkpoint that the store showed. */
async function send(
  { sessionDir, file, env, token }: CloseAuditRequest,
  outbox: Outbox,
  budgetMs: number,
): Promise<{ readonly error: string | undefined; readonly checkpoint: string | undefined }> {
  let checkpoint: string | undefined;
  try {
    const trust = trustOf(() => keptAuthorities(sessionDir), env);
    const target = await auditTarget(file, env, token, trust);
    const { left, kept, error } = await deliver(target, outbox, {
      budgetMs,
      onAck: (_, ack) => {
        checkpoint = showableCheckpoint(ack.checkpoint ?? '') ?? checkpoint;
      },
    });
    return { error: left === 0 ? undefined : (error?.message ?? kept[0]?.why), checkpoint };
  } catch (error) {
    return { error: wordsOf(error), checkpoint };
  }
}

/** Puts what is left where it outlives the job; the directory, or undefined where nothing is to be found. */
async function placeOf(
  onDisk: number,
  sessionDir: string,
  { keep, shared, store, reports, workspace }: AuditFile,
): Promise<string | undefined> {
  const spool = new Spool(join(sessionDir, AUDIT_FILES.spool));
  if (store === 'artifact' && onDisk === 0) return join(reports, ARTIFACT_DIR);
  if (onDisk === 0) return undefined;
  if (keep === undefined) return spool.dir;
  try {
    await hideFromGit(keep, workspace);
    const to = new Spool(keep);
    if (shared && (await to.list()).length >= MAX_SHARED) return spool.dir;
    for (const file of await spool.list()) {
      const gzip = await spool.read(file);
      if (gzip === undefined) continue;
      await to.put({ ...file, gzip });
      // Later sessions send what is there; a runner only takes a copy.
      if (shared) await spool.remove(file);
    }
    return keep;
  } catch {
    return spool.dir;
  }
}

async function readReport(sessionDir: string): Promise<AuditReport | undefined> {
  try {
    return JSON.parse(await readFile(join(sessionDir, FILES.auditReport), 'utf8')) as AuditReport;
  } catch {
    return undefined;
  }
}

function auditFinding({ rule, level, module, version, message }: SessionFinding): AuditFinding {
  return {
    rule,
    level,
    ...(module === undefined ? {} : { module }),
    ...(version === undefined ? {} : { version }),
    message,
  };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
