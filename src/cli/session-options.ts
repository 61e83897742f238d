import { MODCACHE } from '../config/values.ts';
import type { StartFlags } from '../session/types.ts';
import { UsageError } from './errors.ts';
import type { ParsedVerb, VerbOptions } from './options.ts';

/** Options that `run` and `start` share. */
export const SESSION_OPTIONS = {
  config: {
    type: 'string',
    value: 'FILE',
    help: 'configuration file (default .modgate.yaml or .github/modgate.yaml)',
  },
  store: {
    type: 'string',
    value: 'STORE',
    multiple: true,
    help: 'directory of the module store, s3://bucket/prefix or auto; repeatable, read in that order',
  },
  upstream: {
    type: 'string',
    value: 'URL',
    multiple: true,
    help: 'module proxy to fetch from, repeatable (default: what go env GOPROXY says)',
  },
  'on-failure': {
    type: 'string',
    value: 'fail|fallback',
    help: 'fail: go uses only modgate; fallback: when modgate dies, go goes on with its own GOPROXY',
  },
  prefetch: { type: 'string', value: 'N', help: 'files fetched ahead at once, 0 to 64 (default 32)' },
  modcache: {
    type: 'string',
    value: 'inherit|verify|isolated',
    help: 'verify: compare what GOMODCACHE holds with go.sum; isolated: one of its own, so that every module is asked for',
  },
  save: {
    type: 'string',
    value: 'auto|always|never',
    help: 'whether later jobs get what this one fetched (auto: from trusted branches only)',
  },
  'build-cache': {
    type: 'boolean',
    help: 'later jobs get what this one compiled, which nobody can verify (GitLab; off)',
  },
  'audit-store': {
    type: 'string',
    value: 'URL',
    help: 'where the audit records go: URL of a collector, a directory, gitlab-package: or artifact',
  },
  'audit-required': {
    type: 'boolean',
    help: 'records that cannot be delivered are a failure (exit code 4)',
  },
  listen: {
    type: 'string',
    value: 'HOST:PORT',
    help: 'address to listen on (default: a free port of 127.0.0.1)',
  },
  owner: { type: 'string', value: 'PID', help: 'end the session when this process ends (in a shell: $$)' },
  help: { type: 'boolean', help: 'show this' },
} as const satisfies VerbOptions;

/** Turns parsed options into flags; throws UsageError for values that cannot be. */
export function startFlags(values: ParsedVerb['values']): StartFlags {
  const text = (name: string) => values[name] as string | undefined;
  const oneOf = <T extends string>(name: string, allowed: readonly T[]): T | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    if (!(allowed as readonly string[]).includes(value)) {
      throw new UsageError(`--${name} wants ${allowed.join(' or ')}, not "${value}"`);
    }
    return value as T;
  };
  const number = (name: string, max: number): number | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    if (!/^\d{1,10}$/.test(value) || Number(value) > max) {
      throw new UsageError(`--${name} wants a whole number from 0 to ${max}, not "${value}"`);
    }
    return Number(value);
  };
  const flags = {
    config: text('config'),
    store: storeOf(values.store),
    upstream: values.upstream as readonly string[] | undefined,
    onFailure: oneOf('on-failure', ['fail', 'fallback']),
    prefetch: number('prefetch', 64),
    modcache: oneOf('modcache', MODCACHE),
    save: oneOf('save', ['auto', 'always', 'never']),
    buildCache: values['build-cache'] as boolean | undefined,
    auditStore: text('audit-store'),
    auditRequired: values['audit-required'] as boolean | undefined,
    listen: text('listen'),
    owner: number('owner', 2 ** 31),
  };
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined)) as StartFlags;
}

/** What `--store` said, once or several times; once is a text, as it is in a file. */
export function storeOf(value: ParsedVerb['values'][string]): string | readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.length === 1 ? value[0] : (value as readonly string[]);
}
