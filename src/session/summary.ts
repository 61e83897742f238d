import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readJournal } from '../audit/journal-read.ts';
import type { LayersReport } from '../store/layers/types.ts';
import { type AuditReport, auditInWords, auditWarning } from './audit/report.ts';
import { buildInWords } from './build/finding.ts';
import { keptBuildState } from './build/state.ts';
import type { Closing } from './bypass/close.ts';
import { ChangedHashes } from './changed-hashes.ts';
import { FILES } from './directory.ts';
import { inWords, keptFindings } from './findings.ts';
import { incompleteness, keptModcacheReport, modcacheInWords } from './modcache/report.ts';
import type { RestoreReport, SessionSummary } from './types.ts';

/** Longest list of warnings that is repeated at the end. */
const MAX_WARNINGS = 20;

/**
 * Sums a session up from its journal alone, so that it works with the daemon alive, stopped or killed.
 * @param closing what came in past the session, where somebody looked for that
 */
export async function summarize(
  sessionDir: string,
  closing?: Pick<Closing, 'findings' | 'unverified' | 'warnings'>,
): Promise<SessionSummary | undefined> {
  const path = join(sessionDir, FILES.journal);
  if (
    !(await stat(path).then(
      found => found.isFile(),
      () => false,
    ))
  )
    return undefined;
  const code = new Map<string, 'store' | 'upstream'>();
  let requests = 0;
  let bytesFromStore = 0;
  let bytesFromUpstream = 0;
  let retriesSurvived = 0;
  let denied = 0;
  let failed = 0;
  let stale = 0;
  let prefetched = 0;
  let first: number | undefined;
  let last: number | undefined;
  let closed = false;
  const asked = new Set<string>();
  const warnings: string[] = [];
  const changes = new ChangedHashes();
  const { damaged } = await readJournal(path, record => {
    if (record.kind === 'hdr') {
      first ??= Date.parse(record.clock.wall);
      closed = false;
    } else if (record.kind === 'note') {
      if (warnings.length < MAX_WARNINGS) warnings.push(record.text);
    } else if (record.kind === 'ftr') {
      closed = true;
      prefetched += record.counts.prefetched ?? 0;
      last = Date.parse(record.t);
    } else if (record.kind === 'req') {
      requests++;
      last = Date.parse(record.t);
      if (record.decision === 'deny') denied++;
      changes.add(record);
      if (record.status >= 500) failed++;
      if (record.stale === true) stale++;
      if (record.status >= 400) return;
      retriesSurvived += record.retries ?? 0;
      const from = record.source === 'upstream' || record.source === 'vcs' ? 'upstream' : 'store';
      if (from === 'upstream') bytesFromUpstream += record.bytes;
      else if (record.source !== undefined) bytesFromStore += record.bytes;
      const key = `${record.module}@${record.version}`;
      if (record.module !== undefined && record.version !== undefined) asked.add(`${key}.${record.op}`);
      if (record.op !== 'zip' && record.op !== 'toolchain') return;
      if (code.get(key) !== 'upstream') code.set(key, from);
    }
  });
  const fromUpstream = [...code.values()].filter(from => from === 'upstream').length;
  if (damaged > 0) warnings.push(`${damaged} records of the journal are damaged and not counted`);
  const restore = await readReport<RestoreReport>(sessionDir, FILES.restore);
  const layers = await readReport<LayersReport>(sessionDir, FILES.layers);
  const build = await keptBuildState(sessionDir);
  const began = first ?? 0;
  const modcache = await keptModcacheReport(sessionDir);
  const notWhole = modcache === undefined ? undefined : incompleteness(modcache);
  if (notWhole !== undefined) warnings.push(notWhole);
  warnings.push(...(closing?.warnings ?? []));
  return {
    modules: code.size,
    requests,
    modulesFromStore: code.size - fromUpstream,
    modulesFromUpstream: fromUpstream,
    bytesFromStore,
    bytesFromUpstream,
    retriesSurvived,
    denied,
    failed,
    stale,
    unverifiedModcache: closing?.unverified ?? 0,
    prefetchedUnused: Math.max(0, prefetched - asked.size),
    seconds: last === undefined ? 0 : Math.max(0, (last - began) / 1000),
    daemonDied: !closed,
    warnings,
    findings: [
      ...(await keptFindings(sessionDir)),
      ...(modcache?.findings ?? []),
      ...changes.findings,
      ...(closing?.findings ?? []),
    ],
    ...(restore === undefined ? {} : { restore }),
    ...(layers === undefined ? {} : { layers }),
    ...(build === undefined ? {} : { buildCache: build.report }),
    ...(modcache === undefined ? {} : { modcache }),
  };
}

/** A summary with what became of the session's records. */
export function withAudit(summary: SessionSummary, audit: AuditReport): SessionSummary {
  const warning = auditWarning(audit);
  return { ...summary, audit, warnings: [...summary.warnings, ...(warning === undefined ? [] : [warning])] };
}

async function readReport<T>(sessionDir: string, name: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(join(sessionDir, name), 'utf8')) as T;
  } catch {
    return undefined;
  }
}

/**
 * The closing table, plain text of a few lines.
 * @param advice how this platform keeps a cache out of GOMODCACHE, where that can be said
 */
export function closingTable(summary: SessionSummary, advice?: string): string {
  const rows: [string, string, string][] = [
    ['', 'modules', 'bytes served'],
    ['from the store', String(summary.modulesFromStore), formatBytes(summary.bytesFromStore)],
    ['from upstream', String(summary.modulesFromUpstream), formatBytes(summary.bytesFromUpstream)],
  ];
  const widths = [0, 1, 2].map(column => Math.max(...rows.map(row => (row[column] ?? '').length)));
  const lines = rows.map(row =>
    `  ${row[0].padEnd(widths[0] ?? 0)}  ${row[1].padStart(widths[1] ?? 0)}  ${row[2].padStart(widths[2] ?? 0)}`.trimEnd(),
  );
  const facts = [
    `${summary.requests} requests in ${summary.seconds.toFixed(1)} s`,
    `${summary.retriesSurvived} upstream ${summary.retriesSurvived === 1 ? 'failure' : 'failures'} survived`,
  ];
  if (summary.denied > 0) facts.push(`${summary.denied} refused by policy`);
  if (summary.failed > 0) facts.push(`${summary.failed} not answered (outage)`);
  if (summary.stale > 0) facts.push(`${summary.stale} answered from the store because the upstream was gone`);
  lines.push(`  ${facts.join(', ')}`);
  if (summary.layers !== undefined) lines.push(...layersInWords(summary.layers).map(line => `  ${line}`));
  if (summary.unverifiedModcache > 0) {
    lines.push(
      `  ${summary.unverifiedModcache} module versions in GOMODCACHE did not come through modgate and nobody verified them here: a cache that the job restored holds them, or they were there before${advice === undefined ? '' : `; ${advice}`}`,
    );
  }
  if (summary.buildCache !== undefined) lines.push(`  ${buildInWords(summary.buildCache, formatBytes)}`);
  if (summary.modcache !== undefined) lines.push(`  ${modcacheInWords(summary.modcache)}`);
  if (summary.audit !== undefined) lines.push(`  ${auditInWords(summary.audit)}`);
  // Kept with the log of the job it is what the store cannot take back (#9).
  if (summary.audit?.checkpoint !== undefined) {
    lines.push(
      '  Checkpoint of the audit log, for modgate audit verify --checkpoint:',
      ...summary.audit.checkpoint
        .trimEnd()
        .split('\n')
        .map(line => `    ${line}`.trimEnd()),
    );
  }
  for (const finding of summary.findings) lines.push(`  ${inWords(finding)}`);
  if (summary.daemonDied)
    lines.push('  the proxy had died before the end; the numbers are those of its journal');
  return `modgate\n${lines.join('\n')}\n`;
}

/** A line for each layer that gave something, and one for what was written. */
export function layersInWords({ layers, written }: LayersReport): string[] {
  const lines = layers
    .filter(({ files }) => files > 0)
    .map(({ location, files, bytes }) => `${files} files (${formatBytes(bytes)}) came from ${location}`);
  if (written === undefined) return lines;
  const { location, versions, bytes, left } = written;
  if (versions > 0) {
    lines.push(`${versions} module versions (${formatBytes(bytes)}) were written to ${location}`);
  }
  if (left > 0) lines.push(`${left} module versions were not written to ${location ?? 'a shared store'}`);
  return lines;
}

/** Bytes in the unit that people read. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = '';
  for (const next of units) {
    if (value < 1000) break;
    value /= 1000;
    unit = next;
  }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
}
