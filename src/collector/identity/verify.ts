import type { JSONWebKeySet, JWTPayload } from 'jose';
import { oneLine } from '../../platform/escape.ts';
import { identityOf, REQUIRED } from './claims.ts';
import { IdentityError } from './errors.ts';
import { type KeySet, type KeySource, type KeySourceParts, keySetOf, keySource } from './key-sets.ts';
import { type Replays, replayMemory, TOLERANCE_S } from './replays.ts';
import type { Identity, Issuer, Verified } from './types.ts';

/** What forges sign with; anything else, above all a secret made of their public key, is not tried. */
const ALGORITHMS: Readonly<Record<Issuer['kind'], string[]>> = { github: ['RS256'], gitlab: ['RS256'] };

/** Oldest token of GitHub: one is made for each batch. Those of GitLab are made once, for the whole job. */
const MAX_AGE = '10m';
const MAX_TOKEN = 16 * 1024;

/** Verifies the token that a batch came with. Throws IdentityError. */
export type Verify = (token: string, digest: string) => Promise<Verified>;

/**
 * Verifies tokens of these issuers: each is asked for its keys, and nobody else is asked for anything. A token is
 * bound to its batch where its forge can do that, and remembered until it expires.
 */
export function createVerifier(
  issuers: readonly Issuer[],
  parts: KeySourceParts & { readonly replays?: Replays },
): Verify {
  const known = new Map(issuers.map(issuer => [issuer.url, { issuer, source: keySource(issuer, parts) }]));
  const replays = parts.replays ?? replayMemory(parts.now);
  return async (token, digest) => {
    const iss = await issuerIn(token);
    const found = known.get(iss);
    if (found === undefined) {
      throw new IdentityError(
        'refused',
        `tokens of ${oneLine(iss).slice(0, 200)} do not count here; serve.issuers names those that do`,
      );
    }
    const { issuer, source } = found;
    const { claims, keys } = await checkWithNewest(token, source, { issuer, digest, at: parts.now() });
    const identity = identityOf(issuer, claims);
    if (issuer.kind === 'github' && !replays.admit(identity, digest)) {
      throw new IdentityError('replayed', 'the token came with another batch before');
    }
    return { identity, token, keys: keys.jwks, expected: issuer };
  };
}

/** The audience that a token for a batch has. */
export function audienceFor({ kind, audience }: Pick<Issuer, 'kind' | 'audience'>, digest: string): string {
  return kind === 'github' ? `modgate:v1:${audience}:${digest}` : audience;
}

export interface Expected {
  readonly issuer: Issuer;
  /** The digest of the batch that the token came with. */
  readonly digest: string;
}

/**
 * Verifies a token as it would have been at another time, with the keys that were kept with it; asks nobody.
 * @param at ms since 1970, of the receipt
 * Throws IdentityError `refused`, `foreign`, and `unknown-key` where none of the keys fits.
 */
export async function verifyThen(
  token: string,
  jwks: JSONWebKeySet,
  at: number,
  { issuer, digest }: Expected,
): Promise<Identity> {
  const keys = await keySetOf(jwks).catch((error: Error) => {
    throw new IdentityError('unknown-key', `the archived keys cannot be used: ${error.message}`);
  });
  return identityOf(issuer, await check(token, keys, { issuer, digest, at }));
}

interface Check extends Expected {
  readonly at: number;
}

async function checkWithNewest(
  token: string,
  source: KeySource,
  wanted: Check,
): Promise<{ readonly claims: JWTPayload; readonly keys: KeySet }> {
  const keys = await source.current();
  try {
    return { claims: await check(token, keys, wanted), keys };
  } catch (error) {
    if (!(error instanceof IdentityError) || error.code !== 'unknown-key') throw error;
    const newer = await source.after(keys);
    if (newer === undefined) throw error;
    return { claims: await check(token, newer, wanted), keys: newer };
  }
}

/** The issuer that a token names, before anything is known of it. Throws IdentityError `refused`. */
async function issuerIn(token: string): Promise<string> {
  if (token.length > MAX_TOKEN)
    throw new IdentityError('refused', `the token is longer than ${MAX_TOKEN} characters`);
  const { decodeJwt } = await import('jose');
  try {
    const { iss } = decodeJwt(token);
    if (typeof iss === 'string') return iss;
  } catch {
    throw new IdentityError('refused', 'the token is no JSON Web Token');
  }
  throw new IdentityError('refused', 'the token names no issuer');
}

async function check(token: string, keys: KeySet, { issuer, digest, at }: Check): Promise<JWTPayload> {
  const { jwtVerify } = await import('jose');
  const { kind } = issuer;
  const { payload } = await jwtVerify(token, keys.find, {
    algorithms: ALGORITHMS[kind],
    issuer: issuer.url,
    audience: audienceFor(issuer, digest),
    clockTolerance: TOLERANCE_S,
    currentDate: new Date(at),
    requiredClaims: [...REQUIRED[kind]],
    ...(kind === 'github' ? { maxTokenAge: MAX_AGE } : {}),
  }).catch((error: unknown) => {
    throw asIdentityError(error, issuer);
  });
  // A list that has ours in it passes above.
  if (typeof payload.aud !== 'string')
    throw new IdentityError('refused', 'the token is for several audiences');
  // Only looked at above where there is an oldest age.
  if (typeof payload.iat !== 'number' || payload.iat > at / 1000 + TOLERANCE_S)
    throw new IdentityError('refused', 'the token was issued in the future; see to the clocks');
  return payload;
}

function asIdentityError(error: unknown, issuer: Issuer): IdentityError {
  const { code } = (error ?? {}) as { code?: unknown };
  const why = error instanceof Error ? oneLine(error.message).slice(0, 200) : '';
  if (code === 'ERR_JWKS_NO_MATCHING_KEY') {
    return new IdentityError(
      'unknown-key',
      `none of the keys of ${issuer.url} is that of the token; send the batch again in a minute`,
      { cause: error },
    );
  }
  if (typeof code === 'string' && code.startsWith('ERR_J')) {
    return new IdentityError('refused', `the token of ${issuer.url} is not accepted: ${why}`, {
      cause: error,
    });
  }
  return new IdentityError('unavailable', `the keys of ${issuer.url} cannot be used: ${why}`, {
    cause: error,
  });
}
