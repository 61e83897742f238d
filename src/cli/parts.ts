import { didYouMean } from '../config/suggest.ts';
import { oneLine } from '../platform/escape.ts';
import { EXIT, UsageError } from './errors.ts';
import type { Verb } from './modgate.ts';

/** A verb of a verb; loaded when asked for, as the verbs themselves are. */
export interface Part {
  readonly about: string;
  readonly load: () => Promise<Verb>;
}

/** What the help of a verb with parts says beside the parts. */
export interface PartsHelp {
  /** What stands behind the part on the command line, like `[options]`. */
  readonly args: string;
  readonly about: string;
  /** The last line: where the options are told. */
  readonly options: (names: string) => string;
}

/** A verb that hands on to its parts. Rejects with UsageError that names the nearest part there is. */
export function verbOfParts(verb: string, parts: Readonly<Record<string, Part>>, help: PartsHelp): Verb {
  const names = Object.keys(parts);
  const usage = `usage: modgate ${verb} ${names.join('|')} ${help.args}`;
  return async ([name, ...rest]) => {
    if (name === '--help' || name === '-h') {
      const width = Math.max(...names.map(one => one.length));
      const rows = Object.entries(parts).map(([one, { about }]) => `  ${one.padEnd(width)} ${about}`);
      process.stdout.write(
        `${usage}\n\n${help.about}\n\n${rows.join('\n')}\n\n${help.options(names.join('|'))}\n`,
      );
      return EXIT.ok;
    }
    const part = name !== undefined && Object.hasOwn(parts, name) ? parts[name] : undefined;
    if (part === undefined) {
      const near = name === undefined ? undefined : didYouMean(name, names);
      const wrong = name === undefined ? `${verb} wants to know what` : `${verb} cannot "${oneLine(name)}"`;
      throw new UsageError(`${wrong}${near === undefined ? '' : `; did you mean ${near}?`}\n${usage}`);
    }
    return await (await part.load())(rest);
  };
}
