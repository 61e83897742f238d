import { resolve } from 'node:path';
import { parseRemote } from '../../config/reference.ts';
import { type ReadRemote, readDisk, textOf } from '../../config/source.ts';
import type { Floor } from '../../config/types.ts';
import { CheckError } from '../errors.ts';

/**
 * The text of a floor policy: a file of this machine, or `owner/repo/path@commit`. Throws CheckError `usage` for
 * what cannot be read, ConfigError for what is no text.
 */
export async function readFloor(name: string, cwd: string, readRemote: ReadRemote): Promise<Floor> {
  const path = resolve(cwd, name);
  const onDisk = await readDisk(path, name);
  if (onDisk !== undefined) return { name, text: textOf(onDisk, name) };
  if (!name.includes('@')) {
    throw new CheckError(
      'usage',
      `--floor ${name}: there is no such file; name one, or owner/repo/path@<full commit>`,
    );
  }
  const location = parseRemote(name);
  if (typeof location === 'string' || location.remote === undefined) {
    throw new CheckError('usage', `--floor ${name}: this ${String(location)}`);
  }
  try {
    const bytes = await readRemote({ ...location.remote, path: location.path });
    return { name, text: textOf(bytes, name) };
  } catch (cause) {
    if (!(cause instanceof CheckError)) throw cause;
    throw new CheckError(
      'remote-file',
      `--floor ${name}: ${cause.message}; check repository, path and commit, and that the token of this job may read that repository`,
      { cause },
    );
  }
}
