import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { DEFAULTS } from './defaults.ts';
import { ConfigError } from './errors.ts';
import { applyOverrides } from './overrides.ts';
import type { FileConfig } from './schema.ts';
import type { Config, LoadedConfig, Origin, Overrides } from './types.ts';
import { notInForce } from './unenforced.ts';

/** Places of the configuration file in a checkout. */
export const CONFIG_FILES = ['.modgate.yaml', '.github/modgate.yaml'] as const;

const MAX_FILE = 2 ** 20;

export interface LoadOptions {
  /** Root of the checkout. */
  readonly workspace: string;
  /** A file that was named by the user; absolute, or relative to `cwd`. */
  readonly explicit?: string | undefined;
  /** The workspace unless given. */
  readonly cwd?: string;
  /**
   * Whether the file's author may decide where credentials go. False for a pull request that was not
   * reviewed yet: `proxy.credentials` of the file is left out then, with a warning.
   */
  readonly trusted?: boolean;
  /** Layers above the file, weakest first. */
  readonly env?: Overrides;
  readonly inputs?: Overrides;
  readonly flags?: Overrides;
}

/**
 * The configuration in force: defaults, then the file, environment, action inputs, flags.
 * Throws ConfigError: `config-ambiguous` (both file names present), `config-missing` (a named file is not
 * there), `config-unreadable`, `config-too-large` (over 1 MiB), `config-invalid`.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const found = await findFile(options);
  const origins = new Map<string, Origin>();
  const warnings: string[] = [];
  let values: FileConfig = DEFAULTS;

  if (found) {
    const { parseConfig } = await import('./parse.ts');
    const parsed = parseConfig(found.text, found.name);
    values = parsed.values;
    for (const [key, line] of parsed.lines) origins.set(key, { from: 'file', file: found.name, line });
    warnings.push(...notInForce(values, parsed.lines, found.name));
    if (options.trusted === false && values.proxy.credentials.length > 0) {
      values = { ...values, proxy: { ...values.proxy, credentials: [] } };
      warnings.push(
        `${found.name}: proxy.credentials is left out, because this job runs what a pull request wrote; credentials are used on trusted refs only`,
      );
    }
  }
  for (const [layer, given] of [
    ['env', options.env],
    ['input', options.inputs],
    ['flag', options.flags],
  ] as const) {
    if (given) values = applyOverrides(values, origins, layer, given);
  }

  const config: Config = {
    ...values,
    proxy: { ...values.proxy, 'on-failure': values.proxy['on-failure'] ?? defaultOnFailure(values) },
  };
  return {
    config,
    file: found?.path,
    origin: key => nearest(origins, key),
    warnings,
    digest: createHash('sha256').update(stableJson(config)).digest('hex'),
  };
}

/**
 * With a policy in the file, a dead proxy must stop the build; without one, only speed is lost.
 */
function defaultOnFailure(values: FileConfig): 'fail' | 'fallback' {
  const { hosts, modules, proxy, audit } = values;
  const entries = [hosts.allow, hosts.deny, modules.allow, modules.deny, proxy.private];
  return entries.some(list => list.length > 0) || audit.required ? 'fail' : 'fallback';
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

function stableJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

interface FoundFile {
  readonly path: string;
  /** Relative to the workspace when it lies there, with forward slashes. */
  readonly name: string;
  readonly text: string;
}

async function findFile(options: LoadOptions): Promise<FoundFile | undefined> {
  if (options.explicit) {
    const path = resolve(options.cwd ?? options.workspace, options.explicit);
    const found = await readFile(path, options.workspace);
    if (found) return found;
    const message = 'there is no such file; check the path, or leave it out to use .modgate.yaml';
    throw new ConfigError('config-missing', [{ where: path, message }]);
  }
  const [first, second] = await Promise.all(
    CONFIG_FILES.map(name => readFile(join(options.workspace, name), options.workspace)),
  );
  if (first && second) {
    const message = `${CONFIG_FILES[1]} is there too; keep one of them, so that it is clear which one counts`;
    throw new ConfigError('config-ambiguous', [{ where: CONFIG_FILES[0], message }]);
  }
  return first ?? second;
}

async function readFile(path: string, workspace: string): Promise<FoundFile | undefined> {
  const inside = relative(workspace, path);
  const name = inside.startsWith('..') || isAbsolute(inside) ? path : inside.split(sep).join('/');
  try {
    // Asked before opening: opening a pipe would wait for its writer for ever.
    if (!(await stat(path)).isFile())
      throw Object.assign(new Error('not a file'), { code: 'not a regular file' });
    const handle = await open(path, 'r');
    try {
      // Bytes are counted while reading: a device or a growing file has no honest size.
      const buffer = Buffer.alloc(MAX_FILE + 1);
      let length = 0;
      for (;;) {
        const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
        length += bytesRead;
        if (bytesRead === 0 || length > MAX_FILE) break;
      }
      if (length > MAX_FILE) {
        const message = 'is larger than 1 MiB, which no configuration needs; check that it is the right file';
        throw new ConfigError('config-too-large', [{ where: name, message }]);
      }
      return {
        path,
        name,
        text: new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length)),
      };
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    const why =
      code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
        ? 'is not UTF-8 text'
        : `cannot be read (${code ?? 'unknown'})`;
    const message = `the configuration ${why}; mend the file, or name another one with --config`;
    throw new ConfigError('config-unreadable', [{ where: name, message }], { cause });
  }
}
