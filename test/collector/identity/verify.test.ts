import { readFileSync } from 'node:fs';
import {
  type CryptoKey,
  exportSPKI,
  importJWK,
  type JSONWebKeySet,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ASSURANCE_OF } from '../../../src/collector/identity/event-class.ts';
import { replayMemory } from '../../../src/collector/identity/replays.ts';
import type { Issuer } from '../../../src/collector/identity/types.ts';
import { createVerifier, type Verify, verifyThen } from '../../../src/collector/identity/verify.ts';
import { jobUid } from '../../../src/platform/claims.ts';
import { type FakeIssuer, fakeIssuer } from '../../support/issuer.ts';

interface Case {
  readonly name: string;
  readonly forge: Issuer['kind'];
  readonly claims: Record<string, unknown> | null;
  readonly decision: string;
  readonly class?: string;
  readonly pr?: number | null;
  readonly job_uid?: string | null;
}

const vectors = JSON.parse(
  readFileSync(new URL('../../fixtures/audit/oidc.json', import.meta.url), 'utf8'),
) as { readonly batch_sha256: string; readonly cases: readonly Case[] };
const DIGEST = vectors.batch_sha256;
const OTHER = 'd'.repeat(64);

const github = (url: string): Issuer => ({ kind: 'github', url, audience: 'store-1', owners: ['123456'] });
const gitlab = (url: string): Issuer => ({
  kind: 'gitlab',
  url,
  audience: 'modgate:v1:store-1',
  owners: ['72'],
});
/** Those that the accepted cases name. */
const ISSUERS = [
  ...new Map(
    vectors.cases
      .filter(({ claims, decision }) => claims !== null && decision.startsWith('accept'))
      .map(({ forge, claims }) => [
        String(claims?.iss),
        forge === 'github' ? github(String(claims?.iss)) : gitlab(String(claims?.iss)),
      ]),
  ).values(),
];
const HUB = 'https://token.actions.githubusercontent.com';
const LAB = 'https://gitlab.example.test';

let issuer: FakeIssuer;
let now: number;
let serial = 0;
beforeAll(async () => {
  issuer = await fakeIssuer();
});
afterAll(async () => {
  await issuer[Symbol.asyncDispose]();
});
beforeEach(() => {
  issuer.mood = 'well';
  issuer.asked.length = 0;
  now = Date.parse('2026-11-23T12:00:00Z');
});

/** Claims of a case as they are now, with the prefix that audiences have here. */
function claimsOf(claims: Record<string, unknown>): JWTPayload {
  const aud = JSON.parse(JSON.stringify(claims.aud).replaceAll('modaudit:', 'modgate:')) as string;
  const out: Record<string, unknown> = { ...claims, aud };
  for (const name of ['iat', 'nbf', 'exp']) {
    if (typeof out[name] === 'number') out[name] = Math.floor(now / 1000) + out[name];
  }
  return out;
}

function named(name: string): JWTPayload {
  const claims = vectors.cases.find(one => one.name === name)?.claims;
  if (!claims) throw new Error(`the vectors have no claims "${name}"`);
  serial++;
  return { ...claimsOf(claims), jti: `own-${serial}` };
}

const push = (): JWTPayload => named('push, immutable sub');
const verifier = (issuers: readonly Issuer[] = ISSUERS): Verify =>
  createVerifier(issuers, { send: issuer.send, now: () => now, timeoutMs: 300 });
const codeOf = async (verified: Promise<unknown>): Promise<string> =>
  await verified.then(
    () => 'accepted',
    (error: { code: string }) => error.code,
  );

describe('the claim sets of the reference', () => {
  const withToken = vectors.cases.filter(({ claims }) => claims !== null);

  it('are all there', () => {
    expect(withToken.length).toBeGreaterThanOrEqual(28);
    expect(new Set(withToken.map(({ decision }) => decision))).toEqual(
      new Set(['accept', 'refuse', 'accept-untrusted-or-refuse']),
    );
  });

  it.each(withToken)('$forge: $name: $decision', async one => {
    const token = await issuer.sign(claimsOf(one.claims ?? {}));
    const verified = verifier()(token, DIGEST);
    if (one.decision === 'refuse') {
      await expect(verified).rejects.toMatchObject({ code: expect.stringMatching(/^(?:refused|foreign)$/) });
      if (one.name === 'issuer look-alike') expect(issuer.asked).toEqual([]);
      return;
    }
    const { identity, keys } = await verified;
    expect(identity.eventClass).toBe(one.class);
    expect(ASSURANCE_OF[identity.eventClass]).toBe(one.decision === 'accept' ? 'asserted' : 'relayed');
    if (one.pr !== undefined) expect(identity.pullRequest).toBe(one.pr);
    if (one.job_uid !== undefined)
      expect(identity.jobKey === undefined ? null : jobUid(identity.jobKey)).toBe(one.job_uid);
    const path = one.forge === 'github' ? '/.well-known/jwks' : '/oauth/discovery/keys';
    expect(issuer.asked).toHaveLength(1);
    expect(issuer.asked[0]?.endsWith(path)).toBe(true);
    const expected = ISSUERS.find(({ url }) => url === identity.issuer);
    if (expected === undefined) throw new Error('an issuer nobody named');
    expect(await verifyThen(token, keys, now, { issuer: expected, digest: DIGEST })).toEqual(identity);
  });
});

describe('a token is refused', () => {
  it('that is signed with nothing, a public key as secret, another kind of key, or by another', async () => {
    const verify = verifier();
    const none = new UnsecuredJWT(push()).setIssuer(HUB).encode();
    expect(await codeOf(verify(none, DIGEST))).toBe('refused');
    const jwk = issuer.jwks().keys[0] as { kid: string };
    const pem = await exportSPKI((await importJWK(jwk, 'RS256')) as CryptoKey);
    const confused = await new SignJWT(push())
      .setProtectedHeader({ alg: 'HS256', kid: jwk.kid })
      .sign(new TextEncoder().encode(pem));
    expect(await codeOf(verify(confused, DIGEST))).toBe('refused');
    expect(await codeOf(verify(await issuer.sign(push(), { alg: 'ES256' }), DIGEST))).toBe('refused');
    const stranger = await fakeIssuer();
    expect(await codeOf(verify(await stranger.sign(push()), DIGEST))).toBe('refused');
    await stranger[Symbol.asyncDispose]();
    const [head, , signature] = (await issuer.sign(push())).split('.');
    const body = Buffer.from(JSON.stringify({ ...push(), repository_id: '1' })).toString('base64url');
    expect(await codeOf(verify(`${head}.${body}.${signature}`, DIGEST))).toBe('refused');
    for (const junk of ['', 'a.b.c', 'x'.repeat(20_000)])
      expect(await codeOf(verify(junk, DIGEST))).toBe('refused');
  });

  it('that is too old, though it lives, and one of GitLab from the future', async () => {
    const seconds = now / 1000;
    const old = { ...push(), iat: seconds - 700, exp: seconds + 600 };
    expect(await codeOf(verifier()(await issuer.sign(old), DIGEST))).toBe('refused');
    const job = named('branch push, 18.4 or newer');
    expect(await codeOf(verifier()(await issuer.sign({ ...job, iat: seconds - 3000 }), DIGEST))).toBe(
      'accepted',
    );
    expect(await codeOf(verifier()(await issuer.sign({ ...job, iat: seconds + 120 }), DIGEST))).toBe(
      'refused',
    );
  });

  it.each(['repository_id', 'repository_owner_id', 'run_id'])('with a name in place of %s', async id => {
    expect(await codeOf(verifier()(await issuer.sign({ ...push(), [id]: 'octo-org' }), DIGEST))).toBe(
      'refused',
    );
  });

  it('that came with another batch, and not the one that is sent again', async () => {
    const replays = replayMemory(() => now, 2);
    const token = (jti: string) => ({ issuer: HUB, jti, expires: now / 1000 + 300 });
    expect([replays.admit(token('a'), DIGEST), replays.admit(token('a'), DIGEST)]).toEqual([true, true]);
    expect(replays.admit(token('a'), OTHER)).toBe(false);
    expect(replays.admit({ ...token('a'), issuer: LAB }, OTHER)).toBe(true);
    // Full: the oldest is given up.
    expect(replays.admit(token('c'), OTHER)).toBe(true);
    expect(replays.admit(token('a'), OTHER)).toBe(true);

    const verify = verifier();
    const claims = push();
    const signed = await issuer.sign(claims);
    expect(await codeOf(verify(signed, DIGEST))).toBe('accepted');
    expect(await codeOf(verify(signed, DIGEST))).toBe('accepted');
    expect(await codeOf(verify(signed, OTHER))).toBe('refused');
    const again = await issuer.sign({ ...claims, aud: `modgate:v1:store-1:${OTHER}` });
    expect(await codeOf(verify(again, OTHER))).toBe('replayed');
    // The one of a job of GitLab comes with all its batches.
    const job = await issuer.sign(named('branch push, 18.9 or newer'));
    expect(await codeOf(verify(job, DIGEST))).toBe('accepted');
    expect(await codeOf(verify(job, OTHER))).toBe('accepted');
  });
});

describe('the keys of an issuer', () => {
  it('are asked for once for many, and once more when they rotate', async () => {
    const verify = verifier([github(HUB)]);
    const tokens = await Promise.all(Array.from({ length: 20 }, () => issuer.sign(push())));
    await Promise.all(tokens.map(token => verify(token, DIGEST)));
    expect(issuer.asked).toHaveLength(1);
    const kept = (await verify(tokens[0] ?? '', DIGEST)).keys;

    await issuer.rotate();
    const young = await issuer.sign(push());
    // Too early to ask again: the sender tries once more.
    expect(await codeOf(verify(young, DIGEST))).toBe('unknown-key');
    const invented = await Promise.all(
      Array.from({ length: 50 }, (_, kid) => issuer.sign(push(), { kid: `invented-${kid}` })),
    );
    for (const token of invented) expect(await codeOf(verify(token, DIGEST))).toBe('unknown-key');
    expect(issuer.asked).toHaveLength(1);
    now += 31_000;
    expect(await codeOf(verify(young, DIGEST))).toBe('accepted');
    expect(issuer.asked).toHaveLength(2);
    // What came before is proven by the keys that were kept.
    const then = { issuer: github(HUB), digest: DIGEST };
    const old = tokens[0] ?? '';
    expect((await verifyThen(old, kept, now, then)).repositoryId).toBe('456789');
    expect(await codeOf(verifyThen(old, issuer.jwks() as JSONWebKeySet, now, then))).toBe('unknown-key');
    expect(await codeOf(verifyThen(old, kept, now + 3_600_000, then))).toBe('refused');
    expect(await codeOf(verifyThen(old, kept, now, { ...then, digest: OTHER }))).toBe('refused');
    expect(await codeOf(verifyThen(old, { keys: [] }, now, then))).toBe('unknown-key');
  });

  it.each(['down', 'silent', 'half', 'garbage', 'away'] as const)(
    'count for a while when the issuer is %s, and are never guessed',
    async mood => {
      issuer.mood = mood;
      const verify = verifier([github(HUB)]);
      expect(await codeOf(verify(await issuer.sign(push()), DIGEST))).toBe('unavailable');
      // In trouble it is left alone for a moment.
      expect(await codeOf(verify(await issuer.sign(push()), DIGEST))).toBe('unavailable');
      expect(issuer.asked).toHaveLength(1);
      issuer.mood = 'well';
      now += 6_000;
      expect(await codeOf(verify(await issuer.sign(push()), DIGEST))).toBe('accepted');
      issuer.mood = mood;
      now += 11 * 60_000;
      expect(await codeOf(verify(await issuer.sign(push()), DIGEST))).toBe('accepted');
      // It may have a new key: nobody knows.
      const unknown = await issuer.sign(push(), { kid: 'new' });
      expect(await codeOf(verify(unknown, DIGEST))).toBe('unavailable');
      now += 60 * 60_000;
      expect(await codeOf(verify(await issuer.sign(push()), DIGEST))).toBe('unavailable');
    },
  );
});
