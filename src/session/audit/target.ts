import { DeliveryError } from '../../audit/errors.ts';
import { openTarget } from '../../audit/targets/open.ts';
import type { Trust } from '../../audit/targets/trust.ts';
import type { AuditTarget } from '../../audit/types.ts';
import { ConfigError } from '../../config/errors.ts';
import { hideFromGit } from '../checkout-dir.ts';
import { VERSION } from '../version.ts';
import type { AuditFile } from './file.ts';
import { type AuditEnv, auditEnv } from './settings.ts';

/**
 * The store of a session. Throws ConfigError where it cannot be meant here.
 * @param env what the delivery may know, as `auditEnv` gives it, or more
 * @param token one that was given beside the environment
 * @param trust whom to believe at the store, beside the machine's authorities
 */
export async function auditTarget(
  file: AuditFile,
  env: Readonly<Record<string, string | undefined>>,
  token?: string,
  trust?: Trust,
): Promise<AuditTarget> {
  const known: AuditEnv = auditEnv(file, env, token);
  const { [file.tokenEnv]: secret, CI_JOB_TOKEN: jobToken, ...plain } = known;
  if (file.store === 'artifact') await hideFromGit(file.reports, file.workspace);
  try {
    return openTarget(file.store, {
      env: plain,
      cwd: file.workspace,
      version: VERSION,
      token: () => secret,
      jobToken: () => jobToken,
      reportsDir: file.reports,
      trust,
    });
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    const message = error.message.replace(/^audit\.store /, '');
    throw new ConfigError('config-invalid', [{ where: 'audit.store', message }], { cause: error });
  }
}
