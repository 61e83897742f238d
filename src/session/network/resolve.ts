import { promises as dns, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import { type HostReach, HostRefused } from '../../proxy/upstream/http.ts';
import { Gate } from '../../store/gate.ts';
import { specialAddress } from './addresses.ts';
import type { Target } from './host-name.ts';
import { addressRefusal, type HostRefusal } from './host-rules.ts';

/** Looks up a name; rejects with an Error that has a `code` (`ENOTFOUND`). */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

/** As the machine resolves names: DNS, hosts file, whatever it has. */
export const systemResolve: Resolve = async host => await dns.lookup(host, { all: true, verbatim: true });

/** Look-ups of the system at once: each takes one of four threads, by which files are read, too, for as long as it hangs. */
const AT_ONCE = 2;
/** How long an answer stands, ms: a burst of connections asks once. */
const STANDS_MS = 2_000;
/** Hosts whose answers are remembered. */
const MAX_KNOWN = 256;

/**
 * The same with few look-ups at once, and one for all who ask for a name at the same time. What a caller got stays
 * what it connects to; nobody is told an answer that somebody else's judgement was about.
 */
export function sharedResolve(resolve: Resolve, now: () => number = () => performance.now()): Resolve {
  const known = new Map<string, { readonly at: number; readonly found: ReturnType<Resolve> }>();
  const gate = new Gate(AT_ONCE);
  return async host => {
    const before = known.get(host);
    if (before !== undefined && now() - before.at < STANDS_MS) return await before.found;
    const found = gate.run(() => resolve(host));
    known.delete(host);
    const [oldest] = known.keys();
    if (known.size >= MAX_KNOWN && oldest !== undefined) known.delete(oldest);
    // Counted from the answer on, so that a slow one is not asked for again and again.
    known.set(host, { at: Number.POSITIVE_INFINITY, found });
    found.then(
      () => known.get(host)?.found === found && known.set(host, { at: now(), found }),
      () => known.get(host)?.found === found && known.delete(host),
    );
    return await found;
  };
}

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

/** Longest wait for the addresses of a name, ms: a system that asks several silent servers takes longer. */
const LOOKUP_MS = 20_000;

/** Most addresses of one name that are looked at; a connection tries no more either. */
const MAX_ADDRESSES = 32;

/**
 * The addresses of a host that may be connected to. They are looked up once and then used, so that a name which
 * answers otherwise the next time gains nothing. Rejects with RefusedHost when any of them leads into a network of
 * one's own though only the Internet is meant, or with the error of the look-up.
 */
export async function addressesFor(
  target: Target,
  reach: HostReach,
  resolve: Resolve,
  withinMs = LOOKUP_MS,
): Promise<LookupAddress[]> {
  const family = isIP(target.host);
  const found =
    family === 0
      ? (await inTime(target.host, resolve, withinMs)).slice(0, MAX_ADDRESSES)
      : [{ address: target.host, family }];
  if (reach === 'internet') {
    for (const { address } of found) {
      const special = specialAddress(address.replace(/%.*$/, ''));
      if (special !== undefined) throw new RefusedHost(addressRefusal(target, address, special));
    }
  }
  return found;
}

async function inTime(host: string, resolve: Resolve, ms: number): ReturnType<Resolve> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, failed) => {
    const error = Object.assign(new Error(`lookup ${host}: no answer within ${ms / 1000} s`), {
      code: 'EAI_AGAIN',
    });
    timer = setTimeout(() => failed(error), ms);
  });
  try {
    return await Promise.race([resolve(host), late]);
  } finally {
    clearTimeout(timer);
  }
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

/** A look-up for a client that connects by itself. */
export function lookupFor(reach: HostReach, resolve: Resolve): LookupFunction {
  return (host, options, done) => {
    addressesFor({ host, port: 0 }, reach, resolve).then(
      found => fixedLookup(found)(host, options, done),
      (error: NodeJS.ErrnoException) => done(error, '', 0),
    );
  };
}
