import { isUnknownIssuer } from '../../platform/unknown-issuer.ts';
import type { Shaken, Shown } from '../../session/network/handshake.ts';
import { failed, ok, type Verdict } from '../types.ts';
import { codeOf, wordsOf } from './connect.ts';

/** What is known when a verdict on certificates is given. */
export interface TlsContext {
  readonly host: string;
  /** This machine's clock, ms since 1970. */
  readonly now: number;
  /** The server's, where it told. */
  readonly serverNow: number | undefined;
  /** Where the certificates come from that count beside the system's, for messages. */
  readonly own: readonly string[];
}

/** From here on a difference of clocks explains a certificate that is not valid now, ms. */
const CLOCK_OFF_MS = 60 * 60_000;

/** What the certificates of a server are worth. Pure. */
export function judgeTls(shaken: Pick<Shaken, 'error' | 'chain' | 'protocol'>, about: TlsContext): Verdict {
  const { error, chain, protocol } = shaken;
  const [leaf] = chain;
  if (error === undefined) {
    return ok(`${protocol}, certificate from ${leaf?.issuer ?? 'nobody'}${until(leaf)}`);
  }
  if (error === 'CERT_HAS_EXPIRED' || error === 'CERT_NOT_YET_VALID') return outOfTime(chain, about);
  if (error === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = leaf?.names.slice(0, 5).join(', ') || leaf?.subject || 'nobody';
    return failed('its certificate is for another name', {
      why: `it is for ${names}, and the host is ${about.host}`,
      fix: 'name the host as its certificate does, or have a certificate made for this name',
    });
  }
  if (isUnknownIssuer(error)) {
    const issuer = chain.at(-1)?.issuer ?? 'nobody';
    const beside = about.own.length === 0 ? '' : `; ${about.own.join(' and ')} does not have it either`;
    return failed(`its certificate is from an unknown issuer: ${issuer}`, {
      why: `no authority that this machine trusts vouches for it (${error})${beside}; so does a box on the way that opens TLS`,
      fix: `get the certificate of that authority from whoever runs the host, and name its PEM file: proxy: {ca: [{hosts: [${about.host}], file: ca.pem}]}`,
    });
  }
  return failed('its certificate cannot be trusted', {
    why: error,
    fix: `see to the certificate of ${about.host}; a PEM file of its authority goes into proxy.ca`,
  });
}

function until(leaf: Shown | undefined): string {
  return leaf === undefined || Number.isNaN(leaf.to) ? '' : `, valid until ${day(leaf.to)}`;
}

function outOfTime(chain: readonly Shown[], { now, serverNow }: TlsContext): Verdict {
  const wrong = chain.find(({ from, to }) => now < from || now > to) ?? chain[0];
  const past = wrong !== undefined && now > wrong.to;
  const when = wrong === undefined ? '' : past ? ` on ${day(wrong.to)}` : ` on ${day(wrong.from)}`;
  const validThere =
    serverNow !== undefined &&
    Math.abs(serverNow - now) > CLOCK_OFF_MS &&
    chain.every(({ from, to }) => serverNow >= from && serverNow <= to);
  if (validThere) {
    return failed('its certificate is not valid by the clock of this machine', {
      why: `here it is ${minute(now)} and there ${minute(serverNow)}, when the certificate is valid: this machine's clock is wrong`,
      fix: 'set the clock of this machine',
    });
  }
  return past
    ? failed(`its certificate has expired${when}`, {
        why: `${wrong.subject} is no longer valid`,
        fix: 'have it renewed by whoever runs the host; nothing here can make it good',
      })
    : failed('its certificate is not valid yet', {
        why: `it begins${when}, and here it is ${minute(now)}`,
        fix: 'see to the clock of this machine, then to the certificate',
      });
}

function day(ms: number): string {
  return Number.isNaN(ms) ? 'an unknown day' : new Date(ms).toISOString().slice(0, 10);
}

function minute(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** A handshake that did not come to certificates. */
export function handshakeVerdict(error: unknown): Verdict {
  const code = codeOf(error);
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return failed('it does not speak TLS on that port', {
      why: wordsOf(error),
      fix: 'write the port on which it speaks https; http: in the URL where it has no TLS at all, which shows everything on the way',
    });
  }
  if (code === 'ECONNRESET') {
    return failed('the connection is cut while TLS begins', {
      why: 'so does a firewall that reads the name in the handshake, or a server that wants another TLS version',
      fix: 'have the host allowed in the firewall, or reach it through HTTPS_PROXY',
    });
  }
  return failed('TLS fails', {
    why: wordsOf(error),
    fix: 'see to the TLS settings of the host (versions from 1.2 on are spoken here)',
  });
}
