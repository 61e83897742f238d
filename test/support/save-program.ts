import { saveStore } from '../../src/actions/save.ts';

/**
 * Saves a store to a cache service and prints what came of it: a process of its own, so that it can be killed.
 * Arguments: session directory, store directory. Environment: the service's variables.
 */
const [, , sessionDir = '', storeDir = ''] = process.argv;
const report = await saveStore(
  {
    env: process.env,
    sessionDir,
    storeDir,
    keepSinceMs: 1e12,
    maxBytes: 1e9,
    quota: 2e9,
    now: Date.now(),
    sessionStart: 0,
    log: () => {},
  },
  undefined,
);
process.stdout.write(`${JSON.stringify(report)}\n`);
