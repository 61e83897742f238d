import type { PolicyLayer, RuleSetting } from './policy.ts';
import { redactText } from './redact.ts';
import { FIXED_RULES, LEVELS, type Level, RULE_IDS, type RuleId } from './rule-ids.ts';
import type { LoadedConfig, Origin } from './types.ts';
import { formatDuration, formatSize } from './units.ts';

/** A value in force, as it would be written in the file, and where it came from. */
export interface ExplainedValue {
  readonly key: string;
  readonly value: unknown;
  readonly origin: Origin;
  /** The same in words. */
  readonly from: string;
}

/** An entry of a list that every file adds to. */
export interface ExplainedEntry {
  readonly key: string;
  readonly value: unknown;
  readonly from: string;
}

/** What one file says of a rule. */
export interface LayerSays {
  readonly layer: string;
  readonly level: Level | 'off';
  readonly options: Readonly<Record<string, unknown>>;
  readonly from: string;
}

export interface ExplainedRule {
  readonly rule: RuleId;
  /** The strictest of all layers. */
  readonly level: Level | 'off';
  readonly from: string;
  /** Weakest first. */
  readonly layers: readonly LayerSays[];
}

export interface Explained {
  readonly sources: readonly string[];
  readonly values: readonly ExplainedValue[];
  readonly entries: readonly ExplainedEntry[];
  readonly rules: readonly ExplainedRule[];
}

/** The whole configuration in force. Secrets in URLs are hidden. */
export function explainConfig(loaded: LoadedConfig): Explained {
  const { policy, sources } = loaded;
  return {
    sources,
    values: [...valuesOf(loaded)],
    entries: [...policy.layers.flatMap(layer => [...entriesOf(layer)]), ...waiversOf(loaded)],
    rules: RULE_IDS.map(id => explainRule(id, policy.layers)),
  };
}

/** Keys that are one value for all files; lists that every file adds to are entries, not values. */
function* valuesOf({ config, policy, origin }: LoadedConfig): Generator<ExplainedValue> {
  const one = (key: string, value: unknown, from?: string): ExplainedValue => {
    const at = origin(key);
    return { key, value: hidden(value), origin: at, from: from ?? originWords(at) };
  };
  yield one('version', config.version);
  yield one('extends', config.extends);
  const said = origin('proxy.on-failure').from !== 'default';
  const why =
    said || config.proxy['on-failure'] === 'fallback' ? undefined : 'default, because there is a policy';
  yield one('proxy.on-failure', config.proxy['on-failure'], why);
  for (const [key, value] of Object.entries(config.proxy)) {
    if (key !== 'on-failure')
      yield one(`proxy.${key}`, key === 'idle' ? formatDuration(value as number) : value);
  }
  // A bucket's URL has region and endpoint in its query, and is refused with anything secret in it.
  yield { ...one('cache.store', undefined), value: config.cache.store };
  yield one('cache.save', config.cache.save);
  yield one('cache.zips', config.cache.zips);
  yield one('cache.build', config.cache.build);
  yield one('cache.keep-since', formatDuration(config.cache['keep-since']));
  yield one('cache.max-size', formatSize(config.cache['max-size']));
  yield one('audit.store', config.audit.store);
  yield one('audit.required', config.audit.required);
  yield one('audit.token-env', config.audit['token-env']);
  const { tls, retention, ...serve } = config.serve;
  for (const [key, value] of Object.entries(serve)) yield one(`serve.${key}`, value);
  yield one('serve.tls', tls ?? null);
  yield one('serve.retention.jobs', formatDuration(retention.jobs));
  yield one('serve.retention.raw', retention.raw === null ? null : formatDuration(retention.raw));
  yield one('check.skip', policy.skip);
  yield one('baseline', config.baseline);
  yield one('fail-on', policy.failOn);
  const outside = policy.waivable === 'all' ? undefined : 'what floor and extended files let go';
  yield one('waivable', policy.waivable, outside);
}

function* entriesOf({ name, hosts, modules, replaceAllow }: PolicyLayer): Generator<ExplainedEntry> {
  for (const [key, list] of [
    ['hosts.allow', hosts.allow],
    ['hosts.deny', hosts.deny],
  ] as const) {
    for (const { value, where } of list) yield { key, value, from: inLayer(where, name) };
  }
  for (const [key, list] of [
    ['modules.allow', modules.allow],
    ['modules.deny', modules.deny],
    ['replace.remote.allow', replaceAllow],
  ] as const) {
    for (const { where, ...entry } of list) {
      const value = Object.values(entry).filter(Boolean).length === 1 ? entry.pattern : entry;
      yield { key, value: hidden(value), from: inLayer(where, name) };
    }
  }
}

function* waiversOf({ policy }: LoadedConfig): Generator<ExplainedEntry> {
  for (const { at, shared, ...waiver } of policy.waivers) {
    const from = `${at.file}:${at.line}${shared ? ' (from a file that is extended, or the floor)' : ''}`;
    yield { key: 'waivers', value: hidden(waiver), from };
  }
}

function explainRule(rule: RuleId, layers: readonly PolicyLayer[]): ExplainedRule {
  const says = layers.flatMap((layer): LayerSays[] => {
    const setting = layer.rules.get(rule);
    if (setting === undefined) return [];
    const { level, options } = setting;
    return [{ layer: layer.name, level, options, from: settingWords(rule, setting, layer.name) }];
  });
  // Of two that say the same the repository's own is the one to look at.
  const strictest = says.reduce<LayerSays | undefined>(
    (best, one) => (best === undefined || rank(one.level) >= rank(best.level) ? one : best),
    undefined,
  );
  return { rule, level: strictest?.level ?? 'off', from: strictest?.from ?? 'default', layers: says };
}

function rank(level: Level | 'off'): number {
  return level === 'off' ? -1 : LEVELS.indexOf(level);
}

function settingWords(rule: RuleId, { where, explicit }: RuleSetting, layer: string): string {
  if (FIXED_RULES.includes(rule)) return 'always';
  if (where === 'default') return 'default';
  if (explicit) return inLayer(where, layer);
  const lists = rule === 'replace/target-not-allowed' ? '; an error where a list speaks' : '';
  return `${inLayer(where, layer)}, level by default${lists}`;
}

/** A place, with whose file that is when it is not the repository's own. */
function inLayer(where: string, layer: string): string {
  return layer.startsWith('the floor ') ? `${where} (floor)` : where;
}

/** Where a value came from, in words. */
export function originWords(origin: Origin): string {
  switch (origin.from) {
    case 'default':
      return 'default';
    case 'file':
      return `${origin.file}:${origin.line}${origin.as === undefined ? '' : origin.as === 'floor' ? ' (floor)' : ' (extended)'}`;
    case 'env':
      return `environment variable ${origin.name}`;
    case 'input':
    case 'flag':
      return origin.name;
  }
}

/** The value without the secrets in its URLs. */
function hidden(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return value.map(hidden);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [key, hidden(inner)]),
  );
}
