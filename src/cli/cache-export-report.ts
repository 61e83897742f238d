import { TOOLCHAIN } from '../gomod/toolchain.ts';
import { harmlessJson } from '../report/json.ts';
import { count, plain } from '../report/plain.ts';
import { wrap } from '../report/width.ts';
import { formatBytes } from '../session/summary.ts';
import type { ExportReport, Missing } from '../store/export/types.ts';
import { EXIT } from './errors.ts';

/** An export with what is known beside it. */
export interface ExportOutcome {
  readonly store: string;
  readonly report: ExportReport;
  readonly ms: number;
  /** Directories of `--for`. */
  readonly dirs: readonly string[];
  /** Why records of the checksum database are not in it, when nobody could look for them. */
  readonly noSumDb?: string;
  /** The records were asked for over the network. */
  readonly asked: boolean;
}

/** Files that the text shows; JSON has more. */
const SHOWN = 20;
const WIDTH = 80;

/** Damage first: that is what somebody has to look into. */
export function exportExitCode({ report: { leftOut, missing } }: ExportOutcome): number {
  if (leftOut.damaged > 0) return EXIT.findings;
  return leftOut.count > 0 || missing.length > 0 ? EXIT.incomplete : EXIT.ok;
}

/** For people: what is not in the export and how to get it, then what is. At most 80 columns of our own words. */
export function exportText(outcome: ExportOutcome): string {
  const { report, store, ms } = outcome;
  const lines = [...leftOutLines(report), ...missingLines(report.missing)];
  const { modules, versions, files, bytes, stored, manifest, archive } = report;
  lines.push(
    `Store     ${plain(store)}`,
    `Found     ${count(modules, 'module')}, ${count(versions, 'version')}, ${count(files, 'file')}, ${formatBytes(bytes)} in ${(ms / 1000).toFixed(1)} s`,
    `Sumdb     ${sumdbWords(outcome)}`,
  );
  if (stored > 0) {
    lines.push(`Stored    ${count(stored, 'zip')} not deflated, the only form in this store; h1 is the same`);
  }
  if (manifest !== undefined) {
    lines.push(
      `Export    ${plain(report.dest)}${archive === undefined ? '' : `, ${formatBytes(archive.size)}`}`,
      `Manifest  sha256:${manifest.sha256}`,
    );
  }
  lines.push('', ...verdict(outcome).flatMap(text => wrap(text, WIDTH)));
  if (report.missing.length > 0) lines.push(`  modgate run --store ${plain(store)} -- go mod download`);
  return `${lines.join('\n')}\n`;
}

function leftOutLines({ leftOut }: ExportReport): string[] {
  if (leftOut.count === 0) return [];
  const shown = leftOut.first.slice(0, SHOWN);
  return [
    `Left out (${leftOut.count})`,
    ...shown.flatMap(({ key, why }) => [
      `  ${plain(key)}`,
      ...wrap(plain(why), WIDTH - 4).map(line => `    ${line}`),
    ]),
    ...more(leftOut.count - shown.length),
    '',
  ];
}

function missingLines(missing: readonly Missing[]): string[] {
  if (missing.length === 0) return [];
  const shown = missing.slice(0, SHOWN);
  return [
    `Missing (${missing.length})`,
    ...shown.map(
      ({ path, version, kind, from }) => `  ${plain(`${path}@${version}`)} .${kind}, for ${plain(from)}`,
    ),
    ...more(missing.length - shown.length),
    '',
  ];
}

function more(rest: number): string[] {
  return rest > 0 ? [`  and ${rest} more (--format json tells of them)`] : [];
}

function sumdbWords({ report, noSumDb }: ExportOutcome): string {
  const { name, records, without } = report.sumdb;
  if (name === undefined) return `no records: ${plain(noSumDb ?? 'there is no checksum database')}`;
  return `${count(records, 'record')} of ${plain(name)} with proof, ${without} without`;
}

function verdict(outcome: ExportOutcome): string[] {
  const { report, dirs, asked } = outcome;
  const said: string[] = [];
  const { without, why } = report.sumdb;
  if (without > 0 && report.written) {
    const next = asked
      ? ''
      : ' Next: --sumdb asks the database for them; a build whose go.sum is complete needs none.';
    said.push(
      `${count(without, 'version')} ${without === 1 ? 'has' : 'have'} no record in it (${plain(why ?? 'the store has none')}): go takes ${without === 1 ? 'it' : 'them'} only where a go.sum vouches.${next}`,
    );
  }
  if (report.leftOut.damaged > 0) {
    said.push('Next: modgate cache verify --repair, and a job that fetches anew what was damaged.');
  }
  if (report.missing.length > 0) {
    const where = dirs.length === 0 ? 'the checkout' : dirs.map(dir => plain(dir)).join(' and ');
    const toolchain = report.missing.some(({ path }) => path === TOOLCHAIN);
    const extra = toolchain ? ' with GOTOOLCHAIN=auto, for the toolchain' : '';
    said.push(
      `${report.written ? 'It was written without them.' : 'Nothing was written: --partial writes what there is.'} Next, in ${where}${extra}:`,
    );
  } else if (said.length === 0) said.push('All of it is in the export.');
  return said;
}

/** The contract of `cache export --format json`. */
export function exportJson(outcome: ExportOutcome): string {
  const { store, ms, noSumDb, report } = outcome;
  const { leftOut, missing, sumdb, ...rest } = report;
  return harmlessJson(
    {
      schema: 1,
      store,
      exitCode: exportExitCode(outcome),
      ms: Math.round(ms),
      ...rest,
      sumdb: { ...sumdb, ...(noSumDb === undefined ? {} : { noSumDb }) },
      leftOut: { count: leftOut.count, damaged: leftOut.damaged, files: leftOut.first },
      missing: missing.map(({ path: module, version, kind, from }) => ({
        module,
        version,
        file: kind,
        from,
      })),
    },
    2,
  );
}
