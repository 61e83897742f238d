import type { DaemonRequest, SessionFile } from '../types.ts';
import { auditInWords } from './report.ts';
import type { AuditTrail, AuditTrailDeps } from './trail.ts';

/**
 * How long an end that nobody asked for takes at most for records that were not sent yet, ms. Who sends a signal
 * sends a stronger one soon.
 */
const CLOSE_MS = 10_000;
const SIGNAL_MS = 5_000;

export interface RecordsDeps extends Omit<AuditTrailDeps, 'request' | 'storeDir'> {
  readonly storeDir: (settled: DaemonRequest) => string;
  readonly warn: (line: string) => void;
}

/** What a daemon does for its audit trail. Without an audit store nothing, and nothing of it is loaded. */
export class Records {
  readonly #deps: RecordsDeps;
  #request: DaemonRequest | undefined;
  #trail: Promise<AuditTrail> | undefined;

  constructor(deps: RecordsDeps) {
    this.#deps = deps;
  }

  /**
   * Begins to send, once. Resolves at once, or, where records are required, when the store has the first; rejects
   * with SessionError `audit` where it does not take that, and may be asked again then.
   */
  async begin(settled: DaemonRequest): Promise<void> {
    if (settled.audit === undefined) return;
    this.#request = settled;
    this.#trail ??= this.#load(settled).catch((error: unknown) => {
      this.#trail = undefined;
      throw error;
    });
    if (settled.audit.required) await (await this.#trail).acknowledged();
    this.#trail.catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      this.#deps.warn(`audit records are not sent while the job runs: ${why}`);
    });
  }

  async #load(request: DaemonRequest): Promise<AuditTrail> {
    const { storeDir, ...deps } = this.#deps;
    const { beginAuditTrail } = await import('./trail.ts');
    return await beginAuditTrail({ ...deps, request, storeDir: storeDir(request) });
  }

  /** Sends and seals no more. Never rejects. */
  async stop(): Promise<void> {
    await (await this.#trail?.catch(() => undefined))?.stop();
  }

  /** Closes the trail of a daemon that ends by itself, when its journal is closed. Never rejects. */
  async close(session: SessionFile, reason: string): Promise<void> {
    const request = this.#request;
    if (request === undefined) return;
    const { log } = this.#deps;
    try {
      const { sumUp } = await import('../sum-up.ts');
      const summary = await sumUp({
        sessionDir: request.sessionDir,
        session,
        env: { ...request.env, ...request.auditEnv },
        platform: { name: request.job.forge, workspace: request.workspace },
        budgetMs: /^SIG/.test(reason) ? SIGNAL_MS : CLOSE_MS,
      });
      if (summary?.audit !== undefined) log(auditInWords(summary.audit));
      for (const line of summary?.warnings ?? []) log(`warning: ${line}`);
    } catch (error) {
      log(`audit: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
