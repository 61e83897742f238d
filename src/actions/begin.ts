import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../config/errors.ts';
import { loadConfig } from '../config/load.ts';
import { envOverrides } from '../config/overrides.ts';
import { credentialsIn } from '../config/redact.ts';
import type { Env } from '../platform/types.ts';
import { SessionError } from '../session/errors.ts';
import { platformOf, startSession } from '../session/start.ts';
import { InputError, type Inputs } from './inputs.ts';
import type { Runner } from './runner-files.ts';

/** File in a session directory with the variables that the session replaced, for an early stop. */
export const REPLACED_FILE = 'replaced-env.json';
/** File that says that a session was reported and saved: a stop step did what the post phase would do. */
export const FINISHED_FILE = 'finished';

/**
 * Starts the session of this job, or joins the one there is, and gives its environment to later steps.
 * Returns the exit code. With `on-failure: fallback` a proxy that cannot start costs time, not the job.
 */
export async function begin(env: Env, cwd: string, inputs: Inputs, runner: Runner): Promise<number> {
  try {
    const { command: _, auditToken, token, ...flags } = inputs;
    // The runner masks what is a secret of the repository; this may be of a vault.
    for (const secret of [auditToken, token]) if (secret !== undefined) runner.mask(secret);
    const started = await startSession({
      env,
      cwd,
      flags,
      log: line => runner.info(line),
      ...(auditToken === undefined ? {} : { auditToken }),
      ...(token === undefined ? {} : { token }),
    });
    // Only the secret part: a masked address or host would make the rest of the log unreadable.
    runner.mask(started.secret);
    // The runner shows the environment of every later step, and the job's own GOPROXY may stand in ours.
    for (const secret of Object.values(started.env).flatMap(credentialsIn)) runner.mask(secret);
    if (!started.reused) {
      runner.saveState('session', started.sessionDir);
      await rm(join(started.sessionDir, FINISHED_FILE), { force: true });
      await writeReplaced(started.sessionDir, env, Object.keys(started.env));
    }
    for (const [name, value] of Object.entries(started.env)) runner.exportVariable(name, value);
    runner.setOutput('goproxy', started.env.GOPROXY ?? '');
    for (const warning of started.warnings) runner.warning(warning);
    runner.info(
      started.reused ? 'modgate: this job has a session already; it goes on' : 'modgate: the proxy is ready',
    );
    return 0;
  } catch (error) {
    if (error instanceof InputError || error instanceof ConfigError) {
      for (const line of error.message.split('\n')) runner.error(line);
      return 1;
    }
    const why = error instanceof Error ? error.message : String(error);
    if (error instanceof SessionError && (error.code === 'policy' || error.code === 'audit')) {
      for (const line of why.split('\n')) runner.error(line);
      return 1;
    }
    if ((await onFailure(env, cwd, inputs)) === 'fallback') {
      runner.warning(
        `modgate did not start: ${why}. The job goes on without it and downloads its modules itself`,
      );
      return 0;
    }
    runner.error(`modgate did not start: ${why}. With on-failure: fallback the job would go on without it`);
    return 1;
  }
}

async function onFailure(env: Env, cwd: string, inputs: Inputs): Promise<'fail' | 'fallback'> {
  const { workspace, change } = platformOf(env, cwd);
  // Nothing that a change itself says may open a way past the policy of its target branch.
  if (change !== undefined && (await isRepository(workspace))) return 'fail';
  if (inputs.onFailure) return inputs.onFailure;
  const loaded = await loadConfig({ workspace, cwd, explicit: inputs.config, env: envOverrides(env) });
  return loaded.config.proxy['on-failure'];
}

async function isRepository(dir: string): Promise<boolean> {
  return await stat(join(dir, '.git')).then(
    () => true,
    () => false,
  );
}

async function writeReplaced(sessionDir: string, env: Env, names: readonly string[]): Promise<void> {
  const replaced = Object.fromEntries(names.map(name => [name, env[name] ?? '']));
  await writeFile(join(sessionDir, REPLACED_FILE), JSON.stringify(replaced), { mode: 0o600 }).catch(() => {});
}
