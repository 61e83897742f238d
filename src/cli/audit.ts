import { didYouMean } from '../config/suggest.ts';
import { oneLine } from '../platform/escape.ts';
import { EXIT, UsageError } from './errors.ts';
import type { Verb } from './modgate.ts';

const asking = (name: Parameters<typeof import('./audit-ask.ts').auditAsk>[0]) => async (): Promise<Verb> =>
  (await import('./audit-ask.ts')).auditAsk(name);

/** Loaded when asked for, as the verbs themselves are. */
const PARTS: Readonly<Record<string, { readonly about: string; readonly load: () => Promise<Verb> }>> = {
  who: { about: 'who first brought in a module or a version of it, and when', load: asking('who') },
  used: { about: 'where a module is used now', load: asking('used') },
  log: { about: 'the records themselves: what was served and what was refused', load: asking('log') },
  conflicts: { about: 'versions that came with more than one hash', load: asking('conflicts') },
  jobs: { about: 'jobs whose records are not complete', load: asking('jobs') },
  diff: { about: 'what one job used and another did not', load: asking('diff') },
  repositories: { about: 'repositories that sent records, and when last', load: asking('repositories') },
  uncovered: {
    about: 'repositories with a go.mod that sent no record',
    load: asking('uncovered'),
  },
  upload: {
    about: 'send batches that lie as files: what a session could not send, artifacts of jobs',
    load: async () => (await import('./audit-upload.ts')).auditUpload,
  },
  rebuild: {
    about: 'make the index of a store anew from its raw batches',
    load: async () => (await import('./audit-rebuild.ts')).auditRebuild,
  },
};

const NAMES = Object.keys(PARTS).join('|');

const HELP = `usage: modgate audit ${NAMES} [options]

The audit records: what the jobs of all repositories took in.

${Object.entries(PARTS)
  .map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`)
  .join('\n')}

modgate audit PART --help tells the options of each.
`;

export const audit: Verb = async args => {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h') {
    process.stdout.write(HELP);
    return EXIT.ok;
  }
  const part = name !== undefined && Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
  if (part === undefined) {
    const near = name === undefined ? undefined : didYouMean(name, Object.keys(PARTS));
    const wrong = name === undefined ? 'audit wants to know what' : `audit cannot "${oneLine(name)}"`;
    throw new UsageError(
      `${wrong}${near === undefined ? '' : `; did you mean ${near}?`}\nusage: modgate audit ${NAMES} [options]`,
    );
  }
  return await (await part.load())(rest);
};
