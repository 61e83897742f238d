import type { Policy } from '../../config/policy.ts';
import { LEVELS, type Level } from '../../config/rule-ids.ts';
import type { Judgement } from '../../policy/judge.ts';
import type { Refusal } from '../../policy/module-lists.ts';
import type { Verdict, VerdictFn } from '../../proxy/types.ts';
import type { Accepted } from './accepted.ts';
import type { Engine } from './engine.ts';

export interface VerdictDeps {
  readonly engine: Engine;
  readonly policy: Policy;
  /** `proxy.strict-graph`: the go.mod of a refused module is refused, too. */
  readonly strictGraph: boolean;
  readonly accepted: Accepted;
  /** The paths that a go.mod or go.work of the checkout replaces by this module; empty when it is no target. */
  readonly replacedBy: (module: string, version: string) => readonly string[];
}

const ALLOW: Verdict = { decision: 'allow' };

/**
 * The policy as the proxy asks it: by the same judge as the check. Code and choices of versions are judged; a
 * go.mod, which go reads of every module in the graph though it compiles few of them, only where the graph is
 * strict.
 */
export function createVerdict(deps: VerdictDeps): VerdictFn {
  const { engine, policy, strictGraph, accepted, replacedBy } = deps;
  const judge = engine.createJudge(policy);
  return (module, version, what) => {
    if (what === 'mod' && !strictGraph) return ALLOW;
    const about = version === '' ? undefined : version;
    const olds = about === undefined ? [] : replacedBy(module, about);
    const worst = judge(module, about, olds.length > 0 ? 'replacement' : 'module');
    if (worst === undefined) return ALLOW;
    const counts = ({ rule }: Judgement) =>
      ![module, ...olds].some(path => accepted.has({ rule, module: path }));
    if (counts(worst)) return verdictOf(worst);
    // What is accepted of one rule leaves the others in force.
    const other = allJudgements(deps, module, about, olds.length > 0)
      .filter(counts)
      .sort(byLevel)[0];
    if (other !== undefined) return verdictOf(other);
    const { rule, message } = worst;
    return { decision: 'warn', rule, reason: `${message}; a waiver or the baseline accepts it` };
  };
}

function verdictOf({ rule, level, message, reason, fix }: Judgement): Verdict {
  if (level !== 'error') return { decision: 'warn', rule, reason: message };
  const wholeHost = rule === 'host/not-allowed' ? { wholeHost: true } : {};
  return { decision: 'deny', rule, reason: message, why: reason, fix, ...wholeHost };
}

function allJudgements(
  { engine, policy }: VerdictDeps,
  path: string,
  version: string | undefined,
  isTarget: boolean,
): Judgement[] {
  return policy.layers.map(engine.judgeOf).flatMap(judge => {
    const said: readonly (readonly [Judgement['rule'], Level | 'off', Refusal | undefined])[] = [
      ['host/not-allowed', judge.level('host/not-allowed'), judge.host(path)],
      ['module/denied', judge.level('module/denied'), judge.module(path, version)],
      ['replace/target-not-allowed', judge.targetLevel(), isTarget ? judge.target(path, version) : undefined],
    ];
    return said.flatMap(([rule, level, refusal]) =>
      refusal === undefined || level === 'off' ? [] : [{ rule, level, ...refusal }],
    );
  });
}

function byLevel(a: Judgement, b: Judgement): number {
  return LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level);
}
