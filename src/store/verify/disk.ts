import * as fsp from 'node:fs/promises';
import type { DiskStore } from '../disk.ts';
import { readRegular, removeQuietly, statRegular } from '../files.ts';
import type { Hasher } from '../hasher.ts';
import { formatEntry } from '../index-entry.ts';
import { MAX_INDEX_SIZE, QUARANTINE, quarantineName } from '../layout.ts';
import type { Tree } from '../tree.ts';
import type { ModVer } from '../types.ts';
import { walkVersions } from '../walk.ts';
import { examine } from './examine.ts';
import { type Medium, type Mender, stampOfFile, type WalkTold } from './medium.ts';
import { findStrangers, indexedWithoutFiles } from './strangers.ts';

/** The files of a store in a directory. */
export function diskMedium(tree: Tree, hasher: Hasher): Medium {
  const walk = ({ stranger, unreadable }: WalkTold) => ({
    onSkip: stranger,
    onUnreadable: unreadable,
    maxNames: Number.MAX_SAFE_INTEGER,
  });
  return {
    versions: async function* (told): AsyncGenerator<ModVer> {
      yield* walkVersions(tree.root, walk(told));
      yield* indexedWithoutFiles(tree, walk(told));
    },
    strangers: told => findStrangers(tree, walk(told)),
    readIndex: async ({ index, indexDir }) => {
      if (!(await tree.hasDir(indexDir))) return undefined;
      const found = await readRegular(tree.path(index), MAX_INDEX_SIZE);
      return found && { bytes: found.bytes, stamp: stampOfFile(found.stamp) };
    },
    examine: (mv, kind, key) => examine(hasher, tree.path(key), mv, kind),
    stamp: async key => {
      const stat = await statRegular(tree.path(key));
      return stat && stampOfFile(stat);
    },
  };
}

/** Mends a store in a directory: files are moved, never deleted; an index entry keeps its time, that of last use. */
export function diskMender(store: DiskStore): Mender {
  const { tree, index, lists, now } = store.parts;
  return {
    setAside: async (key, stamp) => {
      const there = await statRegular(tree.path(key));
      if (there === undefined || stampOfFile(there).id !== stamp.id) return undefined;
      return await tree.quarantine(key, there.ino, now());
    },
    publish: async (mv, keys, proof) => {
      await index.publish(mv, keys, await index.prepare(mv, keys, proof));
    },
    replace: async (keys, { before, after }, absent) => {
      const temp = await tree.writeTemp(formatEntry(after));
      try {
        const there = await readRegular(tree.path(keys.index), MAX_INDEX_SIZE);
        if (there === undefined || there.bytes === 'oversize' || !there.bytes.equals(before)) return false;
        for (const key of absent) if ((await statRegular(tree.path(key))) !== undefined) return false;
        await fsp.utimes(temp, there.stamp.mtimeMs / 1000, there.stamp.mtimeMs / 1000);
        await tree.replace(keys.index, temp);
        return true;
      } finally {
        await removeQuietly(temp);
      }
    },
    listsChanged: modulePath => lists.markDirty(modulePath),
    now,
    setLinkAside: async key => {
      const movedTo = `${QUARANTINE}/${quarantineName(key, now(), 'link')}`;
      try {
        if (!(await fsp.lstat(tree.path(key))).isSymbolicLink()) return undefined;
        await tree.makeDir(QUARANTINE);
        await fsp.rename(tree.path(key), tree.path(movedTo));
        return movedTo;
      } catch {
        return undefined;
      }
    },
    flush: () => store.flush(),
  };
}
