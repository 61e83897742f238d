import { readFile } from 'node:fs/promises';
import { machineAuthorities } from '../platform/machine-authorities.ts';
import type { NetworkGate } from '../proxy/upstream/http.ts';
import type { Authorities } from './network/reach.ts';
import { type Check, type Env, failed } from './types.ts';

/** The certificates that count for hosts, and what is wrong with the file that they come from. */
export interface TrustedAuthorities {
  readonly of: (url: URL) => Promise<Authorities>;
  readonly checks: readonly Check[];
}

/**
 * What the session's own client believes: the system's certificates, SSL_CERT_FILE, and what the gate has for a host.
 * The system's are read with the first question.
 */
export async function trustedAuthorities(
  gate: Pick<NetworkGate, 'authorities'>,
  { SSL_CERT_FILE: file }: Env,
): Promise<TrustedAuthorities> {
  let extra: string | undefined;
  const checks: Check[] = [];
  if (file) {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => error);
    if (typeof text === 'string' && text.includes('-----BEGIN CERTIFICATE-----')) extra = text;
    else {
      const why =
        typeof text === 'string'
          ? `${file} holds no PEM certificate`
          : `${file} cannot be read (${text.code})`;
      const fix = 'name a file with -----BEGIN CERTIFICATE----- lines in it, or unset it';
      checks.push({
        probe: 'tls',
        subject: 'SSL_CERT_FILE',
        ...failed('its certificates cannot be used', { why, fix }),
      });
    }
  }
  let system: readonly string[] | undefined;
  return {
    checks,
    of: async url => {
      system ??= machineAuthorities();
      const own = gate.authorities(url);
      return {
        pem: [...system, ...(extra === undefined ? [] : [extra]), ...own],
        own: [...(extra === undefined ? [] : ['SSL_CERT_FILE']), ...(own.length === 0 ? [] : ['proxy.ca'])],
      };
    },
  };
}
