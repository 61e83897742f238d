import { createHash } from 'node:crypto';
import { dirname, isAbsolute, join, posix, relative, resolve, sep } from 'node:path';
import { combine } from './combine.ts';
import { DEFAULTS } from './defaults.ts';
import { ConfigError } from './errors.ts';
import type { ConfigFile } from './extends.ts';
import { applyOverrides, type Layered } from './overrides.ts';
import type { Policy } from './policy.ts';
import type { FileConfig } from './schema.ts';
import { type ConfigSource, diskSource, isInside, type ReadRemote, readDisk, textOf } from './source.ts';
import type { AuthorityFiles, Config, Floor, LoadedConfig, Origin, Overrides } from './types.ts';

/** Places of the configuration file in a checkout. */
export const CONFIG_FILES = ['.modgate.yaml', '.github/modgate.yaml'] as const;

export interface LoadOptions {
  /** Root of the checkout. */
  readonly workspace: string;
  /** A file that was named by the user; absolute, or relative to `cwd`. */
  readonly explicit?: string | undefined;
  /** The workspace unless given. */
  readonly cwd?: string;
  /**
   * Where the files of the repository come from; its checkout unless given. A named file outside the workspace
   * always comes from the disk.
   */
  readonly source?: ConfigSource;
  /** How files of other repositories are read; without it an entry of `extends` that names one is an error. */
  readonly readRemote?: ReadRemote;
  /** A policy from outside that the repository's own can only tighten. */
  readonly floor?: Floor;
  /**
   * Whether the file's author may decide where credentials go. False for a pull request that was not
   * reviewed yet: `proxy.credentials` of a file from the checkout is left out then, with a warning.
   */
  readonly trusted?: boolean;
  /** Layers above the file, weakest first. */
  readonly env?: Overrides;
  readonly inputs?: Overrides;
  readonly flags?: Overrides;
}

/**
 * The configuration in force: defaults, then floor, extended files, the file, environment, action inputs, flags.
 * Throws ConfigError: `config-ambiguous` (both file names present), `config-missing` (a named or extended file is
 * not there), `config-unreadable`, `config-too-large` (over 1 MiB), `config-invalid`.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const found = await findFile(options);
  const { values, origins, warnings, policy, sources } = await fromFiles(found, options);
  if (options.trusted === false && !options.source && values.proxy.credentials.length > 0) {
    values.proxy.credentials = [];
    warnings.push(
      `${found?.name}: proxy.credentials is left out, because this job runs what a pull request wrote; credentials are used on trusted refs only`,
    );
  }
  let layered: Layered = { values, origins };
  for (const layer of ['env', 'input', 'flag'] as const) {
    const given = layer === 'input' ? options.inputs : layer === 'env' ? options.env : options.flags;
    if (given) layered = applyOverrides(layered, layer, given);
  }
  const config: Config = {
    ...layered.values,
    proxy: {
      ...layered.values.proxy,
      'on-failure': layered.values.proxy['on-failure'] ?? defaultOnFailure(layered.values, policy),
    },
  };
  return {
    config,
    policy,
    sources,
    file: found?.path,
    origin: key => nearest(origins, key),
    warnings,
    authorityFiles: options.source && (await readAuthorityFiles(config, options.source)),
    digest: createHash('sha256').update(stableJson({ config, policy })).digest('hex'),
  };
}

async function readAuthorityFiles({ proxy }: Config, source: ConfigSource): Promise<AuthorityFiles> {
  const files: [string, string][] = [];
  for (const { file } of proxy.ca) {
    const bytes = isAbsolute(file)
      ? undefined
      : await source.read(posix.normalize(file.replaceAll('\\', '/')));
    if (bytes !== undefined) files.push([file, textOf(bytes, file)]);
  }
  return Object.fromEntries(files);
}

interface FromFiles {
  readonly values: FileConfig;
  readonly origins: Map<string, Origin>;
  readonly warnings: string[];
  readonly policy: Policy;
  readonly sources: readonly string[];
}

/** What the files say. The parser and the validator are loaded only when there is one. */
async function fromFiles(found: FoundFile | undefined, options: LoadOptions): Promise<FromFiles> {
  if (!found && !options.floor) {
    const values = { ...DEFAULTS, proxy: { ...DEFAULTS.proxy } };
    return { values, origins: new Map(), warnings: [], policy: combine([], values), sources: [] };
  }
  const [{ parseConfig }, { readParents }, { mergeFiles }, { warningsOf }] = await Promise.all([
    import('./parse.ts'),
    import('./extends.ts'),
    import('./merge.ts'),
    import('./lint.ts'),
  ]);
  const { readRemote, floor } = options;
  const files: ConfigFile[] = [];
  if (floor) {
    const parsed = parseConfig(floor.text, floor.name);
    const root = { path: floor.name, remote: undefined };
    files.push(...(await readParents(parsed, root, { source: undefined, readRemote })));
    files.push({ role: 'floor', source: floor.name, parsed, named: undefined });
  }
  if (found) {
    const { name, source, inSource, nameOf } = found;
    const parsed = parseConfig(found.text, name);
    const root = { path: inSource, remote: undefined };
    const parents = await readParents(parsed, root, { source, readRemote, nameOf });
    files.push(...parents, { role: 'own', source: name, parsed, named: undefined });
  }
  const merged = mergeFiles(files);
  return {
    ...merged,
    warnings: files.flatMap(file => warningsOf(file.parsed)),
    policy: combine(files, merged.values),
    sources: files.map(file => file.source),
  };
}

/**
 * With a policy in a file, a dead proxy must stop the build; without one, only speed is lost.
 */
function defaultOnFailure({ proxy, audit }: FileConfig, { layers }: Policy): 'fail' | 'fallback' {
  const lists = layers.flatMap(({ hosts, modules }) => [
    hosts.allow,
    hosts.deny,
    modules.allow,
    modules.deny,
  ]);
  const says = lists.some(list => list.length > 0) || proxy.private.length > 0 || audit.required;
  return says ? 'fail' : 'fallback';
}

/** A value inside one that was set as a whole has that one's origin. */
function nearest(origins: ReadonlyMap<string, Origin>, key: string): Origin {
  for (let at = key; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    const origin = origins.get(at);
    if (!origin) continue;
    // A map of the file that holds other keys says nothing about this one.
    if (at === key || origin.from !== 'file' || /\.\d+(\.|$)/.test(key.slice(at.length))) return origin;
  }
  return { from: 'default' };
}

/** The values alone, whatever their order and wherever they are written. */
function stableJson(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => {
    if (key === 'where' || key === 'at' || key === 'name') return undefined;
    if (inner instanceof Map) return [...inner].sort(([a], [b]) => (a < b ? -1 : 1));
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

interface FoundFile {
  readonly path: string;
  /** Relative to the workspace when it lies there, with forward slashes; else the path. */
  readonly name: string;
  readonly text: string;
  /** Where it and its neighbours come from, its path there, and how others there are called. */
  readonly source: ConfigSource;
  readonly inSource: string;
  readonly nameOf: (path: string) => string;
}

async function findFile(options: LoadOptions): Promise<FoundFile | undefined> {
  const { workspace, explicit } = options;
  const source = options.source ?? diskSource(workspace);
  if (explicit) {
    const path = resolve(options.cwd ?? workspace, explicit);
    const found = isInside(workspace, path)
      ? await inRepository(options, relative(workspace, path).split(sep).join('/'), source)
      : await outside(path);
    if (found) return found;
    const message = 'there is no such file; check the path, or leave it out to use .modgate.yaml';
    throw new ConfigError('config-missing', [{ where: path, message }]);
  }
  const [first, second] = await Promise.all(CONFIG_FILES.map(name => inRepository(options, name, source)));
  if (first && second) {
    const message = `${CONFIG_FILES[1]} is there too; keep one of them, so that it is clear which one counts`;
    throw new ConfigError('config-ambiguous', [{ where: CONFIG_FILES[0], message }]);
  }
  return first ?? second;
}

async function inRepository(
  { workspace, source: given }: LoadOptions,
  name: string,
  source: ConfigSource,
): Promise<FoundFile | undefined> {
  const path = join(workspace, name);
  // The file itself may be a link to anywhere: whoever may write it decides what is in it either way.
  const bytes = given ? await given.read(name) : await readDisk(path, name);
  if (bytes === undefined) return undefined;
  return { path, name, text: textOf(bytes, name), source, inSource: name, nameOf: other => other };
}

async function outside(path: string): Promise<FoundFile | undefined> {
  const bytes = await readDisk(path, path);
  if (bytes === undefined) return undefined;
  const directory = dirname(path);
  return {
    path,
    name: path,
    text: textOf(bytes, path),
    source: diskSource(directory),
    inSource: relative(directory, path),
    nameOf: other => join(directory, other),
  };
}
