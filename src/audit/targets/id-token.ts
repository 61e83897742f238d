import { isPlainLoopback } from '../../config/loopback.ts';
import type { Env } from '../../platform/types.ts';
import { DeliveryError } from '../errors.ts';
import type { Send } from './http.ts';

/** A token of the forge for one batch, by the digest of that; undefined where the job has none. */
export type IdToken = (digest: string, signal: AbortSignal) => Promise<string | undefined>;

const MAX_TOKEN = 16 * 1024;

/**
 * Tokens with which a job proves what it is. On GitHub one is asked for with each batch, for this collector and this
 * batch alone; that takes `id-token: write`. On GitLab `MODGATE_ID_TOKEN` of the job's `id_tokens` is all there is.
 * @param host of the collector, without a port
 * Rejects with DeliveryError `retry`, which never has a token in its message.
 */
export function idTokens(env: Env, host: string, send: Send): IdToken {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: at, ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret } = env;
  if (!at || !secret || !URL.canParse(at)) return async () => env.MODGATE_ID_TOKEN || undefined;
  return async (digest, signal) => {
    const url = new URL(at);
    if (url.protocol !== 'https:' && !isPlainLoopback(url)) return undefined;
    url.searchParams.set('audience', `modgate:v1:${host}:${digest}`);
    try {
      const headers = { authorization: `Bearer ${secret}`, accept: 'application/json' };
      const { status, body } = await send({ method: 'GET', url, headers, signal });
      const { value } = (status === 200 ? JSON.parse(body.toString()) : {}) as { value?: unknown };
      if (typeof value === 'string' && value.length <= MAX_TOKEN && /^[\w.-]+$/.test(value)) return value;
      throw new Error(`it answered ${status} without a token`);
    } catch (error) {
      // Errors of the parser quote what they read.
      const why = error instanceof SyntaxError ? 'its answer is no JSON' : (error as Error).message;
      throw new DeliveryError(
        'retry',
        `GitHub gave the job no token for the batch: ${why}; it is tried again`,
      );
    }
  };
}
