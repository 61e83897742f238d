import { open, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { ConfigError } from './errors.ts';

/** Most bytes that a file of the configuration may have. */
export const MAX_FILE = 2 ** 20;

/** Where the files of a repository come from: its checkout, or one of its commits. */
export interface ConfigSource {
  /**
   * The bytes of a file by its repo-relative path with `/`; undefined when there is none. May give one byte more
   * than MAX_FILE of a longer one. Throws ConfigError `config-unreadable` when the file is there and cannot be read.
   */
  read(path: string): Promise<Uint8Array | undefined>;
}

/** A file of another repository at one commit. */
export interface RemoteFile {
  /** `owner/name`, or `group/subgroup/name`. */
  readonly repository: string;
  /** Inside that repository, with `/`. */
  readonly path: string;
  /** 40 or 64 lower-case hex digits. */
  readonly commit: string;
}

/** Reads a file of another repository; throws when it cannot, with a message for people. */
export type ReadRemote = (file: RemoteFile) => Promise<Uint8Array>;

/** The files below a directory of the disk. Links that lead out of it are refused. */
export function diskSource(root: string): ConfigSource {
  return {
    async read(path) {
      const file = join(root, path);
      const bytes = await readDisk(file, path);
      if (bytes === undefined) return undefined;
      const [realRoot, realFile] = await Promise.all([realpath(root), realpath(file)]);
      if (isInside(realRoot, realFile)) return bytes;
      throw unreadable(path, 'is a link that leads out of the repository');
    },
  };
}

/** Whether a path lies in a directory; both absolute. */
export function isInside(directory: string, path: string): boolean {
  const inside = relative(directory, path);
  return inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}

/**
 * The bytes of a file on the disk, at most one more than MAX_FILE; undefined when there is none. `name` is for
 * messages. Throws ConfigError `config-unreadable`.
 */
export async function readDisk(path: string, name: string): Promise<Uint8Array | undefined> {
  try {
    // Asked before opening: opening a pipe would wait for its writer for ever.
    if (!(await stat(path)).isFile()) throw unreadable(name, 'cannot be read (not a regular file)');
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
      return buffer.subarray(0, length);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unreadable(name, `cannot be read (${code ?? 'unknown'})`, cause);
  }
}

/** The text of a file's bytes. Throws ConfigError `config-too-large` or `config-unreadable`. */
export function textOf(bytes: Uint8Array, name: string): string {
  if (bytes.length > MAX_FILE) {
    const message = 'is larger than 1 MiB, which no configuration needs; check that it is the right file';
    throw new ConfigError('config-too-large', [{ where: name, message }]);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw unreadable(name, 'is not UTF-8 text', cause);
  }
}

function unreadable(name: string, why: string, cause?: unknown): ConfigError {
  const message = `the configuration ${why}; mend the file, or name another one with --config`;
  return new ConfigError(
    'config-unreadable',
    [{ where: name, message }],
    cause === undefined ? undefined : { cause },
  );
}
