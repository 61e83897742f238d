import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Env } from '../platform/types.ts';
import { CollectorError } from './errors.ts';

/** A writer sends batches and asks nothing; a reader asks and sends nothing. */
export type Right = 'write' | 'read';

/** One token and what it is for. */
export interface TokenEntry {
  /** For receipts and the collector's log. */
  readonly name: string;
  readonly right: Right;
  readonly secret: string;
  /** A reader sees only repositories of these owners; undefined for all. */
  readonly owners?: readonly string[];
}

/** Who sent a request, as far as a token tells. */
export interface Caller {
  readonly name: string;
  readonly rights: readonly Right[];
  readonly owners?: readonly string[];
}

/** Finds the caller for the value of an Authorization header; undefined for none that is known. */
export type Guard = (authorization: string | undefined) => Caller | undefined;

/** What the configuration says about tokens: names of variables, never a token. */
export interface TokenSettings {
  readonly writers: readonly { readonly name: string; readonly 'token-env': string }[];
  readonly readers: readonly {
    readonly name: string;
    readonly 'token-env': string;
    readonly owners?: readonly string[] | undefined;
  }[];
}

/** Variables that hold a token each where the configuration names none. */
export const WRITE_TOKEN_ENV = 'MODGATE_WRITE_TOKEN';
export const READ_TOKEN_ENV = 'MODGATE_READ_TOKEN';

const MIN_LENGTH = 16;
const MAX_LENGTH = 1024;

/**
 * The tokens of a configuration, their values from the environment; without entries there, those of
 * MODGATE_WRITE_TOKEN and MODGATE_READ_TOKEN. Throws CollectorError `settings` for one that is missing, short, not
 * fit for a header, or given to a writer and a reader.
 */
export function readTokens({ writers, readers }: TokenSettings, env: Env): TokenEntry[] {
  const named = writers.length + readers.length > 0;
  const entries = named
    ? [
        ...writers.map(writer => entryOf('write', writer, env)),
        ...readers.map(reader => entryOf('read', reader, env)),
      ]
    : [
        ...(env[WRITE_TOKEN_ENV]
          ? [entryOf('write', { name: 'writer', 'token-env': WRITE_TOKEN_ENV }, env)]
          : []),
        ...(env[READ_TOKEN_ENV]
          ? [entryOf('read', { name: 'reader', 'token-env': READ_TOKEN_ENV }, env)]
          : []),
      ];
  for (const [index, { secret, name }] of entries.entries()) {
    const other = entries.slice(0, index).find(entry => entry.secret === secret);
    if (other === undefined) continue;
    throw new CollectorError(
      'settings',
      `the tokens "${other.name}" and "${name}" are the same text; give every writer and every reader one of its own`,
    );
  }
  return entries;
}

function entryOf(
  right: Right,
  { name, 'token-env': variable, owners }: TokenSettings['readers'][number],
  env: Env,
): TokenEntry {
  const secret = env[variable] ?? '';
  const wrong = (what: string): CollectorError =>
    new CollectorError(
      'settings',
      `the token of the ${right === 'write' ? 'writer' : 'reader'} "${name}" in ${variable} ${what}; set it to at least ${MIN_LENGTH} characters, for instance from: openssl rand -hex 32`,
    );
  if (secret === '') throw wrong('is not set');
  if (secret.length < MIN_LENGTH) throw wrong(`has only ${secret.length}`);
  if (secret.length > MAX_LENGTH) throw wrong(`is longer than ${MAX_LENGTH} characters`);
  if (!/^[\x21-\x7e]+$/.test(secret))
    throw wrong('has a space, a control or another character that no header may have');
  return { name, right, secret, ...(owners === undefined ? {} : { owners }) };
}

/**
 * Compares in constant time: digests under a key of this process are compared, all of them, so that neither the
 * time of a comparison nor the place of a token in the list tells anything.
 */
export function tokenGuard(entries: readonly TokenEntry[]): Guard {
  const key = randomBytes(32);
  const digest = (text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const known = entries.map(({ secret, ...entry }) => ({ entry, digest: digest(secret) }));
  return authorization => {
    const given = digest(/^bearer +([\x21-\x7e]{1,1024}) *$/i.exec(authorization ?? '')?.[1] ?? '');
    let found: Omit<TokenEntry, 'secret'> | undefined;
    for (const { entry, digest: own } of known) if (timingSafeEqual(own, given)) found = entry;
    if (found === undefined) return undefined;
    return {
      name: found.name,
      rights: [found.right],
      ...(found.owners === undefined ? {} : { owners: found.owners }),
    };
  };
}

/** Name in receipts of batches that came without a token. */
export const ANONYMOUS = 'anonymous';

/** Without tokens whoever reaches the loopback address may do everything; nobody's name stands for it. */
export const openGuard: Guard = () => ({ name: ANONYMOUS, rights: ['write', 'read'] });
