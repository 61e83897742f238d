import path from 'node:path';
import type { BucketLayer } from '../bucket/layer.ts';
import { StoreError } from '../errors.ts';
import type { ImportStore } from './types.ts';

/**
 * A bucket to import into: what is vouched for goes there from temp files below `scratch`, with the bytes that the source
 * has. Rejects with BucketError.
 */
export function importIntoBucket(
  layer: Pick<BucketLayer, 'location' | 'entry' | 'upload'>,
  scratch: string,
): ImportStore {
  let files = 0;
  return {
    entry: mv => layer.entry(mv),
    tempFile: () => path.join(scratch, `${(files++).toString(36)}.tmp`),
    commit: async (mv, { info, mod, zip, origin }) => {
      if (zip !== undefined && zip.representation !== 'original') {
        const why = `a bucket keeps zips as they were published, and ${mv.path}@${mv.version} came in another form`;
        throw new StoreError('store-io', layer.location, `module store: ${why}; it was not kept`);
      }
      await layer.upload(mv, {
        ...(info === undefined ? {} : { info }),
        ...(mod === undefined ? {} : { mod }),
        ...(zip === undefined ? {} : { zip }),
        ...(origin === undefined ? {} : { origin }),
      });
    },
    flush: () => Promise.resolve(),
  };
}
