import { isAbsolute } from 'node:path';
import type { CacheRequest } from '../platform/cache-process.ts';

/** Variables that a request may set; anything else in it is left out. */
const ALLOWED =
  /^(ACTIONS_[A-Z0-9_]+|GITHUB_[A-Z0-9_]+|ZSTD_CLEVEL|https?_proxy|no_proxy|HTTPS?_PROXY|NO_PROXY)$/;

/** Reads a request; throws an Error that says what is wrong with it. */
export function parseCacheRequest(text: string): CacheRequest {
  const raw: unknown = JSON.parse(text);
  if (typeof raw !== 'object' || raw === null) throw new Error('the request is not an object');
  const { op, dir, primary, keys, timeoutMs, env, modules } = raw as Record<string, unknown>;
  if (op !== 'restore' && op !== 'save' && op !== 'lookup')
    throw new Error('op is not restore, save or lookup');
  if (typeof dir !== 'string' || !isAbsolute(dir)) throw new Error('dir is not an absolute path');
  if (!isKey(primary)) throw new Error('primary is not a key');
  if (!Array.isArray(keys) || keys.length > 9 || !keys.every(isKey))
    throw new Error('keys are not at most 9 keys');
  if (typeof timeoutMs !== 'number' || !(timeoutMs > 0)) throw new Error('timeoutMs is not a time');
  if (typeof env !== 'object' || env === null) throw new Error('env is not an object');
  const allowed = Object.entries(env).filter((pair): pair is [string, string] => {
    return ALLOWED.test(pair[0]) && typeof pair[1] === 'string';
  });
  return {
    op,
    dir,
    primary,
    keys,
    timeoutMs,
    env: Object.fromEntries(allowed),
    ...(typeof modules === 'number' ? { modules } : {}),
  };
}

function isKey(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z0-9._-]{1,512}$/.test(value);
}
