import { stat } from 'node:fs/promises';
import type { BundledFile, BundledVersion, BundleManifest } from '../../src/store/bundle/manifest.ts';
import type { Wanted } from '../../src/store/bundle/types.ts';
import type { DiskStore } from '../../src/store/disk.ts';
import { FILE_KINDS } from '../../src/store/layout.ts';
import type { FileKind, ModVer } from '../../src/store/types.ts';

/** A manifest of everything in a store, sorted; `bundleOf` tells which bundle a file is said to be in. */
export async function manifestOf(
  store: DiskStore,
  bundleOf: (mv: ModVer, kind: FileKind) => number = () => 0,
): Promise<BundleManifest> {
  const versions: BundledVersion[] = [];
  for await (const { path, version, lastUse } of store.versions()) {
    const entry = await store.entry({ path, version });
    const files = FILE_KINDS.flatMap((kind): BundledFile[] => {
      const facts = entry?.[kind];
      if (facts === undefined) return [];
      const bundle = bundleOf({ path, version }, kind);
      return [{ kind, size: facts.size, sha256: facts.sha256, bundle }];
    });
    versions.push({ path, version, lastUse: Math.floor(lastUse), files });
  }
  const name = (mv: ModVer) => `${mv.path}@${mv.version}`;
  versions.sort((a, b) => (name(a) < name(b) ? -1 : 1));
  return { v: 2, created: '2026-11-23T12:00:00.000Z', parents: [], past: [], versions };
}

/** Wants every file as a manifest tells it, whichever bundle it is said to be in. */
export function wantAll(manifest: BundleManifest): Wanted {
  const byName = new Map(manifest.versions.map(v => [`${v.path}@${v.version}`, v]));
  const find = (mv: ModVer) => byName.get(`${mv.path}@${mv.version}`);
  return {
    file: (mv, kind) => find(mv)?.files.find(file => file.kind === kind),
    lastUse: mv => find(mv)?.lastUse ?? 0,
    maxBytes: 1024 * 1024 * 1024,
  };
}

/** Bytes of a file. */
export async function sizeOf(file: string): Promise<number> {
  return (await stat(file)).size;
}
