import { ConfigError } from './errors.ts';
import { type ParsedFile, parseConfig } from './parse.ts';
import { redactText } from './redact.ts';
import { type Location, locationName, parseReference, shortName } from './reference.ts';
import { type ConfigSource, type ReadRemote, textOf } from './source.ts';
import { MAX_FILES } from './values.ts';

/** A file that makes up the configuration. */
export interface ConfigFile {
  readonly role: 'own' | 'parent' | 'floor';
  /** In full, as it would be named under `extends`. */
  readonly source: string;
  readonly parsed: ParsedFile;
  /**
   * Where the repository's own files lead to it: the entry of `extends`. Undefined for a file that is in the
   * repository itself, and for a floor.
   */
  readonly named: { readonly file: string; readonly line: number; readonly column: number } | undefined;
}

/** Files that extend one another, one behind the other. */
const MAX_DEPTH = 5;

export interface ExtendsOptions {
  /** Files of the repository that the first file is in; undefined for a floor, which is in none. */
  readonly source: ConfigSource | undefined;
  readonly readRemote: ReadRemote | undefined;
  /** How a local file is called in messages; its path unless given. */
  readonly nameOf?: (path: string) => string;
}

interface Step {
  readonly file: ParsedFile;
  readonly location: Location;
  readonly named: ConfigFile['named'];
}

/**
 * The files that a file extends, weakest first: of each its own parents before itself, each file once. Throws
 * ConfigError at the line of the entry: `config-invalid` for what must not be named, for cycles, and for more than
 * five levels or twenty files; `config-missing` for a file that cannot be had.
 */
export async function readParents(
  file: ParsedFile,
  location: Location,
  options: ExtendsOptions,
): Promise<ConfigFile[]> {
  const found: ConfigFile[] = [];
  const known = new Set<string>([locationName(location)]);
  const visit = async (step: Step, above: readonly string[]): Promise<void> => {
    for (const [index, entry] of step.file.values.extends.entries()) {
      const place = step.file.place(['extends', index]);
      const refuse = (
        message: string,
        code: 'config-invalid' | 'config-missing' = 'config-invalid',
        cause?: unknown,
      ) =>
        new ConfigError(
          code,
          [{ where: step.file.name, ...place, message: `extends[${index}]: ${shown(entry)} ${message}` }],
          cause === undefined ? undefined : { cause },
        );
      const target = parseReference(entry, step.location);
      if (typeof target === 'string') throw refuse(target);
      const name = locationName(target);
      if (above.includes(name))
        throw refuse(`extends itself in the end: ${[...above, name].map(shown).join(' > ')}`);
      if (known.has(name)) continue;
      if (above.length > MAX_DEPTH) throw refuse(`is more than ${MAX_DEPTH} files deep; name it further up`);
      if (known.size >= MAX_FILES) throw refuse(`is one file more than the ${MAX_FILES} that are read`);
      known.add(name);
      const parsed = parseConfig(await read(target, options, refuse), messageName(target, options));
      const named =
        target.remote === undefined ? undefined : (step.named ?? { file: step.file.name, ...place });
      await visit({ file: parsed, location: target, named }, [...above, name]);
      const source = target.remote === undefined ? parsed.name : name;
      found.push({ role: 'parent', source, parsed, named });
    }
  };
  await visit({ file, location, named: undefined }, [locationName(location)]);
  return found;
}

type Refuse = (message: string, code: 'config-missing', cause?: unknown) => ConfigError;

async function read(target: Location, options: ExtendsOptions, refuse: Refuse): Promise<string> {
  const { path, remote } = target;
  if (remote === undefined) {
    if (options.source === undefined) {
      throw refuse(
        'is a local path, and a floor has no repository; name owner/repo/path@<full commit>',
        'config-missing',
      );
    }
    const bytes = await options.source.read(path);
    if (bytes === undefined)
      throw refuse(`cannot be read: there is no file ${shown(path)}; check the path`, 'config-missing');
    return textOf(bytes, messageName(target, options));
  }
  if (options.readRemote === undefined) {
    const message =
      'is in another repository, which this command does not read; run modgate check, or copy the file here';
    throw refuse(message, 'config-missing');
  }
  let bytes: Uint8Array;
  try {
    bytes = await options.readRemote({ ...remote, path });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `cannot be read: ${redactText(why).replaceAll(/\s+/g, ' ').slice(0, 500)}; check repository, path and commit, and that the token of this job may read that repository`;
    throw refuse(message, 'config-missing', cause);
  }
  return textOf(bytes, messageName(target, options));
}

function messageName(location: Location, { nameOf }: ExtendsOptions): string {
  return location.remote === undefined && nameOf ? nameOf(location.path) : shortName(location);
}

function shown(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
