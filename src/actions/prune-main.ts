import { InputError } from './inputs.ts';
import { pruneSharedCache } from './prune.ts';
import { ForgeError } from './prune-github.ts';
import { loadPruneInputs } from './prune-inputs.ts';
import { runnerOf } from './runner-files.ts';

/** The action actions/prune: one phase. */
const env = process.env;
const cwd = env.GITHUB_WORKSPACE || process.cwd();
const runner = runnerOf(env, line => process.stdout.write(`${line}\n`));

/** As of the command line. */
const EXIT = { ok: 0, usage: 2, internal: 3 } as const;

async function main(): Promise<number> {
  try {
    const inputs = loadPruneInputs(env);
    if (inputs.token !== undefined) runner.mask(inputs.token);
    if (inputs.sharedCache) await pruneSharedCache(env, cwd, inputs, runner, new Date());
    return EXIT.ok;
  } catch (error) {
    if (error instanceof InputError) {
      for (const problem of error.problems) runner.error(`modgate: ${problem}; see the inputs in action.yml`);
      return EXIT.usage;
    }
    if (error instanceof ForgeError) {
      runner.error(`modgate: ${error.message}`);
      return EXIT.usage;
    }
    runner.error(
      `modgate: internal error: ${error instanceof Error ? (error.stack ?? error.message) : error}`,
    );
    return EXIT.internal;
  }
}

process.exitCode = await main();
