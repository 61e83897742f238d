import { PatternIndex } from './patterns.ts';

/** Options of a rule are checked when the policy is read; these only tell the compiler so. */

type Options = Readonly<Record<string, unknown>>;

/** A list of texts; empty when nothing is said. */
export function textsOption(options: Options, name: string): readonly string[] {
  const value = options[name];
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : [];
}

/** One text; undefined when nothing is said. */
export function textOption(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/** Whether a switch is on; off when nothing is said. */
export function flagOption(options: Options, name: string): boolean {
  return options[name] === true;
}

/** Whether a path is on a list of GOPRIVATE globs; made once, asked for each path. */
export function globsOption(options: Options, name: string): (path: string) => boolean {
  const globs = textsOption(options, name);
  const index = new PatternIndex(globs.map(glob => [glob, true] as const));
  return path => index.matches(path).length > 0;
}
