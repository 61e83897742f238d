import type { FileKind, StoredVersion } from '../types.ts';
import { listedModules } from './contents.ts';
import type { Bucket } from './types.ts';

/**
 * Every version of a bucket that has an index entry, module by module. `lastUse` is when the entry was written; notes of
 * use are not read here. Throws what `listedModules` throws.
 */
export async function* listVersions(bucket: Bucket): AsyncGenerator<StoredVersion> {
  for await (const { path, versions } of listedModules(bucket)) {
    for (const { version, files, index } of versions.values()) {
      if (index === undefined) continue;
      const sizes: Partial<Record<FileKind, number>> = {};
      if (files.info !== undefined) sizes.info = files.info.size;
      if (files.mod !== undefined) sizes.mod = files.mod.size;
      if (files.zip !== undefined) sizes.zip = files.zip.size;
      yield { path, version, files: sizes, lastUse: index.modified };
    }
  }
}
