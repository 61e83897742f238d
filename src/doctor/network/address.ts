import { isIP } from 'node:net';
import type { Address } from '../types.ts';

/** The address that a host is written as; undefined for a name. */
export function literal(host: string): Address | undefined {
  const bare = host.replace(/^\[|\]$/g, '');
  const family = isIP(bare);
  return family === 0 ? undefined : { address: bare, family: family === 4 ? 4 : 6 };
}
