import type { DaemonRequest, LayerPlace } from '../types.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What the AWS SDKs read, and where they look for profiles. */
const CREDENTIALS = /^AWS_/i;
const HOME = /^(?:HOME|USERPROFILE|HOMEDRIVE|HOMEPATH)$/i;
/** Which of them are secret, and not names or places. */
const SECRET = /^AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|CONTAINER_AUTHORIZATION_TOKEN)$/i;

/** The part of a job's environment that a client of a bucket may know: for nobody else. */
export function storeEnv(env: Env): Env {
  return pick(env, name => CREDENTIALS.test(name) || HOME.test(name));
}

/** The environment for children where a bucket is configured: what opens it is not theirs. */
export function withoutStoreEnv(env: Env): Env {
  return pick(env, name => !CREDENTIALS.test(name));
}

/** Whether any place needs such an environment. */
export function hasBucket({ layers = [] }: { readonly layers?: readonly LayerPlace[] }): boolean {
  return layers.some(layer => layer.kind === 'bucket');
}

/** Values that must be in no text. */
export function storeSecrets({ storeEnv: env }: Pick<DaemonRequest, 'storeEnv'>): string[] {
  return Object.entries(env).flatMap(([name, value]) => (value && SECRET.test(name) ? [value] : []));
}

function pick(env: Env, keep: (name: string) => boolean): Env {
  return Object.fromEntries(Object.entries(env).filter(([name, value]) => value !== undefined && keep(name)));
}
