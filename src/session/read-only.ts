import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '../store/types.ts';

/**
 * A store as a job sees it that may not change it: everything can be read, and nothing is kept, not even the
 * time of last use. An archive made of the directory afterwards is the one that was unpacked; a runner that sees
 * nothing newer in it does not even make one.
 *
 * @param tempDir directory for what is downloaded; it is there, and not in the store
 */
export function readOnly(store: Store, tempDir: string): Store {
  return {
    location: store.location,
    writable: false,
    proof: store.proof,
    get: (mv, kind, expectH1, priority) => store.get(mv, kind, expectH1, priority),
    commit: async (_, what) => {
      if (what.zip !== undefined) await rm(what.zip.file, { force: true });
    },
    confirm: (mv, info) => store.confirm(mv, info),
    touch: async () => {},
    entry: mv => store.entry(mv),
    list: modulePath => store.list(modulePath),
    versions: () => store.versions(),
    getSoft: key => store.getSoft(key),
    putSoft: async () => {},
    tempFile: () => join(tempDir, randomUUID()),
    flush: async () => {},
  };
}
