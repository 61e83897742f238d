import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { BundledFile, BundledVersion, BundleManifest } from '../../src/store/bundle/manifest.ts';
import type { Wanted } from '../../src/store/bundle/types.ts';
import type { DiskStore } from '../../src/store/disk.ts';
import { FILE_KINDS, versionKeys } from '../../src/store/layout.ts';
import type { FileKind, ModVer } from '../../src/store/types.ts';
import type { RealModule } from './store-modules.ts';

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

/** Everything in a store of which the digest is that of the real module; rejects when anything else is there. */
export async function auditStore(root: string, modules: readonly RealModule[]): Promise<readonly string[]> {
  const real = new Map<string, string>();
  for (const m of modules) {
    const keys = versionKeys(m);
    if (keys === undefined) continue;
    real.set(keys.files.zip, m.facts.sha256);
    for (const kind of ['info', 'mod'] as const) real.set(keys.files[kind], sha256(m[kind]));
  }
  const found: string[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const key = path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/');
    if (entry.isDirectory()) continue;
    if (!entry.isFile()) throw new Error(`${key} is no regular file`);
    if (/^modgate\/(?:index|quarantine)\/|\/@v\/list$|\/@latest$|^sumdb\//.test(key)) continue;
    const digest = real.get(key);
    if (digest === undefined) throw new Error(`${key} does not belong into the store`);
    if (sha256(await readFile(path.join(root, key))) !== digest) throw new Error(`${key} has other bytes`);
    found.push(key);
  }
  return found.sort();
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
