import { KeepListError } from '../check/errors.ts';
import { ConfigError } from '../config/errors.ts';
import { SessionError } from '../session/errors.ts';
import { BucketError } from '../store/bucket/errors.ts';
import { StoreError } from '../store/errors.ts';
import { InputError } from './inputs.ts';
import { ForgeError } from './prune-github.ts';
import { loadPruneInputs } from './prune-inputs.ts';
import { runnerOf } from './runner-files.ts';

/** The action actions/prune: one phase. */
const env = process.env;
const cwd = env.GITHUB_WORKSPACE || process.cwd();
const runner = runnerOf(env, line => process.stdout.write(`${line}\n`));

/** As of `modgate cache prune`. */
const EXIT = { ok: 0, usage: 2, internal: 3, incomplete: 4 } as const;

/** Says what went wrong where a person sees it; returns the exit code. */
function tell(error: unknown): number {
  if (error instanceof InputError) {
    for (const problem of error.problems) runner.error(`modgate: ${problem}; see the inputs in action.yml`);
    return EXIT.usage;
  }
  if (error instanceof ConfigError) {
    for (const { where, line, column, message } of error.problems) {
      runner.error(message, { file: where, line, column });
    }
    return EXIT.usage;
  }
  const known = [BucketError, ForgeError, KeepListError, SessionError, StoreError].some(
    kind => error instanceof kind,
  );
  const message = error instanceof Error ? error.message : String(error);
  if (!known) {
    runner.error(`modgate: internal error: ${error instanceof Error ? (error.stack ?? message) : message}`);
    return EXIT.internal;
  }
  for (const line of message.split('\n')) runner.error(`modgate: ${line}`);
  if (error instanceof KeepListError) return EXIT.incomplete;
  if (error instanceof SessionError && error.code === 'policy-unavailable') return EXIT.incomplete;
  if (error instanceof BucketError) {
    return /^(?:invalid|no-bucket|wrong-region)$/.test(error.code) ? EXIT.usage : EXIT.internal;
  }
  const wrongPlace =
    error instanceof StoreError && /^store-(missing|foreign|not-a-directory)$/.test(error.code);
  return error instanceof StoreError && !wrongPlace ? EXIT.internal : EXIT.usage;
}

async function main(): Promise<number> {
  try {
    const inputs = loadPruneInputs(env);
    const { store, sharedCache, token } = inputs;
    if (token !== undefined) runner.mask(token);
    const now = new Date();
    // One does not depend on the other: what fails of one is said after both were done.
    const done = [
      ...(store === undefined
        ? []
        : [
            import('./prune-store.ts').then(part =>
              part.pruneNamedStore(env, cwd, { ...inputs, store }, runner, now),
            ),
          ]),
      ...(sharedCache
        ? [import('./prune-shared.ts').then(part => part.pruneSharedCache(env, cwd, inputs, runner, now))]
        : []),
    ];
    const failed = (await Promise.allSettled(done)).flatMap(result =>
      result.status === 'rejected' ? [tell(result.reason)] : [],
    );
    return failed[0] ?? EXIT.ok;
  } catch (error) {
    return tell(error);
  }
}

process.exitCode = await main();
