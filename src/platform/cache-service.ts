import type { Env } from './types.ts';

/** Variables by which a job names its network proxies. */
export const PROXY_VARIABLES = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
] as const;

/** Variables that the cache client reads, with the token that writes. They never go into a first environment. */
const SERVICE_VARIABLES = [
  'ACTIONS_CACHE_URL',
  'ACTIONS_RESULTS_URL',
  'ACTIONS_RUNTIME_TOKEN',
  'ACTIONS_CACHE_SERVICE_V2',
  'ACTIONS_CACHE_MODE',
  'GITHUB_SERVER_URL',
  ...PROXY_VARIABLES,
] as const;

/** What the cache client needs of the job's environment; it reaches the daemon over its standard input. */
export function cacheServiceEnv(env: Env): Record<string, string> {
  return pick(env, SERVICE_VARIABLES);
}

/** The named variables that an environment has; what is empty counts as unset. */
export function pick(env: Env, names: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = env[name];
    if (value) picked[name] = value;
  }
  return picked;
}

/** Why the cache cannot be used for an operation at all, or undefined when it is worth asking. */
export function cacheUnavailable(env: Env, op: 'read' | 'write'): string | undefined {
  if (!env.ACTIONS_RUNTIME_TOKEN && !env.ACTIONS_CACHE_URL) return 'this job has no cache service';
  if (!env.ACTIONS_CACHE_URL && !env.ACTIONS_RESULTS_URL) return 'this job has no cache service';
  const mode = (env.ACTIONS_CACHE_MODE ?? '').trim().toLowerCase();
  const barred = op === 'read' ? ['none', 'write-only'] : ['none', 'read'];
  if (barred.includes(mode)) return `cache-mode: ${mode} of this job does not permit it`;
  if (op === 'write' && tokenMayWrite(env.ACTIONS_RUNTIME_TOKEN) === false) {
    return 'the token of this job may only read the cache';
  }
  return undefined;
}

/**
 * Whether the runtime token grants writing to any scope, as its `ac` claim says. Undefined when the claim is
 * missing or unreadable: it is undocumented, so that only a clear "no" may save the packing.
 */
export function tokenMayWrite(token: string | undefined): boolean | undefined {
  try {
    const payload: unknown = JSON.parse(
      Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString('utf8'),
    );
    const scopes: unknown = JSON.parse(String((payload as { ac?: unknown }).ac));
    if (!Array.isArray(scopes) || scopes.length === 0) return undefined;
    const permissions = scopes.map(scope => (scope as { Permission?: unknown } | null)?.Permission);
    if (!permissions.every(bits => typeof bits === 'number')) return undefined;
    return permissions.some(bits => ((bits as number) & 2) !== 0);
  } catch {
    return undefined;
  }
}
