import { isAbsolute, resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { writeWhole } from '../check/policy/baseline-file.ts';
import { runCheck } from '../check/run-check.ts';
import type { CheckOutcome } from '../check/types.ts';
import type { Level } from '../config/rule-ids.ts';
import { detectPlatform } from '../platform/detect.ts';
import { serverToken } from '../platform/secrets.ts';
import { systemProbe } from '../platform/system-probe.ts';
import type { Platform } from '../platform/types.ts';
import type { Format } from '../report/render.ts';
import { EXIT, UsageError } from './errors.ts';
import type { Verb } from './modgate.ts';
import { parseVerb, type VerbOptions, verbHelp } from './options.ts';
import { say } from './say.ts';

/** As in report/render.ts, which is loaded when something is rendered. */
const FORMATS: readonly Format[] = ['text', 'json', 'sarif', 'codequality', 'junit', 'markdown', 'github'];

const OPTIONS = {
  base: {
    type: 'string',
    value: 'REF',
    help: 'judge what changed since REF, by the policy of REF (default in CI: the target of the pull or merge request)',
  },
  config: {
    type: 'string',
    value: 'FILE',
    help: 'policy file (default .modgate.yaml or .github/modgate.yaml)',
  },
  floor: {
    type: 'string',
    value: 'FILE',
    help: "policy that the repository's own can only tighten: a file, or owner/repo/path@COMMIT",
  },
  format: {
    type: 'string',
    value: 'F[=PATH]',
    multiple: true,
    help: `${FORMATS.join(', ')}; with =PATH into that file; repeatable (default text)`,
  },
  output: { type: 'string', value: 'FILE', help: 'write the one --format to FILE instead of stdout' },
  level: {
    type: 'string',
    value: 'LEVEL',
    help: 'error, warn or note: count no finding for more than that, and fail for none (to try a policy)',
  },
  comment: {
    type: 'string',
    value: 'auto|never',
    help: 'auto: keep one comment on a pull or merge request that fails, with the token in MODGATE_NOTE_TOKEN (default never)',
  },
  'update-baseline': {
    type: 'boolean',
    help: 'accept what is found now; a baseline that is there already only shrinks',
  },
  'no-color': { type: 'boolean', help: 'no colours' },
  help: { type: 'boolean', help: 'show this' },
} as const satisfies VerbOptions;

const USAGE = 'modgate check [DIR] [options]';
const ABOUT = `Judges the go.mod, go.work, go.sum and vendor/modules.txt files that git tracks in DIR (default: here), and
files that set variables of go, by the policy. Runs no code of the repository and no go.

Exit code: 0 nothing to object to, 1 a new finding of the level that fails, 2 the options or a policy file cannot be
used, 3 internal or I/O error, 4 the base of a change could not be had and everything was checked instead.`;

export const check: Verb = async args => {
  const { values, positionals, rest } = parseVerb('check', args, OPTIONS);
  if (values.help === true) {
    process.stdout.write(verbHelp(USAGE, ABOUT, OPTIONS));
    return EXIT.ok;
  }
  if (positionals.length > 1 || rest !== undefined) {
    throw new UsageError(`check takes one directory\nusage: ${USAGE}`);
  }
  const text = (name: keyof typeof OPTIONS) => values[name] as string | undefined;
  const wanted = outputs((values.format ?? []) as readonly string[], text('output'));
  const cap = level(text('level'));
  const comment = text('comment') ?? 'never';
  if (comment !== 'auto' && comment !== 'never') {
    throw new UsageError(`--comment wants auto or never, not ${JSON.stringify(comment)}`);
  }
  // Trees of thousands of modules are made of short-lived objects; a young generation that grows with them takes
  // 100 MB more and saves no time.
  setFlagsFromString('--semi-space-growth-factor=1');
  const cwd = process.cwd();
  const { env } = process;
  const platform = detectPlatform(env, systemProbe(cwd));
  const outcome = await runCheck({
    dir: resolve(cwd, positionals[0] ?? '.'),
    cwd,
    env,
    platform,
    ...given('base', text('base')),
    ...given('config', text('config')),
    ...given('floor', text('floor')),
    ...given('cap', cap),
    ...(values['update-baseline'] === true ? { updateBaseline: true } : {}),
    ...given('token', serverToken(env)),
    now: new Date(),
    log: say,
  });
  await write(outcome, wanted, platform, values['no-color'] === true);
  if (comment === 'auto') await publish(outcome, platform);
  return outcome.exitCode;
};

async function publish({ report }: CheckOutcome, platform: Platform): Promise<void> {
  const { env } = process;
  const { reviewOf } = await import('../platform/review.ts');
  const { commentMarker, publishReport } = await import('../check/comments/publish.ts');
  const result = await publishReport(report, {
    review: reviewOf(env, platform),
    env,
    token: env.MODGATE_NOTE_TOKEN,
    marker: commentMarker(env.CI_JOB_NAME ?? env.GITHUB_JOB ?? ''),
  });
  if (result !== undefined) say(`${result.problem ? 'warning: ' : ''}${result.text}`);
}

function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V });
}

interface Output {
  readonly format: Format;
  /** Undefined for stdout. */
  readonly path: string | undefined;
}

function outputs(formats: readonly string[], output: string | undefined): readonly Output[] {
  const wanted = (formats.length === 0 ? ['text'] : formats).map((entry): Output => {
    const equals = entry.indexOf('=');
    const name = equals < 0 ? entry : entry.slice(0, equals);
    const format = FORMATS.find(known => known === name);
    if (format === undefined)
      throw new UsageError(`--format wants ${FORMATS.join(', ')}, not ${JSON.stringify(name)}`);
    const path = equals < 0 ? undefined : entry.slice(equals + 1);
    if (path === '') throw new UsageError(`--format ${name}= wants a file name behind the sign`);
    return { format, path };
  });
  const toStdout = wanted.filter(({ path }) => path === undefined);
  if (output === undefined) {
    if (toStdout.length > 1) {
      throw new UsageError(
        'only one --format can go to stdout; write the others to files: --format sarif=FILE',
      );
    }
    return wanted;
  }
  const [only] = toStdout;
  if (output === '' || only === undefined || toStdout.length > 1) {
    throw new UsageError('--output names the file of one --format; write several as --format sarif=FILE');
  }
  return wanted.map(entry => (entry === only ? { ...entry, path: output } : entry));
}

function level(name: string | undefined): Level | undefined {
  if (name === undefined) return undefined;
  const found = { error: 'error', warning: 'warning', warn: 'warning', note: 'note' } as const;
  if (!Object.hasOwn(found, name)) {
    throw new UsageError(`--level wants error, warn or note, not ${JSON.stringify(name)}`);
  }
  return found[name as keyof typeof found];
}

async function write(
  outcome: CheckOutcome,
  wanted: readonly Output[],
  platform: Platform,
  plain: boolean,
): Promise<void> {
  const { render } = await import('../report/render.ts');
  const { report, source } = outcome;
  let failure: unknown;
  for (const { format, path } of wanted) {
    const color = path === undefined && !plain && wantsColor();
    const width = path === undefined ? process.stdout.columns : undefined;
    const { text, cut } = render(format, report, {
      color,
      source,
      ...(width === undefined ? {} : { width }),
      ...(path === undefined ? { escape: platform.escapeLog } : {}),
    });
    if (cut !== undefined) say(`${path ?? format}: ${cut}`);
    if (path === undefined) process.stdout.write(text);
    else {
      try {
        await writeWhole(isAbsolute(path) ? path : resolve(path), text);
      } catch (error) {
        // The other results must not be lost with it.
        failure ??= error;
      }
    }
  }
  // Where nobody sees the text, the log still says what matters.
  if (!wanted.some(({ format, path }) => path === undefined && (format === 'text' || format === 'github'))) {
    for (const { level: kind, text } of report.notices) if (kind === 'warning') say(`warning: ${text}`);
  }
  if (failure !== undefined) throw failure;
}

function wantsColor(): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR) return false;
  if (FORCE_COLOR && FORCE_COLOR !== '0') return true;
  return process.stdout.isTTY === true && TERM !== 'dumb';
}
