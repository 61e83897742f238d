import { resolve } from 'node:path';
import { openRawDirectory } from '../audit/raw/directory.ts';
import { logUnlogged } from '../collector/batch-log/catch-up.ts';
import { openBatchLog } from '../collector/batch-log/log.ts';
import { lockDirectory } from '../collector/lock.ts';
import { EXIT, UsageError } from './errors.ts';
import type { Verb } from './modgate.ts';
import { parseVerb, type VerbOptions, verbHelp } from './options.ts';
import { say } from './say.ts';

const OPTIONS = {
  data: { type: 'string', value: 'DIR', help: 'directory of the raw batches; required' },
  help: { type: 'boolean', help: 'show this' },
} as const satisfies VerbOptions;

const USAGE = 'modgate audit checkpoint --data DIR';
const ABOUT = `Takes the batches that jobs wrote into a directory themselves into its signed log, and prints the checkpoint. For a
directory without collector, from a regular job; a collector does it for each batch. The key is made in DIR/log/key
at first: who can read it can sign, so this job should be the only one.

Exit code: 0, 2 options cannot be used, 3 the directory cannot be worked on.`;

/** `modgate audit checkpoint`. */
export const auditCheckpoint: Verb = async args => {
  const { values, positionals, rest } = parseVerb('audit checkpoint', args, OPTIONS);
  if (values.help === true) {
    process.stdout.write(verbHelp(USAGE, ABOUT, OPTIONS));
    return EXIT.ok;
  }
  const data = values.data as string | undefined;
  if (!data || positionals.length > 0 || rest !== undefined)
    throw new UsageError(`audit checkpoint wants --data\nusage: ${USAGE}`);
  const dir = resolve(data);
  const lock = await lockDirectory(dir);
  try {
    const batchLog = await openBatchLog(dir, { now: Date.now, make: true });
    try {
      const whole = await logUnlogged({
        raw: openRawDirectory(dir),
        batchLog,
        log: say,
        signal: new AbortController().signal,
      });
      const checkpoint = batchLog.checkpoint();
      if (checkpoint === undefined) say(`there is no batch in ${dir} yet`);
      else process.stdout.write(checkpoint);
      say(`public key: ${batchLog.vkey}`);
      return whole ? EXIT.ok : EXIT.internal;
    } finally {
      await batchLog.close();
    }
  } finally {
    lock.release();
  }
};
