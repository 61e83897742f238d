import { didYouMean } from '../config/suggest.ts';
import { oneLine } from '../platform/escape.ts';
import { EXIT, UsageError } from './errors.ts';
import type { Verb } from './modgate.ts';

/** Loaded when asked for, as the verbs themselves are. */
const PARTS: Readonly<Record<string, { readonly about: string; readonly load: () => Promise<Verb> }>> = {
  prune: {
    about: 'remove what was unused for long, is too old or too much; safe beside running jobs',
    load: async () => (await import('./cache-prune.ts')).cachePrune,
  },
  verify: {
    about: 'hash every file again and compare',
    load: async () => (await import('./cache-verify.ts')).cacheVerify,
  },
  stats: {
    about: 'tell how large the store is, of what it is made, and how it is used',
    load: async () => (await import('./cache-stats.ts')).cacheStats,
  },
};

const NAMES = Object.keys(PARTS).join('|');

const HELP = `usage: modgate cache ${NAMES} [DIR] [options]

The module store: a directory that jobs share.

${Object.entries(PARTS)
  .map(([name, { about }]) => `  ${name.padEnd(8)} ${about}`)
  .join('\n')}

modgate cache ${NAMES} --help tells the options of each.
`;

export const cache: Verb = async args => {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h') {
    process.stdout.write(HELP);
    return EXIT.ok;
  }
  const part = name !== undefined && Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
  if (part === undefined) {
    const near = name === undefined ? undefined : didYouMean(name, Object.keys(PARTS));
    const wrong = name === undefined ? 'cache wants to know what' : `cache cannot "${oneLine(name)}"`;
    throw new UsageError(
      `${wrong}${near === undefined ? '' : `; did you mean ${near}?`}\nusage: modgate cache ${NAMES} [DIR] [options]`,
    );
  }
  return await (await part.load())(rest);
};
