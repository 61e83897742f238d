import type { Level } from '../config/rule-ids.ts';
import { oneLineForRunner } from '../platform/escape.ts';
import type { Finding } from '../policy/finding.ts';
import { clip, MAX_FIELD, plain, plainLines } from './plain.ts';
import { worstFirst } from './severity.ts';
import { cutLine, headline } from './summary.ts';
import type { CheckReport, Rendered, RenderOptions } from './types.ts';

/** Annotations of one level that a step may make; the runner only logs the rest. */
const MAX_A_LEVEL = 10;

/** Longest message of an annotation, UTF-16 units. */
const MAX_MESSAGE = 4096;

const COMMANDS: Readonly<Record<Level, string>> = { error: 'error', warning: 'warning', note: 'notice' };

/**
 * Workflow commands of a GitHub runner, one a line. A failed check is one error of its own and comes first, so the
 * nine worst errors follow it. Only new findings are annotated.
 */
export function annotations(report: CheckReport, options: RenderOptions): Rendered {
  const fresh = worstFirst(report.findings.filter(({ status }) => status === 'new'));
  const left: Record<Level, number> = { error: MAX_A_LEVEL, warning: MAX_A_LEVEL, note: MAX_A_LEVEL };
  const lines: string[] = [];
  if (report.failed) {
    left.error -= 1;
    lines.push(command('error', { title: 'modgate' }, `The policy check failed: ${headline(report)}`));
  }
  let cut = 0;
  for (const finding of fresh) {
    if (left[finding.level] > 0) {
      left[finding.level] -= 1;
      lines.push(annotation(finding, options.prefix ?? ''));
    } else {
      cut += 1;
    }
  }
  if (cut === 0) return { text: lines.map(line => `${line}\n`).join('') };
  const rest = oneLineForRunner(cutLine(cut, options.whole ?? 'the log of this step'));
  return { text: [...lines, rest].map(line => `${line}\n`).join(''), cut: rest };
}

function annotation(finding: Finding, prefix: string): string {
  const { line, endLine, column, endColumn } = finding;
  const place = line === endLine ? { line, endLine, col: column, endColumn } : { line, endLine };
  const lines = [
    plain(finding.message),
    ...labelled('Why', finding.why),
    ...labelled('Fix', finding.fix),
  ].map(text => oneLineForRunner(text));
  return command(
    COMMANDS[finding.level],
    { file: `${prefix}${clip(finding.file, MAX_FIELD)}`, ...place, title: `modgate: ${finding.rule}` },
    clip(lines.join('\n'), MAX_MESSAGE),
  );
}

function labelled(label: string, text: string): string[] {
  return plainLines(text).map((line, at) => (at === 0 ? `${label}: ${line}` : line));
}

function command(
  name: string,
  properties: Readonly<Record<string, string | number>>,
  message: string,
): string {
  const pairs = Object.entries(properties).map(([key, value]) => `${key}=${property(String(value))}`);
  return `::${name} ${pairs.join(',')}::${data(message)}`;
}

const data = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const property = (text: string): string =>
  data(plain(text)).replaceAll(':', '%3A').replaceAll(',', '%2C').replaceAll('##[', '## [');
