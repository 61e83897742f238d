import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Policy, PolicyLayer, RuleSetting } from '../../config/policy.ts';
import { LEVELS, type Level, RULES, type RuleId, SESSION_RULES } from '../../config/rule-ids.ts';
import { FILES } from '../directory.ts';
import { type PackedPolicy, unpackPolicy } from '../policy/policy-json.ts';
import { speaks } from '../policy/speaks.ts';

export type SessionRule = (typeof SESSION_RULES)[number];

/** The policy that a session kept; what holds by default where it has read none yet. */
export async function keptPolicy(sessionDir: string): Promise<Policy> {
  try {
    return unpackPolicy(JSON.parse(await readFile(join(sessionDir, FILES.policy), 'utf8')) as PackedPolicy);
  } catch {
    return { layers: [DEFAULT_LAYER], waivers: [], waivable: 'all', failOn: 'error', skip: [] };
  }
}

const DEFAULT_LAYER: PolicyLayer = {
  name: 'the default policy',
  hosts: { allow: [], deny: [] },
  modules: { allow: [], deny: [] },
  replaceAllow: [],
  rules: new Map(
    SESSION_RULES.map(id => [id, { ...RULES[id], explicit: false, where: 'default' } satisfies RuleSetting]),
  ),
};

/**
 * The policy as it counts on a machine of somebody's own, where everything in GOMODCACHE came another way and that is
 * as it should be: these rules say something there only at a level that a file names. The environment counts also
 * where the policy can refuse something.
 */
export function onOwnMachine(policy: Policy): Policy {
  const quiet: readonly RuleId[] = speaks(policy)
    ? ['bypass/unserved', 'bypass/vcs', 'bypass/build-cache']
    : SESSION_RULES;
  const layers = policy.layers.map(layer => ({
    ...layer,
    rules: new Map(
      [...layer.rules].map(([id, setting]) => [
        id,
        quiet.includes(id) && !setting.explicit ? { ...setting, level: 'off' as const } : setting,
      ]),
    ),
  }));
  return { ...policy, layers };
}

/** Whether any layer wants to hear of a rule. */
export function isOn({ layers }: Pick<Policy, 'layers'>, rule: SessionRule): boolean {
  return layers.some(layer => isHeard(layer.rules.get(rule)));
}

/** The highest level of the layers whose options do not accept what was found; undefined when all do. */
export function levelOf(
  { layers }: Pick<Policy, 'layers'>,
  rule: SessionRule,
  accepts: (options: RuleSetting['options']) => boolean,
): Level | undefined {
  const levels = layers.flatMap(layer => {
    const setting = layer.rules.get(rule);
    return isHeard(setting) && !accepts(setting.options) ? [setting.level] : [];
  });
  return LEVELS.findLast(level => levels.includes(level));
}

function isHeard(setting: RuleSetting | undefined): setting is RuleSetting & { readonly level: Level } {
  return setting !== undefined && setting.level !== 'off';
}
