import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import tls from 'node:tls';
import type { Config } from '../config/types.ts';
import type { Authorities } from './network/reach.ts';
import { type Check, type Env, failed } from './types.ts';

/** The certificates that count for hosts, and what is wrong with the files that they come from. */
export interface TrustedAuthorities {
  readonly of: (host: string) => Promise<Authorities>;
  readonly checks: readonly Check[];
}

const MAX_FILE = 4 * 1024 * 1024;

/** Reads the files of `proxy.ca` and SSL_CERT_FILE; the system's own certificates are read with the first question. */
export async function trustedAuthorities(
  { proxy: { ca } }: Pick<Config, 'proxy'>,
  env: Env,
  workspace: string,
): Promise<TrustedAuthorities> {
  const checks: Check[] = [];
  const read = async (subject: string, file: string): Promise<string | undefined> => {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => error);
    const why =
      typeof text !== 'string'
        ? `${file} cannot be read (${text.code})`
        : text.length > MAX_FILE || !text.includes('-----BEGIN CERTIFICATE-----')
          ? `${file} holds no PEM certificate`
          : undefined;
    if (why === undefined) return text as string;
    checks.push({
      probe: 'tls',
      subject,
      ...failed('its certificates cannot be used', {
        why,
        fix: `name a file with -----BEGIN CERTIFICATE----- lines in ${subject}`,
      }),
    });
    return undefined;
  };
  const extra = env.SSL_CERT_FILE ? await read('SSL_CERT_FILE', env.SSL_CERT_FILE) : undefined;
  const named = await Promise.all(
    ca.map(async ({ hosts, file }) => ({
      hosts,
      file,
      pem: await read('proxy.ca', resolve(workspace, file)),
    })),
  );
  let system: readonly string[] | undefined;
  return {
    checks,
    of: async host => {
      system ??= systemAuthorities();
      const own = named.filter(({ hosts }) => hosts.some(one => matches(one, host)));
      return {
        pem: [...system, ...[extra, ...own.map(({ pem }) => pem)].filter(pem => pem !== undefined)],
        own: [
          ...(extra === undefined ? [] : ['SSL_CERT_FILE']),
          ...own.map(({ file }) => `${file} of proxy.ca`),
        ],
      };
    },
  };
}

/** A host of the configuration may name a port. */
function matches(named: string, host: string): boolean {
  const bare = named.replace(/:\d+$/, '').toLowerCase();
  return bare === host.toLowerCase();
}

/** Those that the session's own client takes. */
function systemAuthorities(): readonly string[] {
  if (typeof tls.getCACertificates !== 'function') return tls.rootCertificates;
  return [...new Set([...tls.getCACertificates('default'), ...tls.getCACertificates('system')])];
}
