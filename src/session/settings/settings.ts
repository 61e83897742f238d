import { envOverrides } from '../../config/overrides.ts';
import { serverToken } from '../../platform/secrets.ts';
import type { Platform } from '../../platform/types.ts';
import { SessionError } from '../errors.ts';
import type { Acceptance } from '../policy/accepted.ts';
import { lookAtCheckout, refusalOf } from '../policy/look.ts';
import type { ConfigureRequest, LateConfigure, StartRequest } from '../types.ts';
import { type Configured, configure, configureWithoutFile } from './configure.ts';

/** The settings of a session, as far as its start can tell them. */
export interface Settings {
  readonly configured: Configured;
  /** What the daemon has to read. */
  readonly late: LateConfigure | undefined;
  /** Findings of the checkout that are waived or in the baseline. */
  readonly accepted: readonly Acceptance[];
}

/** What a configuration is asked for with. */
export function questionFor(
  { env, cwd, flags }: Pick<StartRequest, 'env' | 'cwd' | 'flags'>,
  platform: Platform,
  sessionDir: string,
): ConfigureRequest {
  return {
    workspace: platform.workspace,
    cwd,
    flags,
    overrides: envOverrides(env),
    sessionDir,
    defaultStore: platform.defaultStore,
    platform: partOf(platform),
  };
}

/** What reading a configuration needs of a platform, as plain data. */
function partOf({ change, forge }: Platform): ConfigureRequest['platform'] {
  return { change, ...(forge === undefined ? {} : { forge }) };
}

/**
 * The settings as far as they can be told now. Throws ConfigError; SessionError `policy` where the checkout
 * requires what its policy refuses, `policy-unavailable`.
 */
export async function settingsFor(request: StartRequest, about: ConfigureRequest): Promise<Settings> {
  const { env, foreground, waitForPolicy } = request;
  const token = policyToken(env, request.token);
  if (foreground !== undefined) {
    // The checkout is not there yet, or is what another job left.
    const late = { request: about, when: 'first-request', ...token } as const;
    return { configured: await configureWithoutFile(about), late, accepted: [] };
  }
  const answer = await configure(about, { env, token: token.token, fetch: waitForPolicy === true });
  if (answer.state === 'ready') {
    const { configured } = answer;
    return { configured, late: undefined, accepted: await lookAt(about, configured, env) };
  }
  if (waitForPolicy === true && answer.state === 'unavailable') {
    throw new SessionError(
      'policy-unavailable',
      `the policy of the target branch could not be read: ${answer.why}; ${answer.advice}`,
    );
  }
  // go starts with no other entry behind ours: what the policy says on that is not known.
  const open = await configureWithoutFile(about);
  const config = { ...open.config, proxy: { ...open.config.proxy, 'on-failure': 'fail' as const } };
  return {
    configured: { ...open, config },
    late: { request: about, when: 'now', ...token },
    accepted: [],
  };
}

/** For a fetch from the server of the checkout, where the checkout step left git no credentials. */
function policyToken(env: StartRequest['env'], given: string | undefined): { readonly token?: string } {
  const token = given || serverToken(env);
  return token ? { token } : {};
}

/**
 * Judges what the checkout itself names, because a GOMODCACHE that is warm asks no proxy. Returns what is
 * accepted on record. Throws SessionError `policy`.
 */
async function lookAt(
  about: ConfigureRequest,
  configured: Configured,
  env: StartRequest['env'],
): Promise<readonly Acceptance[]> {
  const look = await lookAtCheckout(about, configured, env);
  if (look?.failed !== true) return look?.accepted ?? [];
  throw new SessionError('policy', refusalOf(look.findings));
}
