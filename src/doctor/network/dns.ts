import { type Address, failed, type NetworkEffects, ok, type Verdict, warning } from '../types.ts';
import { kindOf } from './address.ts';
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
  const kind = kindOf(first);
  if (kind === 'public') return ok(what);
  if (kind === 'private') return ok(`${what}, a private address`);
  if (kind === 'loopback' && (host === 'localhost' || host.endsWith('.localhost'))) return ok(what);
  return warning(`${what}, which is no address of another machine (${kind})`, {
    why: 'name servers that filter answer so for names that they block, and /etc/hosts may have such a line',
    fix: 'have the name allowed where this network filters names, or see to /etc/hosts',
  });
}

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
