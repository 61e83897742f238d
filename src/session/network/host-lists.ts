import type { Policy } from '../../config/policy.ts';
import type { ListWord } from './host-rules.ts';

/** `hosts` of a policy, as far as it refuses. */
export interface HostLists {
  /** Whether any list is in force. */
  readonly any: boolean;
  word(host: string): ListWord | undefined;
}

/**
 * The lists of hosts of all layers; the strictest word counts. Loads the policy's room, and only where a layer has
 * lists that are errors: the others are for the check to report.
 */
export async function hostLists(policy: Pick<Policy, 'layers'>): Promise<HostLists> {
  const layers = policy.layers.filter(
    ({ hosts, rules }) =>
      hosts.allow.length + hosts.deny.length > 0 && rules.get('host/not-allowed')?.level === 'error',
  );
  if (layers.length === 0) return { any: false, word: () => undefined };
  const { hostRefusal } = await import('../../policy/host-lists.ts');
  return {
    any: true,
    word: host => {
      const said = layers.flatMap(layer => hostRefusal(layer, host) ?? []);
      const worst = said.find(({ kind }) => kind === 'denied') ?? said[0];
      return worst === undefined ? undefined : { kind: worst.kind, reason: worst.reason };
    },
  };
}
