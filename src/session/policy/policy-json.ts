import type { Policy, PolicyLayer, RuleSetting } from '../../config/policy.ts';
import type { RuleId } from '../../config/rule-ids.ts';

/** A policy as JSON can hold it, for the way to the daemon. */
export type PackedPolicy = Omit<Policy, 'layers'> & {
  readonly layers: readonly (Omit<PolicyLayer, 'rules'> & {
    readonly rules: readonly (readonly [RuleId, RuleSetting])[];
  })[];
};

export function packPolicy(policy: Policy): PackedPolicy {
  return { ...policy, layers: policy.layers.map(layer => ({ ...layer, rules: [...layer.rules] })) };
}

export function unpackPolicy(packed: PackedPolicy): Policy {
  return { ...packed, layers: packed.layers.map(layer => ({ ...layer, rules: new Map(layer.rules) })) };
}
