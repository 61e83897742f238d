import { isIP } from 'node:net';

/** True for a host that only this machine reaches; IPv6 without brackets. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Plain http to this machine: nobody else can read it, and no proxy could reach it. */
export function isPlainLoopback({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && isLoopback(hostname.replace(/^\[|\]$/g, ''));
}
