import { splitStores } from '../config/module-store.ts';
import type { Modcache } from '../config/values.ts';
import type { Env } from '../platform/types.ts';

/** What the action does: begin a session, or end it before the job's own end. */
export const COMMANDS = ['start', 'stop'] as const;

/** The inputs of actions/proxy, read once. What is undefined is left to the configuration file. */
export interface Inputs {
  readonly command: (typeof COMMANDS)[number];
  readonly config?: string;
  /** One place, or several in reading order. */
  readonly store?: string | readonly string[];
  readonly save?: 'auto' | 'always' | 'never';
  readonly buildCache?: boolean;
  readonly onFailure?: 'fail' | 'fallback';
  readonly modcache?: Modcache;
  readonly prefetch?: number;
  readonly upstream?: readonly string[];
  /** For the server of the checkout: private modules, and files of its policy. */
  readonly token?: string;
  readonly auditStore?: string;
  readonly auditRequired?: boolean;
  readonly auditToken?: string;
}

/** Inputs that cannot be used. The message has a line for each. */
export class InputError extends Error {
  override readonly name = 'InputError';
  readonly code = 'input-invalid';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

const NAMES = [
  'command',
  'config',
  'store',
  'save',
  'build-cache',
  'on-failure',
  'modcache',
  'prefetch',
  'upstream',
  'token',
  'audit-store',
  'audit-required',
  'audit-token',
] as const;

/**
 * Reads the inputs that the runner passes as `INPUT_…`. The validator is loaded only when there is
 * something to validate. Throws InputError.
 */
export async function loadInputs(env: Env): Promise<Inputs> {
  const given: Record<string, string> = {};
  for (const name of NAMES) {
    const value = env[`INPUT_${name.toUpperCase()}`]?.trim();
    if (value) given[name] = value;
  }
  if (Object.keys(given).length === 0) return { command: 'start' };
  const { checkInputs } = await import('./inputs-schema.ts');
  const {
    'on-failure': onFailure,
    'build-cache': buildCache,
    'audit-store': auditStore,
    'audit-required': auditRequired,
    'audit-token': auditToken,
    command = 'start',
    store,
    ...rest
  } = checkInputs(given);
  const all = {
    ...rest,
    store: store === undefined ? undefined : splitStores(store),
    onFailure,
    buildCache,
    auditStore,
    auditRequired,
    auditToken,
  };
  const defined = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return { command, ...defined };
}
