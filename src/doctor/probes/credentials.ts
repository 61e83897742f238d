import { connect } from 'node:net';
import type { Config } from '../../config/types.ts';
import type { Credentials } from '../../session/credentials/credentials.ts';
import { collect, namedVariables } from '../../session/credentials/sources.ts';
import { type Check, type Env, failed, ok, warning } from '../types.ts';

/** Credentials that the configuration names and the job does not have. Pure. */
export function missingCredentials({ credentials }: Pick<Config['proxy'], 'credentials'>, env: Env): Check[] {
  const { missing } = collect(credentials, { variables: namedVariables(credentials, env) });
  return missing.map(({ at: { hostname, port }, why }) => ({
    probe: 'credentials',
    subject: port === undefined ? hostname : `${hostname}:${port}`,
    ...failed('has no credential, though one is named for it', {
      why,
      fix: 'give this step the variable, from a secret of the CI system',
    }),
  }));
}

/** Which credential goes to each origin, by its kind and where it comes from; never its value. */
export async function usedCredentials(
  origins: Iterable<string>,
  credentials: Pick<Credentials, 'forUrl'>,
): Promise<Check[]> {
  const checks: Check[] = [];
  for (const origin of origins) {
    const found = await credentials.forUrl(new URL(origin));
    if (found === undefined) continue;
    const { kind, source } = found;
    checks.push({ probe: 'credentials', subject: origin, ...ok(`is shown the ${kind} of ${source}`) });
  }
  return checks;
}

/** Longest wait for an agent of this machine, ms. */
const AGENT_MS = 1_000;

/** Whether the SSH agent of the job answers. */
export async function probeAgent(env: Env): Promise<Check[]> {
  const socket = env.SSH_AUTH_SOCK;
  if (!socket) return [];
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const agent = connect(socket, () => resolve(undefined));
  agent.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  agent.setTimeout(AGENT_MS, () => resolve('it does not answer'));
  const why = await promise;
  agent.destroy();
  const verdict =
    why === undefined
      ? ok('an SSH agent answers')
      : warning('the SSH agent that it names does not answer', {
          why,
          fix: 'start the agent in this step or one before it, and keep it running; or unset SSH_AUTH_SOCK',
        });
  return [{ probe: 'credentials', subject: 'SSH_AUTH_SOCK', ...verdict }];
}
