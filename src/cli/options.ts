import { type ParseArgsConfig, parseArgs } from 'node:util';
import { didYouMean } from '../config/suggest.ts';
import { UsageError } from './errors.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/** What a verb's options are in words, for `--help`; the keys are those of `node:util` parseArgs. */
export type VerbOptions = Readonly<
  Record<
    string,
    {
      readonly type: 'string' | 'boolean';
      readonly multiple?: boolean;
      readonly help: string;
      readonly value?: string;
    }
  >
>;

export interface ParsedVerb {
  readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly positionals: readonly string[];
  /** What stands after `--`; undefined without one. */
  readonly rest: readonly string[] | undefined;
}

/** Parses the arguments of one verb. Throws UsageError that names the option and the nearest that exists. */
export function parseVerb(verb: string, args: readonly string[], options: VerbOptions): ParsedVerb {
  const dashes = args.indexOf('--');
  const own = dashes < 0 ? args : args.slice(0, dashes);
  const rest = dashes < 0 ? undefined : args.slice(dashes + 1);
  const config: Options = {};
  for (const [name, option] of Object.entries(options)) {
    config[name] = { type: option.type, ...(option.multiple === true ? { multiple: true } : {}) };
  }
  try {
    const { values, positionals } = parseArgs({
      args: [...own],
      options: config,
      allowPositionals: true,
      strict: true,
    });
    return { values: values as ParsedVerb['values'], positionals, rest };
  } catch (error) {
    throw new UsageError(`${explain(error, options)}\nsee: modgate ${verb} --help`);
  }
}

function explain(error: unknown, options: VerbOptions): string {
  const message = error instanceof Error ? (error.message.split('. ', 1)[0] ?? '') : String(error);
  const wrong = /Unknown option '--([^']+)'/.exec(message)?.[1];
  if (wrong === undefined) return message;
  const near = didYouMean(wrong, Object.keys(options));
  return `unknown option --${wrong}${near === undefined ? '' : `; did you mean --${near}?`}`;
}

/** The text of `modgate VERB --help`. */
export function verbHelp(usage: string, about: string, options: VerbOptions): string {
  const rows = Object.entries(options).map(([name, { type, value, help }]) => [
    `  --${name}${type === 'string' ? ` ${value ?? 'VALUE'}` : ''}`,
    help,
  ]);
  const width = Math.max(0, ...rows.map(([left = '']) => left.length));
  const lines = rows.map(([left = '', right = '']) => `${left.padEnd(width)}  ${right}`);
  return `usage: ${usage}\n\n${about}\n${lines.length === 0 ? '' : `\n${lines.join('\n')}\n`}`;
}
