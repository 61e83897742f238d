import { posix } from 'node:path';
import { ConfigError } from '../../config/errors.ts';
import type { ConfigSource } from '../../config/source.ts';
import { isAbsolutePath, isOutside } from '../../policy/repo-path.ts';
import { GitError } from '../git/command.ts';
import type { GitEntry } from '../git/listing.ts';
import type { Objects } from '../git/objects.ts';

const MAX_LINKS = 8;

/** The files of a commit, for configuration and baseline. Links inside the repository are followed. */
export function commitSource(objects: Objects, commit: string): ConfigSource {
  const unreadable = (path: string, why: string) =>
    new ConfigError('config-unreadable', [
      { where: path, message: `${why} (at ${commit.slice(0, 12)}); mend the file on the target branch` },
    ]);

  const contents = async (path: string, entry: GitEntry): Promise<Buffer> => {
    const blob = (await objects.blobs([entry.oid])).get(entry.oid);
    if (blob === undefined || !('bytes' in blob)) {
      throw unreadable(path, `it cannot be read: ${blob?.why ?? 'git does not have it'}`);
    }
    return blob.bytes;
  };
  return {
    async read(path) {
      let at = path;
      try {
        for (let links = 0; links <= MAX_LINKS; links++) {
          const entry = await objects.entry(commit, at);
          if (entry === undefined) return undefined;
          if (entry.kind === 'file') return await contents(path, entry);
          if (entry.kind === 'submodule') throw unreadable(path, 'it is a submodule');
          const target = (await contents(path, entry)).toString('utf8');
          at = posix.join(posix.dirname(at), target);
          if (isAbsolutePath(target) || isOutside(at)) {
            throw unreadable(path, 'it is a link that leads out of the repository');
          }
        }
      } catch (cause) {
        if (!(cause instanceof GitError)) throw cause;
        throw unreadable(path, `it cannot be read: ${cause.message}`);
      }
      throw unreadable(path, 'it is a link to a link to a link, and so on');
    },
  };
}
