import { columns, wrap } from '../report/width.ts';
import type { Check, State } from './types.ts';

/** What `modgate doctor` found. */
export interface Diagnosis {
  readonly checks: readonly Check[];
  /** Of the whole run, ms. */
  readonly ms: number;
}

/** How many checks ended how. */
export type Counts = Readonly<Record<State, number>>;

export function countsOf(checks: readonly Check[]): Counts {
  const counts = { ok: 0, warning: 0, failed: 0, skipped: 0 };
  for (const { state } of checks) counts[state]++;
  return counts;
}

/** For scripts: `{schema: 1, checks, summary}`. */
export function doctorJson({ checks, ms }: Diagnosis): string {
  return `${JSON.stringify({ schema: 1, checks, summary: { ...countsOf(checks), ms } }, null, 2)}\n`;
}

/** For people: a line for each check, why and what to do below what does not work. */
export function doctorText({ checks, ms }: Diagnosis, width = 120): string {
  const column = (pick: (check: Check) => string): number =>
    Math.min(MAX_COLUMN, Math.max(0, ...checks.map(check => columns(pick(check)))));
  const [probe, subject] = [column(check => check.probe), column(check => check.subject)];
  const indent = STATE_WIDTH + probe + 4;
  const room = Math.max(MIN_ROOM, width - indent);
  const lines = checks.flatMap(check => {
    const head = `${pad(WORDS[check.state], STATE_WIDTH)}  ${pad(check.probe, probe)}  `;
    return [
      `${head}${pad(check.subject, subject)}  ${check.what}`,
      ...[detail('why', check.why, room, indent), detail('fix', check.fix, room, indent)].flat(),
    ];
  });
  return [...lines, '', `${summary(countsOf(checks))} (${(ms / 1000).toFixed(1)} s)`, ''].join('\n');
}

const WORDS: Readonly<Record<State, string>> = {
  ok: 'ok',
  warning: 'warning',
  failed: 'FAILED',
  skipped: 'skipped',
};
const STATE_WIDTH = 7;
const MAX_COLUMN = 48;
const MIN_ROOM = 40;

function detail(name: 'why' | 'fix', text: string | undefined, room: number, indent: number): string[] {
  if (text === undefined) return [];
  const space = ' '.repeat(indent);
  return wrap(text, room - 6).map((line, at) => `${space}${at === 0 ? `${name}:` : '    '} ${line}`);
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - columns(text)));
}

function summary({ ok, warning, failed, skipped }: Counts): string {
  const parts = [
    failed > 0 ? `${failed} failed` : '',
    warning > 0 ? `${warning} ${warning === 1 ? 'warning' : 'warnings'}` : '',
    `${ok} ok`,
    skipped > 0 ? `${skipped} not tried` : '',
  ];
  return parts.filter(part => part !== '').join(', ');
}
