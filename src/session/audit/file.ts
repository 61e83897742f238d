import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FILES, writeWhole } from '../directory.ts';
import type { AuditSettings } from './settings.ts';

/** `audit.json`: what the end of a session has to know of its records, whoever ends it. Holds no secret. */
export interface AuditFile extends AuditSettings {
  readonly v: 1;
  /** Directory for what cannot be sent; undefined: it stays in the session directory. */
  readonly keep?: string;
  /** `keep` is for later sessions, which send what is there. */
  readonly shared: boolean;
  /** Directory for files about the job, and the checkout that it may lie in. */
  readonly reports: string;
  readonly workspace: string;
}

/** Rejects with the error of the system. */
export async function writeAuditFile(sessionDir: string, file: AuditFile): Promise<void> {
  await writeWhole(join(sessionDir, FILES.audit), JSON.stringify(file));
}

/** What a session's directory says; undefined where no store was named. */
export async function readAuditFile(sessionDir: string): Promise<AuditFile | undefined> {
  try {
    const parsed = JSON.parse(await readFile(join(sessionDir, FILES.audit), 'utf8')) as AuditFile;
    return parsed.v === 1 && typeof parsed.store === 'string' ? parsed : undefined;
  } catch {
    return undefined;
  }
}
