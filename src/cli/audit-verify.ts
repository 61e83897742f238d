import { readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { openRawDirectory } from '../audit/raw/directory.ts';
import { CollectorError } from '../collector/errors.ts';
import type { VerifyReport } from '../collector/verify/types.ts';
import { verifyStore } from '../collector/verify/verify.ts';
import { detectPlatform } from '../platform/detect.ts';
import { oneLine } from '../platform/escape.ts';
import { systemProbe } from '../platform/system-probe.ts';
import { NoteError } from '../tlog/note.ts';
import { deliverReport, reportFile, reportFormat } from './deliver.ts';
import { EXIT, UsageError } from './errors.ts';
import type { Verb } from './modgate.ts';
import { parseVerb, type VerbOptions, verbHelp } from './options.ts';
import { progressLine } from './progress.ts';

const OPTIONS = {
  store: { type: 'string', value: 'DIR', help: 'the same as the argument: directory of the audit store' },
  key: {
    type: 'string',
    value: 'KEY|FILE',
    multiple: true,
    help: 'public key of the log, name+hash+base64, or a file with it; known from elsewhere than the store',
  },
  checkpoint: {
    type: 'string',
    value: 'FILE',
    multiple: true,
    help: 'a checkpoint that was seen earlier, for example in the summary of a job; repeatable',
  },
  format: { type: 'string', value: 'text|json', help: 'default text' },
  output: { type: 'string', value: 'FILE', help: 'write the report to FILE instead of stdout' },
  help: { type: 'boolean', help: 'show this' },
} as const satisfies VerbOptions;

const USAGE = 'modgate audit verify DIR [--key KEY] [--checkpoint FILE] [options]';
const ABOUT = `Proves an audit store from its files alone, offline: every batch lies there as it was taken, none is missing and none
was put in past the collector, the batches of each proxy are whole, and the signed log is the one that was shown before.
Nothing is written.

Exit code: 0 proven, 1 something is not as it was signed, 2 the options or the store cannot be used, 3 a file cannot be
read.`;

/** Longest file with a key or a checkpoint, bytes. */
const MAX_FILE = 64 * 1024;

/** `modgate audit verify`. */
export const auditVerify: Verb = async args => {
  const { values, positionals, rest } = parseVerb('audit verify', args, OPTIONS);
  if (values.help === true) {
    process.stdout.write(verbHelp(USAGE, ABOUT, OPTIONS));
    return EXIT.ok;
  }
  const named = [...positionals, ...(typeof values.store === 'string' ? [values.store] : [])];
  const [store] = named;
  if (!store || named.length > 1 || rest !== undefined)
    throw new UsageError(`audit verify wants one directory\nusage: ${USAGE}`);
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(store))
    throw new UsageError(
      `audit verify reads files: give the directory of ${oneLine(store)}, or a copy of it with raw/ and log/`,
    );
  const format = reportFormat(values.format as string | undefined);
  const output = reportFile(values.output as string | undefined);
  const dir = resolve(store);
  await refuseForeign(dir);
  const keys = await Promise.all(((values.key as string[] | undefined) ?? []).map(keyOf));
  const checkpoints = await Promise.all(
    ((values.checkpoint as string[] | undefined) ?? []).map(checkpointOf),
  );
  const line = progressLine(process.stderr, process.env);
  const report = await verifyStore({
    dir,
    raw: openRawDirectory(dir),
    keys,
    checkpoints,
    onProgress: batches => line.show(`${batches} batches`),
  })
    .catch((error: unknown) => {
      if (error instanceof NoteError) throw new UsageError(`the key of the log is none: ${error.message}`);
      throw error;
    })
    .finally(() => line.end());
  const platform = detectPlatform(process.env, systemProbe(process.cwd()));
  const text = format === 'json' ? `${JSON.stringify(report, undefined, 2)}\n` : verifyInWords(report);
  await deliverReport(text, format, output, platform);
  return report.ok ? EXIT.ok : EXIT.findings;
};

async function refuseForeign(dir: string): Promise<void> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    throw new CollectorError('settings', `${dir} cannot be read: ${error.message}`);
  });
  if (names.includes('raw') || names.includes('log')) return;
  throw new CollectorError(
    'settings',
    `${dir} is no audit store: there is no raw/ in it; name the directory of audit.store, or of --data of modgate serve`,
  );
}

async function keyOf(text: string): Promise<string> {
  if (text.includes('+')) return text.trim();
  return (await smallFile(text)).toString('utf8').trim();
}

/** A checkpoint as it was copied out of a summary: indented, or with line ends of another system. */
async function checkpointOf(file: string): Promise<Buffer> {
  const lines = (await smallFile(file)).toString('utf8').split(/\r?\n/);
  while (lines.at(-1)?.trim() === '') lines.pop();
  while (lines[0]?.trim() === '') lines.shift();
  return Buffer.from(`${lines.map(one => one.trim()).join('\n')}\n`);
}

async function smallFile(file: string): Promise<Buffer> {
  const bytes = await readFile(resolve(file)).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${oneLine(file)} cannot be read: ${error.message}`);
  });
  if (bytes.length > MAX_FILE)
    throw new UsageError(`${oneLine(file)} has ${bytes.length} bytes: it is neither a key nor a checkpoint`);
  return bytes;
}

/** The report for people. */
export function verifyInWords(report: VerifyReport): string {
  const { log, batches, records, gone, open, unsigned, checkpoints, deviations, deviationCount } = report;
  const lines: string[] = [];
  if (log === null) {
    lines.push(
      'no log: what lies here can be checked, and not whether something was taken away. modgate serve and modgate audit checkpoint keep a log',
    );
  } else {
    lines.push(`log ${log.origin}, ${log.size} lines signed at ${log.time}, root ${log.root}`);
    if (log.keyFrom === 'store') {
      lines.push(
        'the key lies in the store itself: whoever could write there could have signed anything; give --key, and --checkpoint of a job',
      );
    }
    if (checkpoints > 0) lines.push(`${checkpoints} earlier checkpoints compared`);
  }
  lines.push(`${batches} batches with ${records} records read`);
  if (gone > 0) lines.push(`${gone} batches were deleted by the collector's retention, as the log says`);
  if (open > 0) lines.push(`${open} sessions have not closed: see modgate audit jobs`);
  if (unsigned > 0)
    lines.push(`${unsigned} batches came after the last checkpoint; the next one proves them`);
  for (const { rule, what, where, since } of deviations) {
    lines.push(`${rule}: ${where}: ${what}${since === undefined ? '' : ` (since ${since})`}`);
  }
  if (deviationCount > deviations.length) lines.push(`and ${deviationCount - deviations.length} more`);
  lines.push(
    report.ok
      ? 'everything is as it was signed'
      : `${deviationCount} ${deviationCount === 1 ? 'thing is' : 'things are'} not as it was signed: keep a copy of the store as it is now`,
  );
  return `${lines.map(oneLine).join('\n')}\n`;
}
