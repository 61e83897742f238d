import { isSecretEnv } from '../platform/secrets.ts';
import type { Platform } from '../platform/types.ts';
import { readAuditFile } from './audit/file.ts';
import { withoutToken } from './audit/settings.ts';
import { buildFindings } from './build/finding.ts';
import { type Look, lookAhead as lookAtModules } from './bypass/ahead.ts';
import { closingInventory } from './bypass/close.ts';
import { redactorOfEnv } from './credentials/known-secrets.ts';
import { redactDeep } from './credentials/redactor.ts';
import { summarize, withAudit } from './summary.ts';
import type { SessionFile, SessionSummary } from './types.ts';

export interface SumUpRequest {
  readonly sessionDir: string;
  /** Undefined when not even its file is left. */
  readonly session: SessionFile | undefined;
  /** Environment of the step that ends the session; that of the job's start where a daemon ends by itself. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Token of the audit store that was given beside the environment. */
  readonly token?: string | undefined;
  readonly platform: Pick<Platform, 'name' | 'workspace' | 'modcacheAdvice'>;
  /** What `lookAhead` has begun. */
  readonly ahead?: Promise<Look | undefined>;
  /** For sending records, ms. */
  readonly budgetMs?: number;
}

/** Begins what `sumUp` needs and the daemon does not change, to be called while that still ends. Never rejects. */
export async function lookAhead({
  sessionDir,
  session,
  env,
  platform,
}: SumUpRequest): Promise<Look | undefined> {
  const file = await readAuditFile(sessionDir);
  const look = await lookAtModules({
    sessionDir,
    session,
    env: file === undefined ? env : withoutToken(env, file),
    platform,
    record: file !== undefined,
  });
  if (file !== undefined) void import('./audit/close.ts');
  return look;
}

/**
 * What every end of a session does, whoever ends it and whether its daemon is alive or dead: looks at what the job has
 * now, sums the session up, and sends the rest of its records. The daemon must have stopped writing. Undefined where
 * there was no session.
 */
export async function sumUp(request: SumUpRequest): Promise<SessionSummary | undefined> {
  const { sessionDir, session, env, token, platform, budgetMs } = request;
  const file = await readAuditFile(sessionDir);
  const now = new Date();
  const record = file !== undefined;
  const { redact } = redactorOfEnv(env, isSecretEnv, token ?? env[file?.tokenEnv ?? ''] ?? '');
  const found = await closingInventory({
    sessionDir,
    session,
    env: file === undefined ? env : withoutToken(env, file),
    platform,
    record,
    now,
    ahead: await request.ahead,
  });
  const findings = [...found.findings, ...(await buildFindings(sessionDir))];
  const closing = redactDeep({ ...found, findings }, redact);
  const summary = await summarize(sessionDir, closing);
  if (summary === undefined || file === undefined) return summary;
  const { closeAudit } = await import('./audit/close.ts');
  const audit = await closeAudit({
    sessionDir,
    file,
    env,
    token,
    inventories: closing.records,
    findings: summary.findings,
    redact,
    ...(budgetMs === undefined ? {} : { budgetMs }),
  });
  return withAudit(summary, audit);
}
