import type { Level } from '../config/rule-ids.ts';
import type { Env } from '../platform/types.ts';
import { InputError } from './inputs.ts';

/** The inputs of actions/check, read once. */
export interface CheckInputs {
  readonly directory: string | undefined;
  readonly config: string | undefined;
  readonly floor: string | undefined;
  readonly base: string | undefined;
  readonly level: Level | undefined;
  readonly comment: 'auto' | 'never';
  readonly sarifFile: string | undefined;
  readonly jsonFile: string | undefined;
  readonly token: string | undefined;
}

const LEVELS: Readonly<Record<string, Level>> = {
  note: 'note',
  warn: 'warning',
  warning: 'warning',
  error: 'error',
};

/** Reads what the runner passes as `INPUT_…`. Throws InputError with a line for each that cannot be used. */
export function loadCheckInputs(env: Env): CheckInputs {
  const problems: string[] = [];
  const text = (name: string): string | undefined => env[`INPUT_${name.toUpperCase()}`]?.trim() || undefined;
  const oneOf = <T>(name: string, words: Readonly<Record<string, T>>): T | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    if (Object.hasOwn(words, value)) return words[value];
    problems.push(`input ${name}: ${JSON.stringify(value)} is not one of ${Object.keys(words).join(', ')}`);
    return undefined;
  };
  const inputs: CheckInputs = {
    directory: text('directory'),
    config: text('config'),
    floor: text('floor'),
    base: text('base'),
    level: oneOf('level', LEVELS),
    comment: oneOf('comment', { auto: 'auto', never: 'never' } as const) ?? 'auto',
    sarifFile: text('sarif-file'),
    jsonFile: text('json-file'),
    token: text('token'),
  };
  if (problems.length > 0) throw new InputError(problems);
  return inputs;
}
