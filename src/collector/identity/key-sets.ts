import type { JSONWebKeySet, LocalJWKSet } from 'jose';
import type { Send } from '../../audit/targets/http.ts';
import { IdentityError } from './errors.ts';
import type { Issuer } from './types.ts';

/** The keys of an issuer as they were at one time. */
export interface KeySet {
  readonly jwks: JSONWebKeySet;
  readonly find: LocalJWKSet;
}

/** The keys of one issuer, fetched when they are needed. */
export interface KeySource {
  /** Keys that may be used now. Throws IdentityError `unavailable`. */
  current(): Promise<KeySet>;
  /**
   * Keys that came after these, which lack the one of a token; undefined where it is too early to ask again, or there
   * are no others. Throws IdentityError `unavailable`.
   */
  after(keys: KeySet): Promise<KeySet | undefined>;
}

/** Keys are asked for again after this time. */
const FRESH_MS = 10 * 60_000;
/** Keys of an issuer that does not answer are used for this long; it may have withdrawn one since. */
const STALE_MS = 60 * 60_000;
/** Between two requests that tokens with unknown keys cause: whoever invents keys must not make us ask. */
const COOLDOWN_MS = 30_000;
/** After a failure, so that an issuer in trouble is not asked with every batch. */
const FAILURE_COOLDOWN_MS = 5_000;
const TIMEOUT_MS = 5_000;
const MAX_KEYS = 100;

const KEYS_AT: Readonly<Record<Issuer['kind'], string>> = {
  github: '/.well-known/jwks',
  gitlab: '/oauth/discovery/keys',
};

export interface KeySourceParts {
  readonly send: Send;
  /** ms since 1970. */
  readonly now: () => number;
  /** Longest wait for an answer, ms. */
  readonly timeoutMs?: number;
}

/** Keys of one issuer: one request at a time, at the place where its kind has them, no redirect followed. */
export function keySource(issuer: Issuer, { send, now, timeoutMs = TIMEOUT_MS }: KeySourceParts): KeySource {
  let held: { readonly keys: KeySet; readonly at: number } | undefined;
  let tried = Number.NEGATIVE_INFINITY;
  let failure: IdentityError | undefined;
  let fetching: Promise<KeySet> | undefined;

  const load = async (): Promise<KeySet> => {
    tried = now();
    try {
      const keys = await fetchKeys(issuer, send, timeoutMs);
      held = { keys, at: now() };
      failure = undefined;
      return keys;
    } catch (error) {
      failure = new IdentityError(
        'unavailable',
        `the keys of ${issuer.url} cannot be had: ${error instanceof Error ? error.message : 'no reason given'}; send the batch again later`,
        { cause: error },
      );
      throw failure;
    } finally {
      fetching = undefined;
    }
  };
  const refresh = (): Promise<KeySet> => {
    if (fetching !== undefined) return fetching;
    if (failure !== undefined && now() - tried < FAILURE_COOLDOWN_MS) return Promise.reject(failure);
    fetching = load();
    return fetching;
  };
  return {
    async current() {
      if (held !== undefined && now() - held.at < FRESH_MS) return held.keys;
      try {
        return await refresh();
      } catch (error) {
        if (held !== undefined && now() - held.at < STALE_MS) return held.keys;
        throw error;
      }
    },
    async after(keys) {
      if (held !== undefined && held.keys !== keys) return held.keys;
      if (fetching === undefined && failure === undefined && now() - tried < COOLDOWN_MS) return undefined;
      return await refresh();
    },
  };
}

async function fetchKeys(issuer: Issuer, send: Send, timeoutMs: number): Promise<KeySet> {
  const { status, body } = await send({
    method: 'GET',
    url: new URL(`${issuer.url}${KEYS_AT[issuer.kind]}`),
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (status !== 200) throw new Error(`it answered ${status}`);
  return await keySetOf(JSON.parse(body.toString('utf8')) as unknown);
}

/** A key set from its JSON. Throws for what is none, or has too many keys. */
export async function keySetOf(json: unknown): Promise<KeySet> {
  const { keys } = (json ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_KEYS) {
    throw new Error(`it has no set of 1 to ${MAX_KEYS} keys`);
  }
  const { createLocalJWKSet } = await import('jose');
  const jwks = { keys } as JSONWebKeySet;
  return { jwks, find: createLocalJWKSet(jwks) };
}
