import type { Finding } from '../policy/finding.ts';
import { groupBy } from './group.ts';
import { plain, plainLines } from './plain.ts';
import { failing, worstFirst } from './severity.ts';
import { headline, placeOf } from './summary.ts';
import type { CheckReport, Rendered } from './types.ts';

/** Test cases, and findings told in one of them: bounds on what a forge has to parse and a person to scroll. */
const MAX_CASES = 2000;
const MAX_IN_CASE = 50;

interface Case {
  readonly file: string;
  readonly rule: string;
  readonly findings: readonly Finding[];
}

/**
 * JUnit XML: a suite a file, a case a rule that found something in it. A case fails when the check fails for one of
 * its findings, is skipped when all of them are waived or in the baseline, and else passes with its findings as
 * output. Without findings one case says that the check ran.
 */
export function junit(report: CheckReport): Rendered {
  const fails = failing(report);
  const all = casesOf(report);
  const cases = all.slice(0, MAX_CASES);
  const cut =
    cases.length < all.length
      ? `… and ${all.length - cases.length} more files and rules; see --format json`
      : undefined;
  const suites = groupBy(cases, ({ file }) => file).map(of => suite(of[0]?.file ?? '', of, fails));
  if (suites.length === 0 || cut !== undefined) suites.push(overall(report, cut));
  const body = suites.map(({ xml }) => xml).join('');
  const sum = (of: 'tests' | 'failures'): number => suites.reduce((total, suite) => total + suite[of], 0);
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="modgate" tests="${sum('tests')}" failures="${sum('failures')}">\n${body}</testsuites>\n`;
  return cut === undefined ? { text } : { text, cut };
}

function casesOf(report: CheckReport): Case[] {
  const cases = groupBy(worstFirst(report.findings), ({ file, rule }) => `${rule}\0${file}`);
  return cases.map(findings => ({
    file: findings[0]?.file ?? '',
    rule: findings[0]?.rule ?? '',
    findings,
  }));
}

interface Suite {
  readonly xml: string;
  readonly tests: number;
  readonly failures: number;
}

function suite(file: string, cases: readonly Case[], fails: (finding: Finding) => boolean): Suite {
  const failures = cases.filter(({ findings }) => findings.some(fails)).length;
  const skipped = cases.filter(accepted).length;
  const body = cases.map(found => testCase(found, fails)).join('');
  const xml = `  <testsuite name="${attribute(file)}" tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}">\n${body}  </testsuite>\n`;
  return { xml, tests: cases.length, failures };
}

const accepted = ({ findings }: Case): boolean =>
  findings.every(({ status }) => status === 'waived' || status === 'baseline');

function testCase(found: Case, fails: (finding: Finding) => boolean): string {
  const bad = found.findings.filter(fails);
  const shown = bad.length > 0 ? bad : found.findings;
  const told = shown.slice(0, MAX_IN_CASE).map(tell);
  const rest = shown.length - told.length;
  const text = content([...told, ...(rest > 0 ? [`… and ${rest} more`] : [])].join('\n\n'));
  const head = `    <testcase name="${attribute(found.rule)}" classname="${attribute(found.file)}">`;
  const message = attribute(shown[0]?.message ?? '');
  const body =
    bad.length > 0
      ? `<failure message="${message}" type="${attribute(found.rule)}">${text}</failure>`
      : accepted(found)
        ? `<skipped>${text}</skipped>`
        : `<system-out>${text}</system-out>`;
  return `${head}${body}</testcase>\n`;
}

function tell(finding: Finding): string {
  const lines = [`${placeOf(finding)}: ${finding.status} ${finding.level}: ${plain(finding.message)}`];
  plainLines(finding.why).forEach((line, at) => {
    lines.push(`${at === 0 ? 'why: ' : '     '}${line}`);
  });
  plainLines(finding.fix).forEach((line, at) => {
    lines.push(`${at === 0 ? 'fix: ' : '     '}${line}`);
  });
  return lines.join('\n');
}

function overall(report: CheckReport, cut: string | undefined): Suite {
  const out = content([headline(report), cut].filter(line => line !== undefined).join('\n'));
  const xml = `  <testsuite name="modgate check" tests="1" failures="0" errors="0" skipped="0">\n    <testcase name="policy" classname="modgate"><system-out>${out}</system-out></testcase>\n  </testsuite>\n`;
  return { xml, tests: 1, failures: 0 };
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** The text has gone through `plain`, a line at a time, so that all of it is allowed in XML 1.0. */
function content(text: string): string {
  return text
    .replace(/[&<>"']/g, character => ENTITIES[character] ?? '')
    .replaceAll('##[', '&#35;#[')
    .replaceAll(/^(\s*):(?=:)/gm, '$1&#58;');
}

function attribute(text: string): string {
  return content(plain(text, 1024));
}
