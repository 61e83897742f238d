import type { FirstLook } from '../../check/first-look.ts';
import type { Finding } from '../../policy/finding.ts';
import type { Configured } from '../settings/configure.ts';
import type { ConfigureRequest } from '../types.ts';
import { unpackPolicy } from './policy-json.ts';
import { speaks } from './speaks.ts';

/** Findings that a refusal lists; the check has them all. */
const MAX_LISTED = 20;

/**
 * Judges the module files of the checkout before anything of it is built; undefined when the policy says nothing
 * of where modules come from. Throws ConfigError, PolicyError, CheckError.
 */
export async function lookAtCheckout(
  about: ConfigureRequest,
  { config, policy, policyCommit }: Pick<Configured, 'config' | 'policy' | 'policyCommit'>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<FirstLook | undefined> {
  const unpacked = unpackPolicy(policy);
  if (!speaks(unpacked)) return undefined;
  const { firstLook } = await import('../../check/first-look.ts');
  return await firstLook({
    workspace: about.workspace,
    policy: unpacked,
    baseline: { path: config.baseline, commit: policyCommit },
    env,
    platform: about.platform,
    now: new Date(),
  });
}

/** The findings in words, three lines each, and where to see more. */
export function refusalOf(findings: readonly Finding[]): string {
  const lines = findings
    .slice(0, MAX_LISTED)
    .flatMap(finding => [
      `${finding.file}:${finding.line}:${finding.column}: ${finding.level}: ${finding.message} (${finding.rule})`,
      `  why: ${finding.why}`,
      `  fix: ${finding.fix}`,
    ]);
  const more = findings.length - MAX_LISTED;
  return [
    'the policy refuses what this checkout requires, so nothing is started:',
    ...lines,
    ...(more > 0 ? [`and ${more} more`] : []),
    'see all of it: modgate check',
  ].join('\n');
}
