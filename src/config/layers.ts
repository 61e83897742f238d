import { DEFAULTS } from './defaults.ts';
import type { KeyPath } from './document.ts';
import type { Listed, ListedModule, PolicyLayer, RuleSetting } from './policy.ts';
import { isRuleId, type Level, RULE_IDS, RULES, type RuleId } from './rule-ids.ts';
import type { FileConfig } from './schema.ts';

/** A file as the making of a layer needs it. */
export interface LayerSource {
  /** For people. */
  readonly name: string;
  readonly values: FileConfig;
  /** Whether the file itself has the key. */
  said(path: KeyPath): boolean;
  /** Where the key is written, for people: `.modgate.yaml:12`. */
  where(path: KeyPath): string;
}

/** What the repository itself says with no file at all. */
export const DEFAULT_POLICY = 'the default policy';

/**
 * One file as a layer of the policy. `complete` layers (the repository's own file, a floor) have every rule,
 * defaults filled in. The others, which a file extends, have a say on what they mention and on nothing else.
 */
export function layerOf(source: LayerSource, complete: boolean): PolicyLayer {
  const { hosts, modules, replace } = source.values;
  return {
    name: source.name,
    hosts: {
      allow: listed(source, hosts.allow, ['hosts', 'allow']),
      deny: listed(source, hosts.deny, ['hosts', 'deny']),
    },
    modules: {
      allow: listedModules(source, modules.allow, ['modules', 'allow']),
      deny: listedModules(source, modules.deny, ['modules', 'deny']),
    },
    replaceAllow: listedModules(source, replace.remote.allow, ['replace', 'remote', 'allow']),
    rules: settings(source, complete),
  };
}

/** The layer of a repository without a file. */
export function defaultLayer(): PolicyLayer {
  return layerOf(
    { name: DEFAULT_POLICY, values: DEFAULTS, said: () => false, where: () => DEFAULT_POLICY },
    true,
  );
}

function listed(source: LayerSource, values: readonly string[], path: KeyPath): Listed[] {
  return values.map((value, index) => ({ value, where: source.where([...path, index]) }));
}

type ModuleEntries = FileConfig['modules']['allow'];

function listedModules(source: LayerSource, values: ModuleEntries, path: KeyPath): ListedModule[] {
  return values.map((entry, index) => {
    const { pattern, versions, reason, use } =
      typeof entry === 'string' ? ({ pattern: entry } as Exclude<typeof entry, string>) : entry;
    return { pattern, versions, reason, use, where: source.where([...path, index]) };
  });
}

function settings(source: LayerSource, complete: boolean): ReadonlyMap<RuleId, RuleSetting> {
  const rules = new Map<RuleId, RuleSetting>();
  if (complete) for (const id of RULE_IDS) rules.set(id, defaultSetting(id));
  for (const { id, path, level } of implied(source)) {
    const { options, ...setting } = defaultSetting(id);
    rules.set(id, {
      ...setting,
      ...(level === undefined ? {} : { level, explicit: true }),
      // A shared file that lists hosts has said nothing about strangers.
      options: id === 'replace/target-not-allowed' && !complete ? { ...options, strangers: false } : options,
      where: source.where(path),
    });
  }
  for (const [id, entry] of Object.entries(source.values.rules)) {
    if (!isRuleId(id) || entry === undefined) continue;
    const { level, ...options } = typeof entry === 'string' ? { level: entry } : entry;
    const before = rules.get(id) ?? defaultSetting(id);
    rules.set(id, {
      level: level ?? (before.level === 'off' ? RULES[id].enabled : before.level),
      explicit: level !== undefined || before.explicit,
      options: { ...RULES[id].options, ...options },
      where: source.where(['rules', id]),
    });
  }
  return rules;
}

function defaultSetting(id: RuleId): RuleSetting {
  return { level: RULES[id].level, explicit: false, options: RULES[id].options, where: 'default' };
}

interface Implied {
  readonly id: RuleId;
  readonly path: KeyPath;
  /** Undefined where the default level stays. */
  readonly level?: Level | 'off';
}

const LOCAL_RULES: readonly RuleId[] = [
  'replace/local-sibling',
  'replace/local-broken',
  'replace/local-escapes',
  'replace/local-absolute',
];

/** The rules that a file speaks of by its other keys. */
function* implied({ values, said }: LayerSource): Generator<Implied> {
  const { hosts, modules, replace } = values;
  if (hosts.allow.length + hosts.deny.length > 0) {
    yield { id: 'host/not-allowed', path: ['hosts'] };
    yield { id: 'replace/target-not-allowed', path: ['hosts'] };
  }
  if (modules.allow.length + modules.deny.length > 0) {
    yield { id: 'module/denied', path: ['modules'] };
    yield { id: 'replace/target-not-allowed', path: ['modules'] };
  }
  const remote = ['replace', 'remote'];
  if (replace.remote.allow.length > 0) {
    yield { id: 'replace/target-not-allowed', path: [...remote, 'allow'] };
  }
  if (replace.remote['require-reason']) {
    yield { id: 'replace/missing-reason', path: [...remote, 'require-reason'], level: 'error' };
  }
  if (said(['replace', 'local'])) {
    const path = ['replace', 'local'];
    for (const id of LOCAL_RULES) {
      if (replace.local === 'allow') yield { id, path, level: 'off' };
      else if (replace.local === 'deny') yield { id, path, level: 'error' };
      else yield { id, path };
    }
  }
  if (said(['replace', 'downgrade'])) {
    const level = replace.downgrade === 'allow' ? 'off' : 'error';
    yield { id: 'replace/downgrade', path: ['replace', 'downgrade'], level };
  }
}
