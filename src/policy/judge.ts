import type { Policy, PolicyLayer } from '../config/policy.ts';
import { LEVELS, type Level, type RuleId } from '../config/rule-ids.ts';
import { checkPath } from '../gomod/module-path.ts';
import { hostRefusal } from './host-lists.ts';
import { ModuleLists, type Refusal } from './module-lists.ts';
import { plain, shown } from './words.ts';

/** What a path is used as: a module that is asked for, or the right-hand side of a replace. */
export type JudgedAs = 'module' | 'replacement';

/** Rules that decide over a module path and version alone. */
export type JudgingRule = Extract<
  RuleId,
  'path/malformed' | 'host/not-allowed' | 'module/denied' | 'replace/target-not-allowed'
>;

/** Why a module must not be used. All texts are one line, bounded, untrusted parts escaped. */
export interface Judgement {
  readonly rule: JudgingRule;
  /** Only `error` refuses. */
  readonly level: Level;
  /** What is wrong, with the path in quotes. */
  readonly message: string;
  /** Who says so and why, in the policy's words where it has some. */
  readonly reason: string;
  /** What to do. */
  readonly fix: string;
  /** Where the policy decides it, like `.modgate.yaml:12`. */
  readonly where: string;
}

/** The module that toolchains come as: no allow list of hosts or modules is meant to name it. */
const TOOLCHAIN = 'golang.org/toolchain';

/** Go's own two modules, which no proxy is ever asked for. */
const BUILT_IN: ReadonlySet<string> = new Set(['std', 'cmd']);

/** No proxy URL and no file system holds a longer module path; bounds what one name can cost. */
const LONGEST_PATH = 8192;

/** What one layer says of modules. Lists are compiled once, see `judgeOf`. */
export class LayerJudge {
  readonly #layer: PolicyLayer;
  readonly #deny: ModuleLists;
  readonly #allow: ModuleLists;
  readonly #replaceAllow: ModuleLists;

  constructor(layer: PolicyLayer) {
    this.#layer = layer;
    this.#deny = new ModuleLists(layer.modules.deny);
    this.#allow = new ModuleLists(layer.modules.allow);
    this.#replaceAllow = new ModuleLists(layer.replaceAllow);
  }

  /** Whether an allow list says which modules may stand on the right of a replace. */
  get allowsTargets(): boolean {
    const { hosts, modules, replaceAllow } = this.#layer;
    return hosts.allow.length + modules.allow.length + replaceAllow.length > 0;
  }

  /** The level of a rule in this layer; `off` also when the layer has no say on it. */
  level(rule: RuleId): Level | 'off' {
    return this.#layer.rules.get(rule)?.level ?? 'off';
  }

  /**
   * The level at which this layer keeps a listed target out: its lists decide, unless the policy names
   * another level for the rule.
   */
  targetLevel(): Level | 'off' {
    const setting = this.#layer.rules.get('replace/target-not-allowed');
    if (setting === undefined || setting.level === 'off') return 'off';
    return setting.explicit ? setting.level : 'error';
  }

  /**
   * Whether a rule over modules must speak of right-hand sides itself, because it is stricter than
   * replace/target-not-allowed, which does it otherwise.
   */
  judgesTargets(rule: 'host/not-allowed' | 'module/denied'): boolean {
    const level = this.level(rule);
    const target = this.targetLevel();
    return level !== 'off' && (target === 'off' || rank(level) > rank(target));
  }

  /** What the lists of hosts say of the path, whatever the level of the rule. */
  host(path: string): Refusal | undefined {
    if (BUILT_IN.has(path) || path === TOOLCHAIN) return undefined;
    return hostRefusal(this.#layer, path);
  }

  /**
   * What the lists of modules say, whatever the level of the rule. Without a version only what holds for all
   * versions is refused.
   */
  module(path: string, version: string | undefined): Refusal | undefined {
    if (BUILT_IN.has(path)) return undefined;
    const { modules, name } = this.#layer;
    if (path.length > LONGEST_PATH && modules.allow.length + modules.deny.length > 0)
      return tooLong(path, name);
    const denied = this.#deny.denial(path, version);
    if (denied !== undefined || path === TOOLCHAIN) return denied;
    return this.#allow.absence(path, version, { list: 'modules.allow', name });
  }

  /** What the lists say of the right-hand side of a replace: hosts, modules, and the list of targets. */
  target(path: string, version: string | undefined): Refusal | undefined {
    const { name } = this.#layer;
    return (
      this.host(path) ??
      this.module(path, version) ??
      this.#replaceAllow.absence(path, version, { list: 'replace.remote.allow', name })
    );
  }

  /**
   * The verdict: of all rules that speak against it, the one of the highest level, then in the order
   * malformed, host, module.
   */
  judge(path: string, version: string | undefined, as: JudgedAs = 'module'): Judgement | undefined {
    let worst: Judgement | undefined;
    const consider = (rule: JudgingRule, level: Level | 'off', refusal: () => Refusal | undefined) => {
      if (level === 'off' || (worst !== undefined && rank(level) <= rank(worst.level))) return;
      const found = refusal();
      if (found !== undefined) worst = judgement(rule, level, found);
    };
    consider('path/malformed', this.level('path/malformed'), () => malformed(this.#layer, path));
    if (as === 'replacement') {
      consider('replace/target-not-allowed', this.targetLevel(), () => this.target(path, version));
    }
    consider('host/not-allowed', this.level('host/not-allowed'), () => this.host(path));
    consider('module/denied', this.level('module/denied'), () => this.module(path, version));
    return worst;
  }
}

function judgement(rule: JudgingRule, level: Level, { message, reason, fix, where }: Refusal): Judgement {
  return { rule, level, message, reason, fix, where };
}

function rank(level: Level): number {
  return LEVELS.indexOf(level);
}

function tooLong(path: string, name: string): Refusal {
  return {
    kind: 'denied',
    message: `the module path ${shown(path)} has ${path.length} characters`,
    reason: `no module path is longer than ${LONGEST_PATH} characters, so ${plain(name)} cannot allow it`,
    fix: 'Remove the line.',
    where: plain(name),
  };
}

function malformed(layer: PolicyLayer, path: string): Refusal | undefined {
  if (BUILT_IN.has(path)) return undefined;
  const why = path.length > LONGEST_PATH ? `${path.length} characters are too many` : checkPath(path);
  if (why === undefined) return undefined;
  return {
    kind: 'denied',
    message: `${shown(path)} is no module path`,
    reason: plain(why),
    fix: 'Correct the path: a host in lower case, then ASCII letters, digits and - . _ ~ between slashes.',
    where: layer.rules.get('path/malformed')?.where ?? plain(layer.name),
  };
}

const judges = new WeakMap<PolicyLayer, LayerJudge>();

/** The judge of a layer; its lists are compiled at the first call. */
export function judgeOf(layer: PolicyLayer): LayerJudge {
  const known = judges.get(layer);
  if (known !== undefined) return known;
  const made = new LayerJudge(layer);
  judges.set(layer, made);
  return made;
}

/** What one layer says against a module; undefined when nothing. */
export function judgeModule(
  layer: PolicyLayer,
  path: string,
  version: string | undefined,
  as: JudgedAs = 'module',
): Judgement | undefined {
  return judgeOf(layer).judge(path, version, as);
}

/** A verdict over modules. Without a version: over the module as a whole. */
export type Judge = (path: string, version: string | undefined, as?: JudgedAs) => Judgement | undefined;

/**
 * The judge of a policy: every layer is asked and the strictest answer counts, so that none can loosen what
 * another one says. Only a judgement of level `error` refuses; the others are worth a warning.
 */
export function createJudge(policy: Pick<Policy, 'layers'>): Judge {
  const all = policy.layers.map(judgeOf);
  return (path, version, as) => {
    let worst: Judgement | undefined;
    for (const judge of all) {
      const found = judge.judge(path, version, as);
      if (found !== undefined && (worst === undefined || rank(found.level) > rank(worst.level)))
        worst = found;
    }
    return worst;
  };
}

/** Whether any layer lists hosts or modules: whether the policy can refuse a well-formed module at all. */
export function hasLists(policy: Pick<Policy, 'layers'>): boolean {
  const any = (lists: { allow: readonly unknown[]; deny: readonly unknown[] }) =>
    lists.allow.length + lists.deny.length > 0;
  return policy.layers.some(layer => any(layer.hosts) || any(layer.modules));
}
