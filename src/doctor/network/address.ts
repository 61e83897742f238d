import { BlockList, isIP } from 'node:net';
import type { Address } from '../types.ts';

/** What an address is for, as far as it matters here. */
export type AddressKind = 'public' | 'private' | 'loopback' | 'link-local' | 'unspecified';

const RANGES: readonly (readonly [AddressKind, string, number, 'ipv4' | 'ipv6'])[] = [
  ['loopback', '127.0.0.0', 8, 'ipv4'],
  ['loopback', '::1', 128, 'ipv6'],
  ['unspecified', '0.0.0.0', 8, 'ipv4'],
  ['unspecified', '::', 128, 'ipv6'],
  ['link-local', '169.254.0.0', 16, 'ipv4'],
  ['link-local', 'fe80::', 10, 'ipv6'],
  ['private', '10.0.0.0', 8, 'ipv4'],
  ['private', '172.16.0.0', 12, 'ipv4'],
  ['private', '192.168.0.0', 16, 'ipv4'],
  ['private', '100.64.0.0', 10, 'ipv4'],
  ['private', 'fc00::', 7, 'ipv6'],
];

const LISTS = RANGES.map(([kind, net, prefix, family]) => {
  const list = new BlockList();
  list.addSubnet(net, prefix, family);
  return [kind, list] as const;
});

export function kindOf({ address, family }: Address): AddressKind {
  return LISTS.find(([, list]) => list.check(address, family === 4 ? 'ipv4' : 'ipv6'))?.[0] ?? 'public';
}

/** The address that a host is written as; undefined for a name. */
export function literal(host: string): Address | undefined {
  const bare = host.replace(/^\[|\]$/g, '');
  const family = isIP(bare);
  return family === 0 ? undefined : { address: bare, family: family === 4 ? 4 : 6 };
}
