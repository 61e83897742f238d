import type { Platform } from '../platform/types.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Where CI systems put the credentials and mirrors that git is to use; git reads them all or fails. */
const GIT_CONFIG = /^GIT_CONFIG_(?:PARAMETERS|COUNT|KEY_\d+|VALUE_\d+)$/;

/** git's settings in an environment: they may hold credentials, so only what fetches by git gets them. */
export function gitSettings(env: Env): Record<string, string> {
  return picked(env, name => GIT_CONFIG.test(name));
}

/**
 * By name only: a proxy URL with a password in it is the network settings of the job and must stay. What is
 * said to modgate itself has been read by now; an upstream there may hold a password, and no child needs it.
 */
export function withoutSecrets(env: Env, { secretEnv }: Pick<Platform, 'secretEnv'>): Record<string, string> {
  return picked(env, name => !secretEnv(name) && !/^MODGATE_/i.test(name));
}

function picked(env: Env, isWanted: (name: string) => boolean): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && isWanted(name)) out[name] = value;
  return out;
}
