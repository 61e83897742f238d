import { join } from 'node:path';
import { Batcher } from '../../audit/batcher.ts';
import type { JournalWriter } from '../../audit/journal.ts';
import { Outbox } from '../../audit/outbox.ts';
import { ARTIFACT_DIR } from '../../audit/targets/open.ts';
import { inventoryAtStart } from '../bypass/lay.ts';
import { SessionError } from '../errors.ts';
import type { DaemonRequest } from '../types.ts';
import { keepAuthorities } from './authority-file.ts';
import { type AuditFile, writeAuditFile } from './file.ts';
import type { AuditSettings } from './settings.ts';
import { sendShared, sharedSpool } from './shared-spool.ts';
import { auditTarget } from './target.ts';
import { storeAuthorities, trustOf } from './trust.ts';

/** How long a session that needs its store waits for the first acknowledgement, ms. */
const REQUIRED_MS = 10_000;

export interface AuditTrailDeps {
  /** With the settings that count; `audit` is set. */
  readonly request: DaemonRequest;
  /** Where the modules lie. */
  readonly storeDir: string;
  readonly journal: JournalWriter;
  readonly log: (line: string) => void;
}

/** The records of a running session on their way to its store. */
export interface AuditTrail {
  /** Waits until the store has the opening batch. Rejects with SessionError `audit` where it does not take it. */
  acknowledged(): Promise<void>;
  /** Sends and seals no more; what waits is on the disk, for whoever ends the session. */
  stop(): Promise<void>;
}

/**
 * Begins to send the records of a session. Resolves when the opening batch is on the disk. Rejects with ConfigError
 * for a store that cannot be meant here, and with the error of the system.
 */
export async function beginAuditTrail({
  request,
  storeDir,
  journal,
  log,
}: AuditTrailDeps): Promise<AuditTrail> {
  const { audit, auditEnv, sessionDir, config, workspace, authorityFiles: files } = request;
  if (audit === undefined) throw new Error('there is no audit store');
  const file = auditFileOf(audit, request, storeDir);
  const env = { ...request.env, ...auditEnv };
  const believed = await storeAuthorities({ store: file.store, ca: config.proxy.ca, workspace, files, env });
  // First of all: whoever ends the session goes by it, also where nothing can be sent from here.
  await keepAuthorities(sessionDir, believed);
  await writeAuditFile(sessionDir, file);
  const target = await auditTarget(
    file,
    auditEnv,
    undefined,
    trustOf(async () => believed, env),
  );
  const outbox = await Outbox.open({ sessionDir, journal });
  const batcher = new Batcher({ outbox, journal, target, log });
  await batcher.start();
  // The job may use its module cache meanwhile: what it brings in is told apart by its time.
  const goModCache = request.modcache ?? request.go?.GOMODCACHE;
  const looking =
    goModCache === undefined
      ? undefined
      : inventoryAtStart({
          sessionDir,
          goModCache,
          began: performance.timeOrigin,
          now: new Date(),
        }).catch((error: unknown) => log(`what GOMODCACHE held was not written down: ${String(error)}`));
  const closing = new AbortController();
  const others =
    file.shared && file.keep !== undefined
      ? sendShared(file.keep, target, closing.signal, log)
      : Promise.resolve();
  return {
    acknowledged: async () => {
      const why = await batcher.acknowledged(REQUIRED_MS);
      if (why === undefined) return;
      throw new SessionError(
        'audit',
        `audit.required is on, and the opening record was not delivered: ${why}. Mend the store or its token (${audit.tokenEnv}), or take audit.required away`,
      );
    },
    stop: async () => {
      closing.abort();
      await Promise.all([batcher.stop(), others, looking]);
    },
  };
}

function auditFileOf(
  audit: AuditSettings,
  { store, reports, workspace }: DaemonRequest,
  storeDir: string,
): AuditFile {
  const shared = store.lifetime === 'persistent';
  const published = reports.published ? join(reports.dir, ARTIFACT_DIR) : undefined;
  const keep = shared ? sharedSpool(storeDir, audit.store) : published;
  return {
    v: 1,
    ...audit,
    ...(keep === undefined ? {} : { keep }),
    shared,
    reports: reports.dir,
    workspace,
  };
}
