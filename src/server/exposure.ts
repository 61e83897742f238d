import { CollectorError } from '../collector/errors.ts';
import { isLoopback } from '../config/loopback.ts';
import type { ListenAddress } from '../platform/listen-address.ts';

/** What decides who can reach a collector and read what is sent to it. */
export interface ExposureSettings {
  readonly at: ListenAddress;
  /** Neither a token nor an issuer of tokens is configured. */
  readonly open: boolean;
  readonly tls: boolean;
  /** The user says that something in front of it does TLS. */
  readonly insecureHttp: boolean;
}

/**
 * Refuses a collector that would let strangers in or send tokens in the clear. Throws CollectorError `settings` that
 * says what to set.
 */
export function checkExposure({ at, open, tls, insecureHttp }: ExposureSettings): void {
  if (isLoopback(at.host)) return;
  const shown = at.host.includes(':') ? `[${at.host}]:${at.port}` : `${at.host}:${at.port}`;
  if (open) {
    throw new CollectorError(
      'settings',
      `other machines reach ${shown}, and no token is configured, so that anybody could write and read the records; set MODGATE_WRITE_TOKEN and MODGATE_READ_TOKEN, or serve.writers and serve.readers in the configuration, or listen on 127.0.0.1`,
    );
  }
  if (tls || insecureHttp) return;
  throw new CollectorError(
    'settings',
    `other machines reach ${shown}, and over plain http tokens and records could be read on the way; give --tls-cert and --tls-key (or serve.tls), or --insecure-http where a proxy in front of it does TLS`,
  );
}

/** Names of this machine by which a collector without tokens may be called. */
export function loopbackNames({ host }: ListenAddress): ReadonlySet<string> {
  return new Set(['localhost', '127.0.0.1', '[::1]', host.includes(':') ? `[${host}]` : host]);
}
