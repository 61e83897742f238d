import { promises as dns, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import { HostRefused } from '../../proxy/upstream/http.ts';
import { specialAddress } from './addresses.ts';
import type { Target } from './host-name.ts';
import { addressRefusal, type HostRefusal, type Reach } from './host-rules.ts';

/** Looks up a name; rejects with an Error that has a `code` (`ENOTFOUND`). */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

/** As the machine resolves names: DNS, hosts file, whatever it has. */
export const systemResolve: Resolve = async host => await dns.lookup(host, { all: true, verbatim: true });

/** Refused for where it leads to, or by what judged it before. */
export class RefusedHost extends HostRefused {
  override readonly name = 'RefusedHost';
  readonly code = 'host-refused';
  readonly refusal: HostRefusal;

  constructor(refusal: HostRefusal) {
    super(refusal.reason, refusal.fix);
    this.refusal = refusal;
  }
}

/** Most addresses of one name that are looked at; a connection tries no more either. */
const MAX_ADDRESSES = 32;

/**
 * The addresses of a host that may be connected to. They are looked up once and then used, so that a name which
 * answers otherwise the next time gains nothing. Rejects with RefusedHost when any of them leads into a network of
 * one's own though only the Internet is meant, or with the error of the look-up.
 */
export async function addressesFor(target: Target, reach: Reach, resolve: Resolve): Promise<LookupAddress[]> {
  const family = isIP(target.host);
  const found =
    family === 0 ? (await resolve(target.host)).slice(0, MAX_ADDRESSES) : [{ address: target.host, family }];
  if (reach === 'internet') {
    for (const { address } of found) {
      const special = specialAddress(address.replace(/%.*$/, ''));
      if (special !== undefined) throw new RefusedHost(addressRefusal(target, address, special));
    }
  }
  return found;
}

/** A look-up for `net.connect` that gives addresses which were judged before. */
export function fixedLookup(addresses: readonly LookupAddress[]): LookupFunction {
  return (host, options, done) => {
    const [first] = addresses;
    if (first === undefined) {
      done(Object.assign(new Error(`no such host: ${host}`), { code: 'ENOTFOUND' }), '', 0);
    } else if (options.all === true) done(null, [...addresses]);
    else done(null, first.address, first.family);
  };
}

/** A look-up for a client that connects by itself: to hosts of the Internet only. */
export function internetLookup(resolve: Resolve): LookupFunction {
  return (host, options, done) => {
    addressesFor({ host, port: 0 }, 'internet', resolve).then(
      found => fixedLookup(found)(host, options, done),
      (error: NodeJS.ErrnoException) => done(error, '', 0),
    );
  };
}
