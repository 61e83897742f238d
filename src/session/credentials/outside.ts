import { join } from 'node:path';
import type { Config } from '../../config/types.ts';
import type { Platform } from '../../platform/types.ts';
import { Credentials } from './credentials.ts';
import { HandedSecrets } from './handed.ts';
import { Redactor } from './redactor.ts';
import { forgeToken, namedVariables } from './sources.ts';

export interface OutsideRequest {
  /** The environment of the command, with the variables that the configuration names. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config: Config;
  readonly forge: Platform['forge'];
  /** What `go env GOAUTH` says. */
  readonly goauth: string;
  /** A directory of the command's own, for what children read; `close` takes the files away. */
  readonly dir: string;
  readonly warn: (line: string) => void;
}

/** The credentials of a command that runs without a session, and the redactor that knows them all. */
export function credentialsOutside(request: OutsideRequest): {
  readonly credentials: Credentials;
  readonly redactor: Redactor;
} {
  const { env, config, goauth, dir, warn } = request;
  const forge = forgeToken(env, request.forge);
  const variables = namedVariables(config.proxy.credentials, env);
  const redactor = new Redactor();
  redactor.add([...Object.values(variables), ...(forge === undefined ? [] : [forge.token])]);
  const credentials = new Credentials({
    config: config.proxy,
    secrets: new HandedSecrets({ variables, ...(forge === undefined ? {} : { forge }) }),
    env,
    goauth,
    dir: join(dir, 'credentials'),
    os: process.platform,
    redactor,
    warn,
    now: () => performance.now(),
  });
  return { credentials, redactor };
}
