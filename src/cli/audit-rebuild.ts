import { resolve } from 'node:path';
import { openRawDirectory } from '../audit/raw/directory.ts';
import { bringUp } from '../collector/directory-store.ts';
import { indexPlace } from '../collector/engine.ts';
import { dropIndex } from '../collector/index/drop-index.ts';
import { openIndex } from '../collector/index/open-index.ts';
import { lockDirectory } from '../collector/lock.ts';
import { DATABASE_OPTION, databaseOption } from './database-option.ts';
import { EXIT, UsageError } from './errors.ts';
import type { Verb } from './modgate.ts';
import { parseVerb, type VerbOptions, verbHelp } from './options.ts';
import { say } from './say.ts';

const OPTIONS = {
  data: { type: 'string', value: 'DIR', help: 'directory of the raw batches, as of modgate serve; required' },
  ...DATABASE_OPTION,
  help: { type: 'boolean', help: 'show this' },
} as const satisfies VerbOptions;

const USAGE = 'modgate audit rebuild --data DIR [--database URL]';
const ABOUT = `Makes the index of a directory anew from its raw batches, which stay as they are. No collector may work on it.

Exit code: 0, 2 options cannot be used, 3 the directory cannot be worked on.`;

/** `modgate audit rebuild`. */
export const auditRebuild: Verb = async args => {
  const { values, positionals, rest } = parseVerb('audit rebuild', args, OPTIONS);
  if (values.help === true) {
    process.stdout.write(verbHelp(USAGE, ABOUT, OPTIONS));
    return EXIT.ok;
  }
  const data = values.data as string | undefined;
  if (!data || positionals.length > 0 || rest !== undefined) {
    throw new UsageError(`audit rebuild wants --data\nusage: ${USAGE}`);
  }
  const dir = resolve(data);
  const place = indexPlace({
    dir,
    database: databaseOption(values.database as string | undefined, process.env),
  });
  const lock = await lockDirectory(dir);
  try {
    await dropIndex(place);
    const index = await openIndex(place);
    try {
      await bringUp({ raw: openRawDirectory(dir), index, log: say });
    } finally {
      await index.close();
    }
  } finally {
    lock.release();
  }
  say(`the index of ${dir} was made anew`);
  return EXIT.ok;
};
