import type { Level } from '../config/rule-ids.ts';
import type { Finding } from '../policy/finding.ts';
import { excerpt } from './excerpt.ts';
import { readFix } from './fix.ts';
import { groupBy } from './group.ts';
import { count, plain, plainLines } from './plain.ts';
import { worstFirst } from './severity.ts';
import { circumstances, cutLine, headline, placeOf, previewWords } from './summary.ts';
import type { CheckReport, Rendered, RenderOptions } from './types.ts';
import { wrap } from './width.ts';

/** New findings that are shown in full, and others that get one line, before the rest is only counted. */
const MAX_FULL = 500;
const MAX_BRIEF = 20;

/** Columns of a source line where the width of the output is not known. */
const DEFAULT_WIDTH = 120;

type Ink = 'red' | 'yellow' | 'cyan' | 'green' | 'bold' | 'dim';
const CODES: Readonly<Record<Ink, number>> = { red: 31, yellow: 33, cyan: 36, green: 32, bold: 1, dim: 2 };
const INK: Readonly<Record<Level, Ink>> = { error: 'red', warning: 'yellow', note: 'cyan' };

/** How text is put on this output. */
interface Page {
  readonly paint: (text: string, ...inks: Ink[]) => string;
  readonly safe: (text: string) => string;
  readonly width: number | undefined;
  readonly options: RenderOptions;
}

/** The report for people: each finding with its line and the exact token, then what it adds up to. */
export function text(report: CheckReport, options: RenderOptions): Rendered {
  const page: Page = {
    paint: (line, ...inks) =>
      options.color === true ? `${inks.map(ink => `\x1b[${CODES[ink]}m`).join('')}${line}\x1b[0m` : line,
    safe: line => options.escape?.(plain(line)) ?? plain(line),
    width: options.width,
    options,
  };
  const fresh = worstFirst(report.findings.filter(({ status }) => status === 'new'));
  const known = worstFirst(report.findings.filter(({ status }) => status !== 'new'));
  const shown = fresh.slice(0, MAX_FULL);
  const cut = fresh.length > shown.length ? cutLine(fresh.length - shown.length, '--format json') : undefined;

  const blocks = byFile(shown).map(finding => full(finding, page));
  if (cut !== undefined) blocks.push([cut]);
  const brief = (title: string, findings: readonly Finding[], word: (finding: Finding) => string): void => {
    if (findings.length > 0) blocks.push([page.paint(title, 'bold'), ...oneLiners(findings, word, page)]);
  };
  brief('Known, and no reason to fail:', known, ({ status }) => status);
  brief('Fixed since the base:', report.fixed, () => 'fixed');
  if (report.preview !== undefined) blocks.push(previewBlock(report, report.preview, page));
  blocks.push(summaryBlock(report, page));
  const body = blocks.map(lines => lines.map(harmless).join('\n')).join('\n\n');
  return { text: `${body}\n`, ...(cut === undefined ? {} : { cut }) };
}

/** Findings of one file stand together, in the order of its lines; the file with the worst comes first. */
function byFile(findings: readonly Finding[]): Finding[] {
  return groupBy(findings, ({ file }) => file).flatMap(of =>
    of.toSorted((a, b) => a.line - b.line || a.column - b.column),
  );
}

function full(finding: Finding, page: Page): string[] {
  const { paint, safe, options } = page;
  const ink = INK[finding.level];
  const head = `${paint(safe(placeOf(finding)), 'bold')}: ${paint(finding.level, ink, 'bold')}:`;
  const rule = paint(`[${finding.rule}]`, 'dim');
  const lines = [`${head} ${safe(finding.message)} ${rule}`];
  const source = options.source?.(finding.file, finding.line);
  if (source !== undefined) {
    const number = String(finding.line).padStart(5);
    const gutter = ' '.repeat(number.length);
    const { line, carets } = excerpt(source, finding, (page.width ?? DEFAULT_WIDTH) - number.length - 3);
    const marks = carets.trimStart();
    lines.push(
      `${paint(`${number} |`, 'dim')} ${line}`,
      `${paint(`${gutter} |`, 'dim')} ${' '.repeat(carets.length - marks.length)}${paint(marks, ink, 'bold')}`,
    );
  }
  const { words, command, after } = readFix(finding.fix);
  const commands = command === undefined ? [] : [safe(command)];
  lines.push(
    ...labelled('why', wrapped(finding.why, page), page),
    ...labelled('fix', [...wrapped(words, page), ...commands, ...wrapped(after, page)], page),
  );
  return lines;
}

const INDENT = ' '.repeat(6);

function wrapped(words: string, { width, safe }: Page): string[] {
  const lines = plainLines(words).map(safe);
  if (width === undefined) return lines;
  return lines.flatMap(line => wrap(line, Math.max(30, width - INDENT.length - 5)));
}

function labelled(label: string, lines: readonly string[], { paint }: Page): string[] {
  return lines.map((line, at) => `${INDENT}${at === 0 ? paint(`${label}:`, 'bold') : '    '} ${line}`);
}

function oneLiners(findings: readonly Finding[], word: (finding: Finding) => string, page: Page): string[] {
  const { safe, paint } = page;
  const lines = findings.slice(0, MAX_BRIEF).map(finding => {
    const what = `${word(finding)}: ${safe(finding.message)} ${paint(`[${finding.rule}]`, 'dim')}`;
    return `  ${safe(placeOf(finding))}: ${what}`;
  });
  const rest = findings.length - lines.length;
  return rest > 0 ? [...lines, `  … and ${rest} more`] : lines;
}

function previewBlock(
  report: CheckReport,
  preview: NonNullable<CheckReport['preview']>,
  page: Page,
): string[] {
  const { paint, safe } = page;
  const file = safe(preview.file);
  if (preview.invalid !== undefined) {
    const title = `This change makes ${file} unusable; the policy of the base was used:`;
    return [paint(title, 'bold'), ...plainLines(preview.invalid).map(line => `  ${safe(line)}`)];
  }
  const { verdict, more, gone } = previewWords(report, preview);
  const end = more.length + gone.length > 0 ? ':' : '.';
  return [
    paint(
      `This change edits ${file}, which counts once it is merged. By the edited one it ${verdict}${end}`,
      'bold',
    ),
    ...oneLiners(more, ({ level }) => `then ${level}`, page),
    ...oneLiners(gone, ({ level }) => `no ${level} then`, page),
  ];
}

function summaryBlock(report: CheckReport, page: Page): string[] {
  const { paint, safe } = page;
  const verdict = report.failed ? paint('failed', 'red', 'bold') : paint('passed', 'green', 'bold');
  const lines = [`modgate: ${verdict}: ${headline(report)}`];
  for (const { label, text } of circumstances(report)) lines.push(paint(`  ${label}: `, 'dim') + safe(text));
  const notices = report.notices.slice(0, MAX_BRIEF);
  for (const notice of notices) {
    lines.push(`  ${paint(`${notice.level}:`, INK[notice.level], 'bold')} ${safe(notice.text)}`);
  }
  if (report.notices.length > notices.length) {
    lines.push(`  … and ${count(report.notices.length - notices.length, 'more notice')}`);
  }
  return lines;
}

/** GitHub's runner takes a line that begins with `::`, and `##[` anywhere, for a command, wherever this is printed. */
function harmless(line: string): string {
  const inert = line.replaceAll('##[', '## [');
  return /^(?:\s|\x1b\[\d+m)*::/.test(inert) ? `| ${inert}` : inert;
}
