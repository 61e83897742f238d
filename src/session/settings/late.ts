import { join } from 'node:path';
import { ConfigError } from '../../config/errors.ts';
import { hasBucket, withoutStoreEnv } from '../cache/store-env.ts';
import { namedVariables, withoutNamed } from '../credentials/sources.ts';
import { FILES, writeWhole } from '../directory.ts';
import { SessionError } from '../errors.ts';
import type { SessionFinding } from '../findings.ts';
import { findingOf, keepFindings } from '../findings.ts';
import { lookAtCheckout } from '../policy/look.ts';
import type { DaemonRequest, LateConfigure } from '../types.ts';
import { configure } from './configure.ts';

/** A request with the settings that could not be read at the start, and what the checkout has against them. */
export interface Settled {
  readonly request: DaemonRequest;
  readonly findings: readonly SessionFinding[];
  readonly warnings: readonly string[];
}

/**
 * Reads the configuration that the start left to the daemon, from a server where it has to. Throws SessionError
 * `policy-unavailable`, ConfigError.
 */
export async function configureLate(request: DaemonRequest, late: LateConfigure): Promise<Settled> {
  const env = { ...request.env, ...request.gitEnv };
  const answer = await configure(late.request, { env, token: late.token, fetch: true });
  if (answer.state !== 'ready') {
    const [why, advice] =
      answer.state === 'unavailable'
        ? [answer.why, answer.advice]
        : ['it is not in the checkout', 'fetch it'];
    throw new SessionError(
      'policy-unavailable',
      `the policy of the target branch could not be read, so every module is refused\nwhy: ${why}\nfix: ${advice}`,
    );
  }
  const { warnings: told, isolated, ...settings } = answer.configured;
  const warnings = [...told];
  if (isolated && request.modcache === undefined) {
    warnings.push(
      'proxy.modcache is isolated, which was not known when this session started; set fetch-depth: 2 in the checkout step, so that the policy of the target branch is at hand then',
    );
  }
  const look = await lookAtCheckout(late.request, answer.configured, env);
  const findings = (look?.findings ?? []).map(findingOf);
  if (look?.failed === true) {
    warnings.push(
      `the policy refuses ${findings.length} of the things that this checkout requires, first: ${findings[0]?.message}`,
    );
  }
  const named = settings.config.proxy.credentials;
  const { variables, ...given } = request.credentials;
  const plain = withoutNamed(request.env, named);
  return {
    request: {
      ...request,
      ...settings,
      accepted: look?.accepted ?? [],
      env: hasBucket(settings.store) ? withoutStoreEnv(plain) : plain,
      storeEnv: hasBucket(settings.store) ? request.storeEnv : {},
      credentials: { ...given, variables: namedVariables(named, { ...request.env, ...variables }) },
    },
    findings,
    warnings,
  };
}

/** Writes down what the end of the session needs to know of the policy. */
export async function keepForStop({ request, findings }: Settled): Promise<void> {
  await keepFindings(request.sessionDir, findings);
  await writeWhole(join(request.sessionDir, FILES.policy), JSON.stringify(request.policy));
}

/** Whether an error says that nothing can be decided, because the policy is not known or its record is not delivered. */
export function isPolicyTrouble(error: unknown, request: DaemonRequest): boolean {
  if (error instanceof SessionError) return error.code === 'policy-unavailable' || error.code === 'audit';
  return error instanceof ConfigError && request.late?.request.platform.change !== undefined;
}
