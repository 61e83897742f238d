import { didYouMean } from '../config/suggest.ts';
import { oneLine } from '../platform/escape.ts';
import { VERSION } from '../session/version.ts';
import { EXIT, exitCodeOf, UsageError, wordsOf } from './errors.ts';
import { say } from './say.ts';

/** One verb of the command line: does its work, prints results to stdout, returns the exit code. */
export type Verb = (args: readonly string[]) => Promise<number>;

/** Loaded when asked for: `start` must not pay for the rest. */
const VERBS: Readonly<Record<string, { readonly about: string; readonly load: () => Promise<Verb> }>> = {
  run: {
    about: 'start a session, run a command in it, finish',
    load: async () => (await import('./run.ts')).run,
  },
  start: {
    about: 'start a session and print its environment',
    load: async () => (await import('./start.ts')).start,
  },
  stop: { about: 'end the session and sum it up', load: async () => (await import('./stop.ts')).stop },
  check: {
    about: 'judge go.mod files by the policy: a tree, or what a change brings',
    load: async () => (await import('./check.ts')).check,
  },
  cache: {
    about: 'the module store: stats, verify, prune, import, export',
    load: async () => (await import('./cache.ts')).cache,
  },
  audit: {
    about: 'the audit records: who brought in a module, where it is used, what was refused; prove a store',
    load: async () => (await import('./audit.ts')).audit,
  },
  serve: { about: 'the audit store of many jobs', load: async () => (await import('./serve.ts')).serve },
  doctor: {
    about: 'try hosts, credentials, store and settings, and say how to mend what does not work',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  config: {
    about: 'check, explain and describe the configuration',
    load: async () => (await import('./config.ts')).config,
  },
};

const HELP = `modgate ${VERSION}: an in-job Go module proxy with a shared, verified store

usage: modgate VERB [options]

${Object.entries(VERBS)
  .map(([name, { about }]) => `  ${name.padEnd(8)} ${about}`)
  .join('\n')}

modgate VERB --help tells the options of a verb.
`;

/** Runs one command line; resolves with the exit code and never rejects. */
export async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  try {
    if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
      (name === undefined ? process.stderr : process.stdout).write(HELP);
      return name === undefined ? EXIT.usage : EXIT.ok;
    }
    if (name === 'version' || name === '--version') {
      process.stdout.write(`${VERSION}\n`);
      return EXIT.ok;
    }
    const verb = VERBS[name];
    if (verb === undefined) {
      const near = didYouMean(name, Object.keys(VERBS));
      throw new UsageError(
        `there is no verb "${oneLine(name)}"${near === undefined ? '' : `; did you mean ${near}?`}\nsee: modgate --help`,
      );
    }
    return await (await verb.load())(rest);
  } catch (error) {
    for (const line of wordsOf(error).split('\n')) say(line);
    return exitCodeOf(error);
  }
}
