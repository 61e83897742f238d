import { oneLine } from '../../platform/escape.ts';
import { unknownIssuer } from '../../platform/unknown-issuer.ts';

/** Whom to believe at a store, and how to tell of a certificate that nobody vouches for. */
export interface Trust {
  /** PEM certificates beside those of the machine. Asked when a request over TLS is about to leave; never rejects. */
  readonly authorities: () => Promise<readonly string[]>;
  /** The name of the authority that a server shows; undefined when that cannot be had. Never rejects. */
  readonly issuerAt: (url: URL) => Promise<string | undefined>;
  /** Why authorities that were named do not count, one line each. */
  readonly troubles: () => readonly string[];
}

/** A store shows a certificate of an authority that is not known here. The message follows the name of the store. */
export class UntrustedStore extends Error {
  override readonly name = 'UntrustedStore';
}

/** Longest part of a message that another machine decides. */
const MAX_WORDS = 200;

/** The error to tell in place of one that OpenSSL gave; the same one where something else is wrong. */
export async function orUntrusted(error: unknown, url: URL, trust: Trust | undefined): Promise<unknown> {
  const code = unknownIssuer(error);
  if (code === undefined) return error;
  const issuer = oneLine((await trust?.issuerAt(url)) ?? 'not told').slice(0, MAX_WORDS);
  const troubles = (trust?.troubles() ?? []).map(line => `; ${oneLine(line)}`).join('');
  return new UntrustedStore(
    `shows a certificate that is not trusted: its issuer is ${issuer}, which no authority known here vouches for (${code})${troubles}; name the PEM file of that authority for ${url.hostname} under proxy.ca`,
    { cause: error },
  );
}
