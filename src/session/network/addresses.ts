import { BlockList, isIP } from 'node:net';

/** A kind of address that nothing in the Internet has: what it is called, and its ranges. */
interface Kind {
  readonly words: string;
  readonly v4?: readonly (readonly [network: string, bits: number])[];
  readonly v6?: readonly (readonly [network: string, bits: number])[];
}

/** The IANA registries of special-purpose addresses, as far as a server inside a network can have one of them. */
const KINDS: readonly Kind[] = [
  { words: 'a loopback address', v4: [['127.0.0.0', 8]], v6: [['::1', 128]] },
  { words: 'the unspecified address', v4: [['0.0.0.0', 8]], v6: [['::', 128]] },
  {
    words: 'a link-local address, where clouds keep the credentials of a machine',
    v4: [['169.254.0.0', 16]],
    v6: [['fe80::', 10]],
  },
  {
    words: 'a private address',
    v4: [
      ['10.0.0.0', 8],
      ['172.16.0.0', 12],
      ['192.168.0.0', 16],
    ],
    v6: [
      ['fc00::', 7],
      ['fec0::', 10],
    ],
  },
  { words: 'an address that carriers and clouds share', v4: [['100.64.0.0', 10]] },
  { words: 'an address of the cloud platform itself', v4: [['168.63.129.16', 32]] },
  {
    words: 'a reserved address',
    v4: [
      ['192.0.0.0', 24],
      ['198.18.0.0', 15],
      ['240.0.0.0', 4],
    ],
    v6: [
      ['100::', 64],
      ['::', 96],
    ],
  },
  { words: 'a multicast address', v4: [['224.0.0.0', 4]], v6: [['ff00::', 8]] },
  {
    words: 'an address of a tunnel, which may lead anywhere',
    v6: [
      ['2001::', 32],
      ['2002::', 16],
    ],
  },
];

/** IPv6 addresses that stand for an IPv4 address in their last 32 bits: NAT64. Mapped ones BlockList knows itself. */
const EMBEDDING = ['64:ff9b::', '64:ff9b:1::'];

const lists = KINDS.map(kind => [kind.words, listOf(kind)] as const);

function listOf({ v4 = [], v6 = [] }: Kind): BlockList {
  const list = new BlockList();
  for (const [network, bits] of v6) list.addSubnet(network, bits, 'ipv6');
  for (const [network, bits] of v4) {
    list.addSubnet(network, bits, 'ipv4');
    for (const prefix of EMBEDDING) list.addSubnet(`${prefix}${network}`, 96 + bits, 'ipv6');
  }
  return list;
}

/**
 * What an address is that only a network of one's own leads to, in words that follow "is"; undefined for one of the
 * Internet, and for what is no address.
 * @param address IPv4 in four decimal parts, or IPv6 without brackets and zone
 */
export function specialAddress(address: string): string | undefined {
  const family = isIP(address);
  if (family === 0) return undefined;
  return lists.find(([, list]) => list.check(address, family === 4 ? 'ipv4' : 'ipv6'))?.[0];
}
