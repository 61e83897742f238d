import type { Policy } from '../config/policy.ts';
import { FIXED_RULES, isRuleId, type RuleId } from '../config/rule-ids.ts';
import { PolicyError } from './errors.ts';
import type { Finding } from './finding.ts';
import { isWaivable } from './settings.ts';
import { plain, shown } from './words.ts';

/** Accepted findings of before the policy came: a list that only shrinks. */

export const BASELINE_FILE = '.modgate-baseline.json';

export interface BaselineEntry {
  readonly fingerprint: string;
  readonly rule: string;
  readonly file: string;
  readonly module?: string;
  /** What the finding said when it was taken in, for readers of the file. */
  readonly message: string;
}

export interface Baseline {
  /** Repo-relative, with `/`. */
  readonly path: string;
  readonly entries: readonly BaselineEntry[];
  /** Line of an entry by its fingerprint, from 1. */
  readonly lines: ReadonlyMap<string, number>;
}

const MAX_BYTES = 32 << 20;
const MAX_ENTRIES = 100_000;
const MAX_TEXT = 4096;

/** Whether findings of a rule may stand in a baseline at all: not what must be looked at every time. */
export function canBeBaselined(rule: string): rule is RuleId {
  return (
    isRuleId(rule) && rule !== 'gomod/invalid' && !rule.startsWith('policy/') && !FIXED_RULES.includes(rule)
  );
}

/**
 * Reads a baseline file. Throws `PolicyError` `baseline-invalid` with what is wrong and how to get a good one:
 * a file that is half read would let accepted findings fail, or others pass.
 */
export function parseBaseline(bytes: Uint8Array, path: string): Baseline {
  const refuse = (what: string): never => {
    throw new PolicyError(
      'baseline-invalid',
      `${plain(path)}: ${what}; restore the file from version control, or remove it and write it anew: modgate check --update-baseline`,
    );
  };
  if (bytes.byteLength > MAX_BYTES) refuse(`is larger than ${MAX_BYTES >> 20} MiB`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const value = parseJson(text, refuse);
  if (!isRecord(value)) return refuse('is no JSON object');
  if (value.version !== 1)
    return refuse(
      `has version ${shown(JSON.stringify(value.version) ?? 'none', 40)}; this modgate reads version 1`,
    );
  if (!Array.isArray(value.findings)) return refuse('has no list of findings');
  if (value.findings.length > MAX_ENTRIES) return refuse(`has more than ${MAX_ENTRIES} findings`);
  const entries = value.findings.map(
    (entry, index) => readEntry(entry) ?? refuse(`entry ${index + 1} is no finding`),
  );
  return { path, entries, lines: linesOf(text) };
}

function parseJson(text: string, refuse: (what: string) => never): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return refuse(`is not JSON: ${plain(error instanceof Error ? error.message : String(error), 160)}`);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readEntry(value: unknown): BaselineEntry | undefined {
  if (!isRecord(value)) return undefined;
  const { fingerprint, rule, file, module, message } = value;
  const texts = [fingerprint, rule, file, message, module ?? ''];
  if (!texts.every(text => typeof text === 'string' && text.length <= MAX_TEXT)) return undefined;
  if (!/^[0-9a-f]{64}$/.test(String(fingerprint))) return undefined;
  return {
    fingerprint: String(fingerprint),
    rule: String(rule),
    file: String(file),
    ...(module === undefined ? {} : { module: String(module) }),
    message: String(message),
  };
}

function linesOf(text: string): Map<string, number> {
  const lines = new Map<string, number>();
  let line = 0;
  for (const content of text.split('\n')) {
    line++;
    for (const [, found = ''] of content.matchAll(/"fingerprint"\s{0,9}:\s{0,9}"([0-9a-f]{64})"/g)) {
      if (!lines.has(found)) lines.set(found, line);
    }
  }
  return lines;
}

/** The text of a baseline file: ASCII, one finding a line, in an order that does not depend on the run. */
export function formatBaseline(entries: Iterable<BaselineEntry>): string {
  const sorted = [...entries].sort(
    (a, b) =>
      order(a.file, b.file) ||
      order(a.rule, b.rule) ||
      order(a.module ?? '', b.module ?? '') ||
      order(a.fingerprint, b.fingerprint),
  );
  const lines = sorted.map(entry => `    ${asciiJson(entry)}`);
  const list = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`;
  return `{\n  "version": 1,\n  "findings": ${list}\n}\n`;
}

function order(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** JSON without a character that could run from right to left, or be cut in half by another encoding. */
function asciiJson({ fingerprint, rule, file, module, message }: BaselineEntry): string {
  const entry = { fingerprint, rule, file, ...(module === undefined ? {} : { module }), message };
  return JSON.stringify(entry).replace(
    /[\u007f-\uffff]/g,
    ch => `\\u${ch.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export interface BaselineUpdate {
  readonly text: string;
  readonly kept: readonly BaselineEntry[];
  /** Entries that went because their finding is gone, or may not stand there. */
  readonly dropped: readonly BaselineEntry[];
  /** Taken in; only ever when there was no baseline before. */
  readonly added: readonly BaselineEntry[];
  /** New findings that still fail: the list only shrinks, or the rule cannot be accepted this way. */
  readonly refused: readonly Finding[];
}

/**
 * The next baseline. The first one takes in every new finding that may stand in a baseline; later ones only
 * lose entries.
 *
 * @param findings those of a check of everything, as `evaluate` gives them
 */
export function updateBaseline(
  old: Baseline | undefined,
  findings: readonly Finding[],
  policy: Pick<Policy, 'waivable'> = { waivable: 'all' },
): BaselineUpdate {
  const present = new Set(findings.map(finding => finding.fingerprint));
  const may = (rule: string) => canBeBaselined(rule) && isWaivable(policy, rule);
  const kept: BaselineEntry[] = [];
  const dropped: BaselineEntry[] = [];
  const seen = new Set<string>();
  for (const entry of old?.entries ?? []) {
    const remains = present.has(entry.fingerprint) && may(entry.rule) && !seen.has(entry.fingerprint);
    seen.add(entry.fingerprint);
    (remains ? kept : dropped).push(entry);
  }
  const stays = new Set(kept.map(entry => entry.fingerprint));
  const added: BaselineEntry[] = [];
  const refused: Finding[] = [];
  for (const finding of findings) {
    if (finding.status !== 'new' || finding.rule === 'policy/baseline-stale') continue;
    if (stays.has(finding.fingerprint)) continue;
    const fits = (finding.module ?? '').length <= MAX_TEXT && finding.file.length <= MAX_TEXT;
    if (old === undefined && may(finding.rule) && fits && added.length < MAX_ENTRIES)
      added.push(entryOf(finding));
    else refused.push(finding);
  }
  return { text: formatBaseline([...kept, ...added]), kept, dropped, added, refused };
}

function entryOf({ fingerprint, rule, file, module, message }: Finding): BaselineEntry {
  const words = message.slice(0, 500);
  return { fingerprint, rule, file, ...(module === undefined ? {} : { module }), message: words };
}

/** Entries of the second baseline that the first one lacks. */
export function addedEntries(before: Baseline | undefined, after: Baseline | undefined): BaselineEntry[] {
  const known = new Set(before?.entries.map(entry => entry.fingerprint));
  return (after?.entries ?? []).filter(entry => !known.has(entry.fingerprint));
}
