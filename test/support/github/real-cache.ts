import { fileURLToPath } from 'node:url';
import { runOk } from '../process.ts';

const PROGRAM = fileURLToPath(new URL('real-cache-main.ts', import.meta.url));

export interface RealCacheRequest {
  readonly op: 'save' | 'restore' | 'lookup';
  /** Directory that has, or gets, `store`. */
  readonly dir: string;
  readonly key: string;
  readonly restoreKeys?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * One operation of GitHub's own client, @actions/cache, on the path `store` for any OS. Resolves to the key that was
 * hit or saved, undefined when there is none; `log` is all that the client said.
 */
export async function realCache(
  request: RealCacheRequest,
): Promise<{ readonly key: string | undefined; readonly log: string }> {
  const { env, ...rest } = request;
  const { stdout } = await runOk(process.execPath, [PROGRAM], {
    cwd: request.dir,
    env: {
      PATH: process.env.PATH,
      SystemRoot: process.env.SystemRoot,
      RUNNER_TEMP: request.dir,
      GITHUB_WORKSPACE: request.dir,
      ...env,
    },
    input: JSON.stringify(rest),
  });
  const answer = /^ANSWER (.*)$/m.exec(stdout)?.[1];
  return { key: answer || undefined, log: stdout };
}
