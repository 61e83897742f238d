import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isReadableOnTheWay, parseAuditStore } from '../../config/audit-store.ts';
import { AUDIT_TOKEN_ENV } from '../../config/defaults.ts';
import { ConfigError, type ConfigProblem } from '../../config/errors.ts';
import type { LoadedConfig, Origin } from '../../config/types.ts';
import { PROXY_VARIABLES, pick } from '../../platform/cache-service.ts';
import type { ConfigureRequest } from '../types.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Where the records of a session go. Holds no secret. */
export interface AuditSettings {
  /** The store as `audit.store` names it, a directory by its absolute path. */
  readonly store: string;
  readonly required: boolean;
  /** Variable that holds the token of the store. */
  readonly tokenEnv: string;
}

/** What of the job's environment the delivery to a store needs; secrets are among it. */
export type AuditEnv = Readonly<Record<string, string>>;

/**
 * What a configuration says of the audit store; undefined where it names none. Throws ConfigError where records are
 * required and there is no place for them.
 */
export function auditSettings(
  { config, origin }: Pick<LoadedConfig, 'config' | 'origin'>,
  { workspace, cwd, flags }: Pick<ConfigureRequest, 'workspace' | 'cwd' | 'flags'>,
): AuditSettings | undefined {
  const { store, required, 'token-env': tokenEnv } = config.audit;
  if (store === null) {
    if (!required) return undefined;
    const message =
      'is true, and audit.store names no store that could take the records; name one, or leave audit.required out';
    throw new ConfigError('config-invalid', [problemAt(origin('audit.required'), 'audit.required', message)]);
  }
  const parsed = parseAuditStore(store);
  if (typeof parsed === 'string') throw new Error(`audit.store was not checked: ${parsed}`);
  if (parsed.kind !== 'directory') return { store, required, tokenEnv };
  // As with the module store: what is written in the repository is meant from its root.
  const base = flags.auditStore === undefined ? workspace : cwd;
  const dir = /^file:/i.test(parsed.path) ? fileURLToPath(parsed.path) : resolve(base, parsed.path);
  return { store: dir, required, tokenEnv };
}

/**
 * What a session takes along that does not know its store yet: the token under its usual name, and that of the job.
 * `auditEnv` picks from it when the store is known.
 */
export function auditEnvAhead(env: Env, token?: string): AuditEnv {
  const secret = token || env[AUDIT_TOKEN_ENV];
  return {
    ...pick(env, [...NEEDED, 'CI_JOB_TOKEN']),
    ...(secret ? { [AUDIT_TOKEN_ENV]: secret } : {}),
  };
}

function problemAt(origin: Origin, key: string, message: string): ConfigProblem {
  if (origin.from === 'file') return { where: origin.file, line: origin.line, message: `${key} ${message}` };
  return { where: origin.from === 'default' ? key : origin.name, message };
}

/** Variables that targets of GitLab and of the network read beside the token. */
const NEEDED = ['CI_API_V4_URL', 'CI_PROJECT_ID', 'CI_SERVER_URL', ...PROXY_VARIABLES] as const;

/**
 * What the delivery to a store may know of an environment: the token under its own name, and the token of the job only
 * where it is the one that the store takes. Throws ConfigError where the token could be read on its way.
 * @param token one that was given beside the environment, and counts before it
 */
export function auditEnv({ store, tokenEnv }: AuditSettings, env: Env, token?: string): AuditEnv {
  const parsed = parseAuditStore(store);
  const kind = typeof parsed === 'string' ? undefined : parsed.kind;
  const secret = token || env[tokenEnv];
  if (kind === 'gitlab-package' && !(env.CI_API_V4_URL && env.CI_PROJECT_ID)) {
    const message = `is ${store}, which is for jobs of GitLab, and CI_API_V4_URL and CI_PROJECT_ID are not set; name another store`;
    throw new ConfigError('config-invalid', [{ where: 'audit.store', message }]);
  }
  if (typeof parsed !== 'string' && parsed.kind === 'collector' && secret && isReadableOnTheWay(parsed.url)) {
    const message = `is ${parsed.url}: over plain http everybody on the way could read the token of ${tokenEnv}; write https, or give no token to a store that needs none`;
    throw new ConfigError('config-invalid', [{ where: 'audit.store', message }]);
  }
  const takesToken = kind === 'collector' || kind === 'gitlab-package';
  return {
    ...pick(env, kind === 'gitlab-package' ? [...NEEDED, 'CI_JOB_TOKEN'] : NEEDED),
    ...(secret && takesToken ? { [tokenEnv]: secret } : {}),
  };
}

/**
 * An environment for programs that the session runs for its own ends: without the token of the store, and without those
 * that the action has as inputs.
 */
export function withoutToken(env: Env, { tokenEnv }: Pick<AuditSettings, 'tokenEnv'>): Env {
  const { [tokenEnv]: _, 'INPUT_AUDIT-TOKEN': __, INPUT_TOKEN: ___, ...rest } = env;
  return rest;
}
