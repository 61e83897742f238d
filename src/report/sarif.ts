import { gzipSync } from 'node:zlib';
import { RULES, type RuleId } from '../config/rule-ids.ts';
import type { Finding } from '../policy/finding.ts';
import { harmlessJson } from './json.ts';
import { fenced } from './markdown-text.ts';
import { clip, MAX_FIELD, plain, sentence } from './plain.ts';
import { RULES_URL, type RuleText, ruleText, ruleUrl } from './rule-text.ts';
import { isSecurity, securitySeverity, worstFirst } from './severity.ts';
import { cutLine } from './summary.ts';
import type { CheckReport, Rendered, RenderOptions } from './types.ts';

/** What GitHub's code scanning takes of one run. */
const MAX_RESULTS = 25_000;
const MAX_TEXT = 1024;
const MAX_GZIP = 10_000_000;

/**
 * SARIF 2.1.0 of one run: new and existing findings, and those accepted on record as suppressed results. At most
 * 25,000 results and 10 MB after gzip, the worst first.
 */
export function sarif(report: CheckReport, options: RenderOptions): Rendered {
  const all = worstFirst(report.findings);
  let shown = all.slice(0, MAX_RESULTS);
  let text = harmlessJson(logOf(report, shown, all.length, options));
  for (let over = excess(text, options); over > 1 && shown.length > 0; over = excess(text, options)) {
    shown = shown.slice(0, Math.floor((shown.length / over) * 0.95));
    text = harmlessJson(logOf(report, shown, all.length, options));
  }
  const missing = all.length - shown.length;
  return missing === 0 ? { text } : { text, cut: cutLine(missing, '--format json') };
}

/** How many times too large a file is; 1 or less is fine. */
function excess(text: string, { maxBytes }: RenderOptions): number {
  const bytes = Buffer.byteLength(text, 'utf8');
  const plain = maxBytes === undefined ? 0 : bytes / maxBytes;
  return Math.max(plain, bytes <= MAX_GZIP ? 0 : gzipSync(text).length / MAX_GZIP);
}

function logOf(
  report: CheckReport,
  shown: readonly Finding[],
  total: number,
  options: RenderOptions,
): object {
  const rules = [...new Set(shown.map(({ rule }) => rule))].sort();
  const index = new Map(rules.map((rule, at) => [rule, at]));
  const notices = report.notices.slice(0, 100).map(({ level, text }) => notification(level, text));
  const missing = total - shown.length;
  if (missing > 0) notices.push(notification('warning', cutLine(missing, '--format json')));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'modgate',
            informationUri: options.rulesUrl ?? RULES_URL,
            ...(options.version === undefined ? {} : { semanticVersion: options.version }),
            rules: rules.map(rule => descriptor(rule, options)),
          },
        },
        automationDetails: { id: `${options.category ?? 'modgate'}/` },
        columnKind: 'utf16CodeUnits',
        invocations: [{ executionSuccessful: true, toolExecutionNotifications: notices }],
        results: shown.map(finding => resultOf(finding, index.get(finding.rule) ?? 0, report)),
      },
    ],
  };
}

function notification(level: 'warning' | 'note', text: string): object {
  return { level, message: { text: message(text) } };
}

function descriptor(rule: RuleId, options: RenderOptions): object {
  const { level, enabled } = RULES[rule];
  const security = isSecurity(rule);
  const usual = level === 'off' ? enabled : level;
  const text = ruleText(rule);
  return {
    id: rule,
    name: pascalCase(rule),
    shortDescription: { text: clip(text.summary, MAX_TEXT) },
    fullDescription: { text: clip(text.why, MAX_TEXT) },
    help: { text: clip(`${text.summary} ${text.why}`, MAX_TEXT), markdown: helpOf(text) },
    helpUri: ruleUrl(rule, options.rulesUrl),
    defaultConfiguration: { level: usual },
    properties: {
      tags: security ? ['go-modules', 'security'] : ['go-modules'],
      precision: 'very-high',
      ...(security
        ? { 'security-severity': securitySeverity(usual) }
        : { 'problem.severity': usual === 'note' ? 'recommendation' : usual }),
    },
  };
}

function pascalCase(rule: RuleId): string {
  return rule.replaceAll(/(?:^|[/-])([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Documentation next to an alert, in Markdown: the page of the rule is text of ours. */
function helpOf({ summary, why, limits, bad, good, config }: RuleText): string {
  const parts = [summary, why];
  if (bad !== undefined)
    parts.push(`Reported (\`${bad.file}\`):`, fenced(bad.text.trimEnd().split('\n'), 'text'));
  if (good !== undefined)
    parts.push(`Mended (\`${good.file}\`):`, fenced(good.text.trimEnd().split('\n'), 'text'));
  if (limits !== undefined) parts.push(limits);
  if (config !== undefined) parts.push('Configuration:', fenced(config.trimEnd().split('\n'), 'yaml'));
  return parts.join('\n\n');
}

function resultOf(finding: Finding, ruleIndex: number, report: CheckReport): object {
  const { rule, level, file, line, column, endLine, endColumn, fingerprint, status } = finding;
  const diff = report.compared.mode === 'diff';
  return {
    ruleId: rule,
    ruleIndex,
    level,
    message: {
      text: [finding.message, finding.why, `Fix: ${finding.fix}`]
        .map(part => sentence(message(part)))
        .join(' '),
    },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(file) },
          region: { startLine: line, startColumn: column, endLine, endColumn },
        },
      },
    ],
    partialFingerprints: { primaryLocationLineHash: fingerprint, 'modgate/v1': fingerprint },
    ...(diff ? { baselineState: status === 'new' ? 'new' : 'unchanged' } : {}),
    ...(status === 'waived' || status === 'baseline'
      ? { suppressions: [{ kind: 'external', status: 'accepted', justification: JUSTIFICATION[status] }] }
      : {}),
  };
}

const JUSTIFICATION = {
  waived: 'A waiver of the policy accepts it until its date.',
  baseline: 'It is in the baseline of the repository.',
};

/** In a SARIF message `[text](target)` is a link. */
function message(text: string): string {
  return clip(plain(text).replaceAll('](', '] ('), MAX_FIELD);
}

function uriOf(file: string): string {
  const segments = clip(file, MAX_FIELD)
    .split('/')
    .filter(segment => segment !== '.');
  return segments
    .map(segment => encodeURIComponent(segment.replaceAll(/\p{Surrogate}/gu, '\ufffd')))
    .join('/');
}
