import { fileURLToPath } from 'node:url';
import { type Finished, type RunOptions, run } from './process.ts';

/** The built command line; the global set-up of the tests has built it from the sources at hand. */
export const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** Runs `modgate ARGS` with exactly the given environment. */
export async function modgate(args: readonly string[], options: RunOptions): Promise<Finished> {
  return await run(process.execPath, [CLI, ...args], options);
}
