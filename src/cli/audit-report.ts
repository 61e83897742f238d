import type { Answers } from '../collector/answers.ts';
import type { QuestionName } from '../collector/questions.ts';
import type { Sighting } from '../collector/types.ts';
import { oneLine } from '../platform/escape.ts';

/** An answer as a table: names of columns, then rows; the same for text and CSV. */
interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

const JOB = ['time', 'repository', 'ref', 'sha', 'actor', 'job', 'url', 'assurance'] as const;

/** What the forge said, where it was asked. */
const CHANGE = ['change', 'title', 'author', 'mergedBy', 'approvers', 'changeUrl'] as const;

const SIGHTING = [...JOB, ...CHANGE] as const;

function sighting(seen: Sighting | undefined): unknown[] {
  const change = seen?.change;
  const told =
    change === undefined
      ? CHANGE.map(() => '')
      : [change.number, change.title, change.author, change.mergedBy, change.approvers.join(' '), change.url];
  return [...JOB.map(key => seen?.[key]), ...told];
}

const TABLES: { readonly [N in QuestionName]: (answer: Answers[N]) => Table } = {
  who: ({ module, version, first, versions }) => ({
    columns: ['module', 'version', 'h1', ...SIGHTING],
    rows: [
      ...(first === undefined ? [] : [[module, version ?? '(any)', '', ...sighting(first)]]),
      ...versions.map(one => [module, one.version, one.h1, ...sighting(one.first)]),
    ],
  }),
  used: ({ module, uses }) =>
    rowsOf(uses, ['repository', 'version', 'h1', 'first', 'last', 'ref', 'job'], { module }),
  log: ({ records }) =>
    rowsOf(records, [
      'time',
      'decision',
      'op',
      'module',
      'version',
      'query',
      'status',
      'rule',
      'reason',
      'source',
      'h1',
      'repository',
      'ref',
      'sha',
      'actor',
      'job',
      'url',
      'assurance',
      'inst',
      'seq',
      'batch',
    ]),
  conflicts: ({ conflicts }) => ({
    columns: ['module', 'version', 'h1', ...SIGHTING],
    rows: conflicts.flatMap(({ module, version, hashes }) =>
      hashes.map(({ h1, first }) => [module, version, h1, ...sighting(first)]),
    ),
  }),
  jobs: ({ jobs }) => {
    const { columns, rows } = rowsOf(jobs, [
      'state',
      'repository',
      'name',
      'ref',
      'sha',
      'actor',
      'opened',
      'last',
      'batches',
      'records',
      'dropped',
      'job',
      'url',
    ]);
    const findings = jobs.map(job => job.findings.map(({ level, rule }) => `${level} ${rule}`).join('; '));
    return { columns: [...columns, 'findings'], rows: rows.map((row, index) => [...row, findings[index]]) };
  },
  diff: ({ added, removed, changed }) => ({
    columns: ['change', 'module', 'from', 'to', 'h1'],
    rows: [
      ...added.map(one => ['added', one.module, '', one.version, one.h1]),
      ...removed.map(one => ['removed', one.module, one.version, '', one.h1]),
      ...changed.map(one => ['changed', one.module, one.from, one.to, '']),
    ],
  }),
  repositories: ({ repositories }) => rowsOf(repositories, ['repository', 'last', 'iss', 'repositoryId']),
  uncovered: ({ uncovered }) => rowsOf(uncovered, ['repository', 'fork', 'goMod', 'last', 'url', 'forge']),
};

function rowsOf<T extends object>(
  list: readonly T[],
  columns: readonly (keyof T & string)[],
  before: Readonly<Record<string, unknown>> = {},
): Table {
  return {
    columns: [...Object.keys(before), ...columns],
    rows: list.map(row => [...Object.values(before), ...columns.map(column => row[column])]),
  };
}

/** Columns that only those see whose collector may ask a forge. */
const CHANGE_IN_TEXT: readonly string[] = ['change', 'author', 'mergedBy', 'approvers'];

/** What people look at; the rest is in CSV and JSON. */
const IN_TEXT: Readonly<Record<QuestionName, readonly string[]>> = {
  who: ['version', 'time', 'repository', 'ref', 'actor', ...CHANGE_IN_TEXT, 'assurance', 'h1', 'url'],
  used: ['repository', 'version', 'first', 'last', 'ref', 'h1'],
  log: ['time', 'decision', 'op', 'module', 'version', 'status', 'rule', 'repository', 'ref', 'actor'],
  conflicts: ['module', 'version', 'h1', 'time', 'repository', 'ref', 'actor', 'url'],
  jobs: ['state', 'repository', 'name', 'ref', 'last', 'batches', 'records', 'dropped', 'findings', 'job'],
  diff: ['change', 'module', 'from', 'to', 'h1'],
  repositories: ['repository', 'last', 'iss'],
  uncovered: ['repository', 'fork', 'goMod', 'last', 'url'],
};

/** A table for people: one harmless line a row. */
export function answerText<N extends QuestionName>(name: N, answer: Answers[N]): string {
  const { columns, rows } = TABLES[name](answer);
  if (rows.length === 0) return '';
  const told = (column: string): boolean =>
    !(CHANGE_IN_TEXT.includes(column) && rows.every(row => textOf(row[columns.indexOf(column)]) === ''));
  const shown = IN_TEXT[name].filter(told).map(column => columns.indexOf(column));
  const cells = [columns, ...rows].map(row => shown.map(at => oneLine(textOf(row[at]))));
  const widths = shown.map((_, at) => cells.reduce((width, row) => Math.max(width, row[at]?.length ?? 0), 0));
  return cells
    .map(
      row =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** The same with all columns as CSV (RFC 4180), in which no cell is a formula for a spreadsheet. */
export function answerCsv<N extends QuestionName>(name: N, answer: Answers[N]): string {
  const { columns, rows } = TABLES[name](answer);
  return [columns, ...rows].map(row => `${row.map(csvCell).join(',')}\r\n`).join('');
}

/** Spreadsheets take a cell that begins so for a formula, quoted or not; an apostrophe in front makes it text. */
const FORMULA = /^\s*[=+\-@\t\r|%]/;

export function csvCell(value: unknown): string {
  if (typeof value === 'number') return String(value);
  const text = oneLine(textOf(value));
  const guarded = FORMULA.test(text) ? `'${text}` : text;
  return /[",;'\s]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
