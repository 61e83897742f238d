import type { Policy } from '../../config/policy.ts';

/** Whether a policy can refuse anything that a well-behaved go asks for. */
export function speaks({ layers }: Pick<Policy, 'layers'>): boolean {
  return layers.some(({ hosts, modules, replaceAllow }) =>
    [hosts.allow, hosts.deny, modules.allow, modules.deny, replaceAllow].some(list => list.length > 0),
  );
}
