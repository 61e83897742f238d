import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Level } from '../config/rule-ids.ts';
import type { Finding } from '../policy/finding.ts';
import { FILES, writeWhole } from './directory.ts';

/** Something that a session found against its policy, beside the requests that it refused. */
export interface SessionFinding {
  readonly rule: string;
  readonly level: Level;
  /** Where it is written, like `go.mod:5`; undefined for what is not in the checkout. */
  readonly place?: string;
  readonly module?: string;
  readonly version?: string;
  readonly message: string;
  readonly why: string;
  readonly fix: string;
}

/** More of them say nothing new. */
const MAX_FINDINGS = 200;

export function findingOf(finding: Finding): SessionFinding {
  const { rule, level, file, line, module, version, message, why, fix } = finding;
  return {
    rule,
    level,
    place: `${file}:${line}`,
    ...(module === undefined ? {} : { module }),
    ...(version === undefined ? {} : { version }),
    message,
    why,
    fix,
  };
}

/** Puts findings where the end of the session finds them, whoever ends it. */
export async function keepFindings(sessionDir: string, findings: readonly SessionFinding[]): Promise<void> {
  if (findings.length === 0) return;
  await writeWhole(join(sessionDir, FILES.findings), JSON.stringify(findings.slice(0, MAX_FINDINGS)));
}

export async function keptFindings(sessionDir: string): Promise<readonly SessionFinding[]> {
  try {
    const kept: unknown = JSON.parse(await readFile(join(sessionDir, FILES.findings), 'utf8'));
    return Array.isArray(kept) ? (kept as SessionFinding[]) : [];
  } catch {
    return [];
  }
}

/** Whether findings make the end of a session a failure. */
export function fails(findings: readonly SessionFinding[]): boolean {
  return findings.some(({ level }) => level === 'error');
}

/** One finding in words, for people. */
export function inWords({ rule, level, place, message, fix }: SessionFinding): string {
  return `${place === undefined ? '' : `${place}: `}${level}: ${message} (${rule}). ${fix}`;
}
