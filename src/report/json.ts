import type { Finding } from '../policy/finding.ts';
import { clip, MAX_FIELD } from './plain.ts';
import type { CheckReport, Rendered } from './types.ts';

/** Characters that JSON lets stand as they are and a terminal or a log acts on. */
const ACTIVE =
  /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]|[\u{e0000}-\u{e007f}]/gu;

/**
 * A value as JSON in which nothing acts on a terminal or a log: the same value for every parser, in other escapes.
 * Ends with a line end.
 */
export function harmlessJson(value: unknown, indent?: number): string {
  const escaped = JSON.stringify(value, undefined, indent)
    .replace(ACTIVE, character =>
      [...Array(character.length).keys()]
        .map(at => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
        .join(''),
    )
    // A command to a GitHub runner wherever it stands in a line.
    .replaceAll('##[', '#\\u0023[');
  return `${escaped}\n`;
}

/** The contract of `check --format json`; texts are bounded, the number of findings is not. */
export function json(report: CheckReport): Rendered {
  const { schema, findings, summary, fixed, skipped, compared, policy, preview, notices, failed } = report;
  const value = {
    schema,
    failed,
    findings: findings.map(bounded),
    summary,
    fixed: fixed.map(bounded),
    skipped: skipped.map(({ why, count }) => ({ why: clip(why, MAX_FIELD), count })),
    compared,
    policy,
    ...(preview === undefined ? {} : { preview: { ...preview, findings: preview.findings.map(bounded) } }),
    notices: notices.map(({ level, text }) => ({ level, text: clip(text, MAX_FIELD) })),
  };
  return { text: harmlessJson(value, 2) };
}

function bounded(finding: Finding): Finding {
  const { rule, level, file, line, column, endLine, endColumn, module, version } = finding;
  const { message, why, fix, fingerprint, status } = finding;
  return {
    rule,
    level,
    file: clip(file, MAX_FIELD),
    line,
    column,
    endLine,
    endColumn,
    ...(module === undefined ? {} : { module: clip(module, MAX_FIELD) }),
    ...(version === undefined ? {} : { version: clip(version, MAX_FIELD) }),
    message: clip(message, MAX_FIELD),
    why: clip(why, MAX_FIELD),
    fix: clip(fix, MAX_FIELD),
    fingerprint,
    status,
  };
}
