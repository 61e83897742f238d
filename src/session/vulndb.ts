import { isOurs } from './environment.ts';

/** Below the secret of a session. */
export const VULN = 'vuln';

/**
 * The vulnerability database that a session mirrors: the one of the configuration, else the job's own GOVULNDB. Undefined
 * where neither names one over http: a directory needs no mirror.
 */
export function vulnDbOf(
  configured: string | null,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const url = configured ?? ownVulnDb(env);
  return url !== undefined && /^https?:\/\//i.test(url) && URL.canParse(url) ? url : undefined;
}

/** GOVULNDB without what a session that is over may have left there. */
export function ownVulnDb(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const own = env.GOVULNDB ?? '';
  const ours = own.endsWith(`/${VULN}`) && isOurs(own.slice(0, -VULN.length - 1));
  return own === '' || ours ? undefined : own;
}
