import { createSend } from '../../audit/targets/http.ts';
import type { Env } from '../../platform/types.ts';
import type { Issuer } from './types.ts';
import { createVerifier, type Verify } from './verify.ts';

/** One entry of `serve.issuers`. */
export interface IssuerEntry extends Pick<Issuer, 'kind' | 'audience' | 'owners'> {
  readonly url?: string | undefined;
}

const DEFAULT_URL: Readonly<Record<Issuer['kind'], string>> = {
  github: 'https://token.actions.githubusercontent.com',
  gitlab: 'https://gitlab.com',
};

/** Longest set of keys that is read, bytes. */
const MAX_ANSWER = 256 * 1024;

/** Verifies by the issuers of a configuration; undefined where it names none. Nothing is loaded or asked before a token comes. */
export function openVerifier(
  entries: readonly IssuerEntry[],
  { env, version, now }: { readonly env: Env; readonly version: string; readonly now: () => number },
): Verify | undefined {
  if (entries.length === 0) return undefined;
  const issuers = entries.map(({ kind, url = DEFAULT_URL[kind], audience, owners }) => ({
    kind,
    url,
    audience,
    owners,
  }));
  return createVerifier(issuers, { send: createSend(env, version, { maxAnswer: MAX_ANSWER }), now });
}
