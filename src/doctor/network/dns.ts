import { specialAddress } from '../../session/network/addresses.ts';
import { type Address, failed, type NetworkEffects, ok, type Verdict, warning } from '../types.ts';
import { codeOf, wordsOf } from './connect.ts';

/** Looks a name up; without addresses it cannot be used. Rejects when the signal ended it. */
export async function probeDns(
  host: string,
  { resolve }: NetworkEffects,
): Promise<{ readonly verdict: Verdict; readonly addresses: readonly Address[] }> {
  try {
    const addresses = await resolve(host);
    return { verdict: resolved(host, addresses), addresses };
  } catch (error) {
    return { verdict: unresolved(error), addresses: [] };
  }
}

const SHOWN = 3;

function resolved(host: string, addresses: readonly Address[]): Verdict {
  const shown = addresses.slice(0, SHOWN).map(({ address }) => address);
  const more = addresses.length > SHOWN ? ` and ${addresses.length - SHOWN} more` : '';
  const what = `resolves to ${shown.join(', ')}${more}`;
  const [first] = addresses;
  if (first === undefined) return unresolved(undefined);
  const special = specialAddress(first.address);
  if (special === undefined) return ok(what);
  if (OF_ONES_OWN.has(special)) return ok(`${what}, ${special}`);
  if (host === 'localhost' || host.endsWith('.localhost')) return ok(what);
  return warning(`${what}, ${special}, which is no address of a server`, {
    why: 'name servers that filter answer so for names that they block, and /etc/hosts may have such a line',
    fix: 'have the name allowed where this network filters names, or see to /etc/hosts',
  });
}

/** Kinds of addresses that servers of a company have. */
const OF_ONES_OWN: ReadonlySet<string> = new Set([
  'a private address',
  'an address that carriers and clouds share',
]);

function unresolved(error: unknown): Verdict {
  const code = codeOf(error);
  if (code === 'EAI_AGAIN') {
    return failed('the name servers do not answer', {
      why: wordsOf(error),
      fix: 'see to the name servers of this machine (/etc/resolv.conf); in a closed network set HTTPS_PROXY, so that the proxy resolves names',
    });
  }
  return failed('the name does not resolve', {
    why: error === undefined ? 'there is no address for it' : wordsOf(error),
    fix: 'see that it is written right; a name that only the company knows needs its name servers or its VPN, and behind a proxy HTTPS_PROXY',
  });
}
