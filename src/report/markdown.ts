import type { Level } from '../config/rule-ids.ts';
import type { Finding } from '../policy/finding.ts';
import { readFix } from './fix.ts';
import { code, fenced, linked, prose } from './markdown-text.ts';
import { clip, count, plainLines } from './plain.ts';
import { ruleUrl } from './rule-text.ts';
import { worstFirst } from './severity.ts';
import { circumstances, cutLine, headline, placeOf, previewWords } from './summary.ts';
import type { CheckReport, Rendered, RenderOptions } from './types.ts';

/** GitHub refuses a whole step summary above 1 MiB, and steps may add to one another's. */
const SUMMARY_BYTES = 1_000_000;

/** GitHub's bound on a comment is 65,536 characters; bytes are never fewer. */
const COMMENT_BYTES = 65_000;

/** Room for the line that tells of a cut. */
const CUT_BYTES = 400;

/** Kept at most for what comes after the findings: the folded lists and the notices. */
const TAIL_BYTES = 24_000;

const MAX_LISTED = 40;

/** Warnings that stand above the findings, and the longest of them in UTF-16 units. */
const MAX_WARNINGS = 5;
const MAX_WARNING = 600;

const SIGN: Readonly<Record<Level, string>> = { error: '❌', warning: '⚠️', note: 'ℹ️' };
const NAME: Readonly<Record<Level, string>> = { error: 'Error', warning: 'Warning', note: 'Note' };

/**
 * The report for a job's page or for a comment. Comes with the marker as its first line where one is given; says
 * that all is resolved where nothing new is left.
 */
export function markdown(report: CheckReport, options: RenderOptions): Rendered {
  const limit = Math.min(
    options.for === 'comment' ? COMMENT_BYTES : SUMMARY_BYTES,
    options.maxBytes ?? Number.POSITIVE_INFINITY,
  );
  const fresh = worstFirst(report.findings.filter(({ status }) => status === 'new'));
  const where = options.whole ?? 'the log of the job';
  const top = topBlocks(report, fresh, options);
  const tail = tailBlocks(report, options);
  const reserved = Math.min(sizeOf(tail), TAIL_BYTES, limit / 3);

  let room = limit - sizeOf(top) - CUT_BYTES - reserved;
  const shown: string[] = [];
  for (const finding of fresh) {
    const block = findingBlock(finding, options);
    room -= sizeOf([block]);
    if (room < 0) break;
    shown.push(block);
  }
  const missing = fresh.length - shown.length;
  room = limit - sizeOf(top) - CUT_BYTES - sizeOf(shown);
  const kept = tail.filter(block => {
    const fits = sizeOf([block]) <= room;
    if (fits) room -= sizeOf([block]);
    return fits;
  });
  const dropped = tail.length - kept.length;
  const cuts = [
    ...(missing === 0 ? [] : [cutLine(missing, where)]),
    ...(dropped === 0 ? [] : [`… and ${count(dropped, 'section')} for which there is no room; see ${where}`]),
  ];
  const parts = [...top, ...shown, ...cuts.map(line => `**${line}**`), ...kept];
  return { text: `${parts.join('\n\n')}\n`, ...(cuts.length === 0 ? {} : { cut: cuts.join('; ') }) };
}

/** Bytes of blocks with the blank lines behind them. */
function sizeOf(blocks: readonly string[]): number {
  return blocks.reduce((sum, block) => sum + Buffer.byteLength(block, 'utf8') + 2, 0);
}

function title(report: CheckReport, fresh: readonly Finding[], options: RenderOptions): string {
  if (report.failed) return `❌ modgate: the policy check failed`;
  if (fresh.length > 0) return '⚠️ modgate: passed, with something to look at';
  if (options.for === 'comment') return '✅ modgate: all findings are resolved';
  return '✅ modgate: the policy check passed';
}

/** What nobody may miss: the verdict, and what makes it worth less. */
function topBlocks(report: CheckReport, fresh: readonly Finding[], options: RenderOptions): string[] {
  const head = headline(report);
  const facts = circumstances(report).map(({ label, text }) => `${label} ${prose(text)}`);
  return [
    ...(options.marker === undefined ? [] : [options.marker]),
    `### ${title(report, fresh, options)}`,
    `${head.charAt(0).toUpperCase()}${head.slice(1)}.`,
    ...report.notices
      .filter(({ level }) => level === 'warning')
      .slice(0, MAX_WARNINGS)
      .map(({ text }) => `${SIGN.warning} ${prose(clip(text, MAX_WARNING))}`),
    `<sub>${facts.join('; ')}</sub>`,
  ];
}

function findingBlock(finding: Finding, options: RenderOptions): string {
  const { rule, level } = finding;
  const place = linked(placeOf(finding), options.link?.(finding.file, finding.line));
  const page = linked(rule, ruleUrl(rule, options.rulesUrl));
  const paragraphs = [
    `${SIGN[level]} **${NAME[level]}**: ${prose(finding.message)}`,
    `In ${place}, by the rule ${page}.`,
  ];
  const why = plainLines(finding.why).map(prose).join(' ');
  if (why !== '') paragraphs.push(`Why: ${why}`);
  paragraphs.push(fixBlock(finding.fix));
  return paragraphs.join('\n\n');
}

function fixBlock(fix: string): string {
  const { words, command, after } = readFix(fix);
  const lines = plainLines(words);
  if (lines.length > 1) return `Fix:\n\n${fenced(lines, 'text')}`;
  const head = words === '' ? 'Fix:' : `Fix: ${prose(words)}`;
  if (command === undefined) return head;
  const block = `${head}\n\n${fenced([command], 'sh')}`;
  return after === '' ? block : `${block}\n\n${prose(after)}`;
}

function tailBlocks(report: CheckReport, options: RenderOptions): string[] {
  const blocks = report.notices
    .slice(0, MAX_LISTED)
    .map(({ level, text }) => `${SIGN[level]} ${prose(text)}`);
  if (report.preview !== undefined) blocks.push(previewBlock(report, report.preview, options));
  const known = worstFirst(report.findings.filter(({ status }) => status !== 'new'));
  if (report.fixed.length > 0)
    blocks.push(folded(`${count(report.fixed.length, 'finding')} fixed`, report.fixed, options));
  if (known.length > 0) {
    blocks.push(folded(`${count(known.length, 'finding')} known before, which fail nothing`, known, options));
  }
  return blocks;
}

function previewBlock(
  report: CheckReport,
  preview: NonNullable<CheckReport['preview']>,
  options: RenderOptions,
): string {
  const file = code(preview.file);
  if (preview.invalid !== undefined) {
    return `⚠️ This change makes ${file} unusable; the policy of the base was used.\n\n${fenced(plainLines(preview.invalid), 'text')}`;
  }
  const { verdict, more, gone } = previewWords(report, preview);
  return [
    `ℹ️ This change edits ${file}, which counts once it is merged. By the edited one it **${verdict}**.`,
    ...(more.length === 0 ? [] : [folded('What only the edited policy reports', more, options)]),
    ...(gone.length === 0 ? [] : [folded('What the edited policy does not report', gone, options)]),
  ].join('\n\n');
}

/** A list behind a title of our own, a line a finding. */
function folded(title: string, findings: readonly Finding[], options: RenderOptions): string {
  const lines = findings.slice(0, MAX_LISTED).map(finding => {
    const place = linked(placeOf(finding), options.link?.(finding.file, finding.line));
    const status = finding.status === 'new' || finding.status === 'existing' ? finding.level : finding.status;
    return `- ${place} ${code(finding.rule)} (${status}): ${prose(finding.message)}`;
  });
  const rest = findings.length - lines.length;
  if (rest > 0) lines.push(`- … and ${rest} more`);
  return `<details><summary>${title}</summary>\n\n${lines.join('\n')}\n\n</details>`;
}
