import { parseDuration, parseSize } from '../config/units.ts';
import { gitRefProblem } from '../config/values.ts';
import type { Env } from '../platform/types.ts';
import { InputError } from './inputs.ts';

/** The inputs of actions/prune, read once. What is undefined is left to the configuration file. */
export interface PruneInputs {
  readonly sharedCache: boolean;
  readonly token: string | undefined;
  /** A module store on this machine. */
  readonly store: string | undefined;
  readonly config: string | undefined;
  /** Milliseconds. */
  readonly keepSince: number | undefined;
  readonly maxSize: number | undefined;
  readonly keepRefs: readonly string[] | undefined;
  readonly dryRun: boolean;
}

const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, false: false };

/** Reads what the runner passes as `INPUT_…`. Throws InputError with a line for each that cannot be used. */
export function loadPruneInputs(env: Env): PruneInputs {
  const problems: string[] = [];
  const text = (name: string): string | undefined => env[`INPUT_${name.toUpperCase()}`]?.trim() || undefined;
  const read = <T>(name: string, parse: (value: string) => T | undefined, wanted: string): T | undefined => {
    const value = text(name);
    const parsed = value === undefined ? undefined : parse(value);
    if (value !== undefined && parsed === undefined) {
      problems.push(`input ${name}: ${JSON.stringify(value)} is not ${wanted}`);
    }
    return parsed;
  };
  const flag = (name: string) =>
    read(name, value => (Object.hasOwn(BOOLEANS, value) ? BOOLEANS[value] : undefined), 'one of true, false');
  const inputs: PruneInputs = {
    sharedCache: flag('shared-cache') ?? true,
    token: text('token'),
    store: text('store'),
    config: text('config'),
    keepSince: read('keep-since', parseDuration, 'a duration like 30d'),
    maxSize: read('max-size', parseSize, 'a size like 20GB'),
    keepRefs: text('keep-refs')?.split(/[\s,]+/),
    dryRun: flag('dry-run') ?? false,
  };
  for (const ref of inputs.keepRefs ?? []) {
    const problem = gitRefProblem(ref);
    if (problem !== undefined) problems.push(`input keep-refs: ${JSON.stringify(ref)} ${problem}`);
  }
  if (inputs.sharedCache && inputs.token === undefined) {
    problems.push('input token: it is empty, and the shared cache can be read with a token only');
  }
  if (!inputs.sharedCache && inputs.store === undefined) {
    problems.push(
      'input store: with shared-cache: false there is nothing else to clean up; name a directory',
    );
  }
  if (problems.length > 0) throw new InputError(problems);
  return inputs;
}
