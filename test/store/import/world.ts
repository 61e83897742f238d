import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { SumTable } from '../../../src/gomod/sum.ts';
import { openDiskStore } from '../../../src/store/disk.ts';
import { createHasher, type Hasher } from '../../../src/store/hasher.ts';
import { importFrom } from '../../../src/store/import/import.ts';
import { recognise } from '../../../src/store/import/recognise.ts';
import type { ImportAuthorities, ImportOptions, ImportReport } from '../../../src/store/import/types.ts';
import type { Store } from '../../../src/store/types.ts';
import { type GoWorld, goWorld } from '../../support/go.ts';
import { MODULES, type RealModule, realModules } from '../../support/store-modules.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';
import { startUpstream } from '../../support/upstream/upstream.ts';

/** Upper case in a path, a pseudo-version, and what others need; small, because they are copied often. */
const NAMES = MODULES.filter(name => !/x\/(?:text|sync)@/.test(name));

/** Sources filled by real programs, and the hashes that go computed of what is in them. */
export interface ImportWorld extends AsyncDisposable {
  readonly dir: TempDir;
  readonly modules: readonly RealModule[];
  /** A GOMODCACHE that the real go filled with the modules, unpacked too; never to be written to. */
  readonly modcache: string;
  readonly hasher: Hasher;
  /** What a go.sum with the modules says. */
  readonly authorities: ImportAuthorities;
  /** A copy of parts of the GOMODCACHE, to be tampered with; by default all of it and some of what is unpacked. */
  copy(name: string, parts?: readonly string[]): Promise<string>;
  /** Imports into a store of its own, or the one that is given. */
  import(source: string, options?: Partial<ImportOptions> & { readonly into?: Store }): Promise<Imported>;
  store(name?: string): Promise<Store>;
}

export interface Imported {
  readonly report: ImportReport;
  readonly store: Store;
}

export async function importWorld(): Promise<ImportWorld> {
  const dir = await tempDir('import');
  await using upstream = await startUpstream();
  const go: GoWorld = await goWorld(upstream.url, { GOMODCACHE: dir.join('modcache') });
  const modules = await realModules(NAMES);
  await go.goOk(['mod', 'download', ...modules.map(m => `${m.path}@${m.version}`)], { cwd: dir.path });
  await go[Symbol.asyncDispose]();
  const hasher = createHasher();
  const sums = new SumTable();
  for (const [line, { path: module, version, h1, goModH1 }] of modules.entries()) {
    sums.add([
      { module, version, file: 'zip', h1, line },
      { module, version, file: 'mod', h1: goModH1, line },
    ]);
  }
  const authorities: ImportAuthorities = {
    goSum: (module, version, file) => sums.hashes(module, version, file),
    sumdb: 'this test has none',
    isPrivate: () => false,
    pins: () => false,
  };
  let stores = 0;
  const store = async (name = `store-${stores++}`) => await openDiskStore(dir.join(name), { hasher });
  return {
    dir,
    modules,
    modcache: dir.join('modcache'),
    hasher,
    authorities,
    store,
    copy: async (name, parts = ['cache', 'github.com']) => {
      const to = dir.join('copies', name.replaceAll(/[^a-z0-9]/g, '-'));
      for (const part of parts) {
        await mkdir(path.dirname(path.join(to, part)), { recursive: true });
        await cp(dir.join('modcache', part), path.join(to, part), { recursive: true });
      }
      return to;
    },
    import: async (named, { into, ...options } = {}) => {
      const target = into ?? (await store());
      const source = await recognise(named);
      const report = await importFrom(source, target, { hasher, authorities, ...options });
      return { report, store: target };
    },
    [Symbol.asyncDispose]: async () => {
      await hasher.close();
      await dir[Symbol.asyncDispose]();
    },
  };
}

/** Findings in short, sorted: `refusal path`. */
export function shortly({ findings }: ImportReport): string[] {
  return findings.map(({ refusal, path }) => `${refusal} ${path}`).sort();
}
