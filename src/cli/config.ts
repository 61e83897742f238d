import { openObjects } from '../check/git/open.ts';
import { remoteFiles } from '../check/git/remote-file.ts';
import { readFloor } from '../check/policy/floor.ts';
import { readPolicy } from '../check/policy/read-policy.ts';
import { ConfigError, type ConfigProblem, formatProblem } from '../config/errors.ts';
import { type Explained, type ExplainedRule, explainConfig } from '../config/explain.ts';
import { CONFIG_FILES, type LoadOptions, loadConfig } from '../config/load.ts';
import { envOverrides } from '../config/overrides.ts';
import { ruleAbout } from '../config/rule-options.ts';
import { jsonSchema } from '../config/schema.ts';
import { didYouMean } from '../config/suggest.ts';
import type { LoadedConfig } from '../config/types.ts';
import { detectPlatform } from '../platform/detect.ts';
import { serverToken } from '../platform/secrets.ts';
import { systemProbe } from '../platform/system-probe.ts';
import type { Platform } from '../platform/types.ts';
import { checkWaivers } from '../policy/waivers.ts';
import { EXIT, UsageError } from './errors.ts';
import type { Verb } from './modgate.ts';
import { type ParsedVerb, parseVerb, verbHelp } from './options.ts';
import { say } from './say.ts';
import { SESSION_OPTIONS, startFlags } from './session-options.ts';

const { listen: _, owner: __, help, ...OVERRIDES } = SESSION_OPTIONS;

const OPTIONS = {
  ...OVERRIDES,
  floor: {
    type: 'string',
    value: 'FILE',
    help: "policy that the repository's own can only tighten: a file, or owner/repo/path@COMMIT",
  },
  format: { type: 'string', value: 'text|json', help: 'how the result is printed (default text)' },
  help,
} as const;

const USAGE = 'modgate config validate [FILE] | explain [KEY] | schema [options]';

const ABOUT = `  validate [FILE]  say whether the configuration can be used, and all that is wrong with it
  explain [KEY]    print each value in force and where it came from; KEY is a key or the id of a rule
  schema           print the JSON Schema of the file

The exit code is 0, or 2 when the configuration cannot be used.`;

export const config: Verb = async args => {
  const { values, positionals, rest } = parseVerb('config', args, OPTIONS);
  if (values.help === true) {
    process.stdout.write(verbHelp(USAGE, ABOUT, OPTIONS));
    return EXIT.ok;
  }
  const [what, argument, ...more] = positionals;
  if (more.length > 0 || rest !== undefined || (what === 'schema' && argument !== undefined)) {
    throw new UsageError(`too many arguments\nusage: ${USAGE}`);
  }
  const format = values.format ?? 'text';
  if (format !== 'text' && format !== 'json') {
    throw new UsageError(`--format wants text or json, not "${String(format)}"`);
  }
  const json = format === 'json';
  switch (what) {
    case 'validate':
      return await validate({ ...values, config: argument ?? values.config }, json);
    case 'explain':
      return await explain(values, argument, json);
    case 'schema':
      print(JSON.stringify(jsonSchema(), null, 2));
      return EXIT.ok;
    default: {
      const near = what === undefined ? undefined : didYouMean(what, ['validate', 'explain', 'schema']);
      const wrong =
        what === undefined ? 'config wants to know what' : `config cannot ${JSON.stringify(what)}`;
      throw new UsageError(`${wrong}${near === undefined ? '' : `; did you mean ${near}?`}\nusage: ${USAGE}`);
    }
  }
};

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

interface Setting {
  readonly platform: Platform;
  /** All that a load needs but what overrides the files. */
  readonly options: LoadOptions;
  readonly token: string | undefined;
}

/** Where we are, and the files that the user named. */
async function setting(values: ParsedVerb['values']): Promise<Setting> {
  const { env } = process;
  const cwd = process.cwd();
  const platform = detectPlatform(env, systemProbe(cwd));
  const token = serverToken(env);
  const origin = async () => {
    const opened = await openObjects({ dir: platform.workspace, env, platform, token, fetch: true });
    try {
      return await opened.remote();
    } finally {
      if (opened.state === 'open') await opened.objects.close();
    }
  };
  const readRemote = remoteFiles({ env, platform, token, origin, fetch: true });
  const floor =
    values.floor === undefined ? undefined : await readFloor(String(values.floor), cwd, readRemote);
  const options: LoadOptions = {
    workspace: platform.workspace,
    cwd,
    explicit: values.config as string | undefined,
    readRemote,
    ...(floor === undefined ? {} : { floor }),
  };
  return { platform, options, token };
}

/** The configuration that counts: in a pull request that of its target branch. */
async function inForce(
  values: ParsedVerb['values'],
  { platform, options, token }: Setting,
): Promise<LoadedConfig> {
  const { env } = process;
  const { config: _, ...flags } = startFlags(values);
  const load = { ...options, env: envOverrides(env), flags };
  if (platform.change === undefined) return await loadConfig(load);
  const answer = await readPolicy({
    load,
    env,
    platform,
    fetch: true,
    ...(token === undefined ? {} : { token }),
  });
  if (answer.state === 'read') {
    for (const warning of answer.warnings) say(`warning: ${warning}`);
    if (answer.commit) say(`in this change the configuration of its target counts, commit ${answer.commit}`);
    return answer.config;
  }
  const why = answer.state === 'unavailable' ? `: ${answer.why}; ${answer.advice}` : '';
  say(
    `warning: this is the configuration of the checkout; that of the target branch, which counts, cannot be had${why}`,
  );
  return await loadConfig(load);
}

async function validate(values: ParsedVerb['values'], json: boolean): Promise<number> {
  const { platform, options } = await setting(values);
  const { files, problems, warnings } = await judge(options);
  if (json) {
    print(JSON.stringify({ schema: 1, valid: problems.length === 0, files, problems, warnings }));
  } else {
    for (const problem of problems) print(platform.escapeLog(formatProblem(problem)));
    for (const warning of warnings) say(`warning: ${warning}`);
    if (problems.length === 0) {
      const none = `there is no ${CONFIG_FILES.join(' or ')}: the default policy is in force`;
      print(platform.escapeLog(files.length === 0 ? none : `${files.join(', ')}: valid`));
    }
  }
  return problems.length === 0 ? EXIT.ok : EXIT.usage;
}

interface Judged {
  readonly files: readonly string[];
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
}

async function judge(options: LoadOptions): Promise<Judged> {
  try {
    const { policy, sources, warnings } = await loadConfig(options);
    const problems = checkWaivers(policy, new Date()).flatMap(({ state, waiver: { at }, problem }) => {
      const { file: where, ...place } = at;
      return state === 'invalid'
        ? [{ where, ...place, message: `this waiver does not count: ${problem}` }]
        : [];
    });
    return { files: sources, problems, warnings };
  } catch (error) {
    if (error instanceof ConfigError) return { files: [], problems: error.problems, warnings: [] };
    throw error;
  }
}

async function explain(
  values: ParsedVerb['values'],
  key: string | undefined,
  json: boolean,
): Promise<number> {
  const here = await setting(values);
  const loaded = await inForce(values, here);
  const explained = about(explainConfig(loaded), key);
  if (key === undefined) for (const warning of loaded.warnings) say(`warning: ${warning}`);
  if (json) {
    const rules = explained.rules.map(rule => ({ ...rule, about: ruleAbout(rule.rule) }));
    print(JSON.stringify({ schema: 1, ...explained, rules }));
    return EXIT.ok;
  }
  for (const line of explainedLines(explained, key !== undefined)) print(here.platform.escapeLog(line));
  return EXIT.ok;
}

/** The part of it that a key names: the key, what is below it, or one rule by its id. */
function about(all: Explained, key: string | undefined): Explained {
  if (key === undefined) return all;
  const within = (name: string): boolean =>
    name === key || name.startsWith(`${key}.`) || `rules.${name}` === key;
  const part: Explained = {
    sources: all.sources,
    values: all.values.filter(value => within(value.key)),
    entries: all.entries.filter(entry => within(entry.key)),
    rules: all.rules.filter(({ rule }) => key === 'rules' || within(rule)),
  };
  if (part.values.length + part.entries.length + part.rules.length > 0 || LISTS.some(within)) return part;
  const keys = [...all.values.map(value => value.key), ...LISTS];
  const maps = keys.flatMap(name => (name.includes('.') ? [name.slice(0, name.indexOf('.'))] : []));
  const known = [...keys, ...maps, 'rules', ...all.rules.map(({ rule }) => rule)];
  const near = didYouMean(key, known);
  throw new UsageError(
    `there is no key or rule "${key}"${near === undefined ? '' : `; did you mean ${near}?`}\nsee: modgate config explain`,
  );
}

/** Lists that every file adds to; they may be empty. */
const LISTS = [
  'hosts.allow',
  'hosts.deny',
  'modules.allow',
  'modules.deny',
  'replace.remote.allow',
  'waivers',
];

function* explainedLines(
  { sources, values, entries, rules }: Explained,
  detailed: boolean,
): Generator<string> {
  if (!detailed) yield `files: ${sources.length === 0 ? 'none' : sources.join(', ')}`;
  yield* table([
    ...values.map(({ key, value, from }) => [key, shown(value), from]),
    ...entries.map(({ key, value, from }) => [key, shown(value), from]),
  ]);
  if (values.length + entries.length + rules.length === 0) yield 'the list is empty';
  if (rules.length === 1) yield* ruleLines(rules);
  else yield* table(rules.map(({ rule, level, from }) => [`rules.${rule}`, level, from]));
}

function* ruleLines(rules: readonly ExplainedRule[]): Generator<string> {
  for (const { rule, level, from, layers } of rules) {
    yield `${rule}: ${level} (${from})`;
    yield `  reports ${ruleAbout(rule)}`;
    for (const says of layers) {
      const options = Object.keys(says.options).length === 0 ? '' : `, ${JSON.stringify(says.options)}`;
      yield `  ${says.layer}: ${says.level}${options} (${says.from})`;
    }
    if (layers.length > 1) yield '  the strictest of these counts';
  }
}

function* table(rows: readonly (readonly string[])[]): Generator<string> {
  const width = (column: number): number =>
    Math.min(40, Math.max(0, ...rows.map(row => row[column]?.length ?? 0)));
  const [first, second] = [width(0), width(1)];
  for (const [key = '', value = '', from = ''] of rows) {
    yield `${key.padEnd(first)}  ${value.padEnd(second)}  ${from}`;
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
