import { auditStoreProblem } from './audit-store.ts';
import { ConfigError, type ConfigProblem } from './errors.ts';
import { layersProblem, splitStores, storeTexts } from './module-store.ts';
import { redactUrl } from './redact.ts';
import type { FileConfig } from './schema.ts';
import type { Origin, Overrides, Upstream } from './types.ts';
import { isUpstream, MAX_PREFETCH, MAX_UPSTREAMS, MODCACHE, ON_FAILURE, SAVE } from './values.ts';

/** Which of the layers above the file a set of overrides is. */
export type OverrideLayer = 'env' | 'input' | 'flag';

/** Values with where each came from. */
export interface Layered {
  readonly values: FileConfig;
  readonly origins: Map<string, Origin>;
}

/** How each override is called in each layer, and the key that it sets. */
const NAMES: Readonly<Record<keyof Overrides, { key: string; word: string }>> = {
  store: { key: 'cache.store', word: 'store' },
  upstream: { key: 'proxy.upstream', word: 'upstream' },
  onFailure: { key: 'proxy.on-failure', word: 'on-failure' },
  prefetch: { key: 'proxy.prefetch', word: 'prefetch' },
  modcache: { key: 'proxy.modcache', word: 'modcache' },
  save: { key: 'cache.save', word: 'save' },
  buildCache: { key: 'cache.build', word: 'build-cache' },
  auditStore: { key: 'audit.store', word: 'audit-store' },
  auditRequired: { key: 'audit.required', word: 'audit-required' },
};

/** Name under which the user knows an override: `MODGATE_ON_FAILURE`, `input on-failure`, `--on-failure`. */
export function overrideName(layer: OverrideLayer, field: keyof Overrides): string {
  const { word } = NAMES[field];
  if (layer === 'env') return `MODGATE_${word.toUpperCase().replaceAll('-', '_')}`;
  return layer === 'input' ? `input ${word}` : `--${word}`;
}

/** Overrides that the environment gives: `MODGATE_STORE`, `MODGATE_UPSTREAM` (entries apart by space) and so on. */
export function envOverrides(env: Readonly<Record<string, string | undefined>>): Overrides {
  const given = (field: keyof Overrides): string | undefined =>
    env[overrideName('env', field)]?.trim() || undefined;
  const upstream = given('upstream')
    ?.split(/[\s,]+/)
    .filter(Boolean);
  const store = given('store');
  const rest = Object.fromEntries(
    (['onFailure', 'prefetch', 'modcache', 'save', 'buildCache', 'auditStore', 'auditRequired'] as const)
      .map(field => [field, given(field)] as const)
      .filter(([, value]) => value !== undefined),
  );
  return {
    ...rest,
    ...(store === undefined ? {} : { store: splitStores(store) }),
    ...(upstream ? { upstream } : {}),
  };
}

/**
 * Puts one layer of overrides over the values and writes down their origin.
 * Throws ConfigError `config-invalid` that names the flag, input or variable.
 */
export function applyOverrides(
  { values, origins }: Layered,
  layer: OverrideLayer,
  given: Overrides,
): Layered {
  const problems: ConfigProblem[] = [];
  const bad = (field: keyof Overrides, message: string): undefined => {
    problems.push({ where: overrideName(layer, field), message });
    return undefined;
  };
  const oneOf = <T extends string>(
    field: keyof Overrides,
    value: string | undefined,
    known: readonly T[],
  ) => {
    if (value === undefined) return undefined;
    return (
      known.find(word => word === value) ?? bad(field, `${shown(value)} is not one of ${known.join(', ')}`)
    );
  };

  const store = given.store === undefined ? undefined : stores(given.store, m => bad('store', m));
  const upstream = given.upstream && upstreams(given.upstream, message => bad('upstream', message));
  const prefetch = given.prefetch === undefined ? undefined : count(given.prefetch, m => bad('prefetch', m));
  const onFailure = oneOf('onFailure', given.onFailure, ON_FAILURE);
  const modcache = oneOf('modcache', given.modcache, MODCACHE);
  const save = oneOf('save', given.save, SAVE);
  const build = oneOf('buildCache', given.buildCache?.toString(), ['true', 'false']);
  const auditStore = given.auditStore;
  const noStore = auditStore === undefined ? undefined : auditStoreProblem(auditStore);
  if (auditStore !== undefined && noStore !== undefined) {
    bad('auditStore', `${shown(redactUrl(auditStore))} ${noStore}`);
  }
  const required = oneOf('auditRequired', given.auditRequired?.toString(), ['true', 'false']);
  if (problems.length > 0) throw new ConfigError('config-invalid', problems);

  for (const field of Object.keys(NAMES) as (keyof Overrides)[]) {
    if (given[field] === undefined) continue;
    const key = NAMES[field].key;
    // What the file said inside the value that is now replaced is not in force any more.
    for (const old of [...origins.keys()]) if (old === key || old.startsWith(`${key}.`)) origins.delete(old);
    origins.set(key, { from: layer, name: overrideName(layer, field) });
  }
  const applied: FileConfig = {
    ...values,
    proxy: {
      ...values.proxy,
      ...(upstream ? { upstream } : {}),
      ...(prefetch === undefined ? {} : { prefetch }),
      ...(onFailure ? { 'on-failure': onFailure } : {}),
      ...(modcache ? { modcache } : {}),
    },
    cache: {
      ...values.cache,
      ...(store === undefined ? {} : { store }),
      ...(save ? { save } : {}),
      ...(build === undefined ? {} : { build: build === 'true' }),
    },
    audit: {
      ...values.audit,
      ...(auditStore === undefined ? {} : { store: auditStore }),
      ...(required === undefined ? {} : { required: required === 'true' }),
    },
  };
  return { values: applied, origins };
}

function stores(
  given: string | readonly string[],
  bad: (message: string) => undefined,
): string | string[] | undefined {
  if (given === '') return bad('is empty; name a directory');
  const problem = layersProblem(storeTexts(given));
  if (problem !== undefined) return bad(problem);
  return typeof given === 'string' ? given : [...given];
}

function upstreams(entries: readonly string[], bad: (message: string) => void): Upstream[] {
  if (entries.length > MAX_UPSTREAMS)
    bad(`${entries.length} entries are more than the ${MAX_UPSTREAMS} allowed`);
  for (const entry of entries.slice(0, MAX_UPSTREAMS)) {
    if (isUpstream(entry)) continue;
    bad(`${shown(redactUrl(entry))} is not an upstream; write an http, https or file URL, direct or off`);
  }
  return entries.map(url => ({ url, 'absent-on-403': false }));
}

function count(value: number | string, bad: (message: string) => undefined): number | undefined {
  const number = typeof value === 'number' ? value : /^\d{1,4}$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isInteger(number) && number >= 0 && number <= MAX_PREFETCH) return number;
  return bad(`${shown(String(value))} is not a whole number from 0 to ${MAX_PREFETCH}`);
}

function shown(value: string): string {
  return JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}…` : value);
}
