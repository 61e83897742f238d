import { createHash } from 'node:crypto';
import { copyFile, readFile } from 'node:fs/promises';
import type { FileFacts, ModVer, Store } from '../../src/store/types.ts';
import { runOk } from './process.ts';
import { tempDir } from './temp.ts';

/** A real module version in the machine's module cache, with the hashes that go itself computed. */
export interface RealModule extends ModVer {
  readonly info: Buffer;
  readonly mod: Buffer;
  readonly goModH1: string;
  /** Path of the zip. */
  readonly zip: string;
  readonly h1: string;
  readonly facts: FileFacts;
}

/** Small ones first; the last one's zip is larger than what a store reads into memory. */
export const MODULES = [
  'github.com/pkg/errors@v0.9.1',
  'github.com/BurntSushi/toml@v1.3.2',
  'gopkg.in/yaml.v3@v3.0.1',
  'github.com/google/uuid@v1.6.0',
  'golang.org/x/sync@v0.7.0',
  'golang.org/x/exp@v0.0.0-20240613232115-7f521ea00fb8',
  'golang.org/x/text@v0.14.0',
] as const;

/** Fetches real modules with the machine's own go; rejects when that fails. */
export async function realModules(names: readonly string[] = MODULES): Promise<RealModule[]> {
  await using dir = await tempDir('modules');
  const { stdout } = await runOk('go', ['mod', 'download', '-json', ...names], { cwd: dir.path });
  const told = stdout
    .split(/^}$/m)
    .filter(text => text.trim() !== '')
    .map(text => JSON.parse(`${text}}`) as Record<string, string>);
  const found = await Promise.all(told.map(readModule));
  return names.map(name => {
    const module = found.find(m => `${m.path}@${m.version}` === name);
    if (module === undefined) throw new Error(`go mod download did not tell of ${name}`);
    return module;
  });
}

async function readModule(told: Record<string, string>): Promise<RealModule> {
  const { Path, Version, Info, GoMod, Zip, Sum, GoModSum } = told;
  if (!Path || !Version || !Info || !GoMod || !Zip || !Sum || !GoModSum) {
    throw new Error(`go mod download left something out: ${JSON.stringify(told)}`);
  }
  const bytes = await readFile(Zip);
  return {
    path: Path,
    version: Version,
    info: await readFile(Info),
    mod: await readFile(GoMod),
    goModH1: GoModSum,
    zip: Zip,
    h1: Sum,
    facts: { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length },
  };
}

/** Commits a whole real module, or only some of its files. */
export async function commitModule(
  store: Store,
  module: RealModule,
  kinds: readonly ('info' | 'mod' | 'zip')[] = ['info', 'mod', 'zip'],
): Promise<void> {
  const file = store.tempFile();
  if (kinds.includes('zip')) await copyFile(module.zip, file);
  await store.commit(module, {
    ...(kinds.includes('info') ? { info: module.info } : {}),
    ...(kinds.includes('mod') ? { mod: { bytes: module.mod, h1: module.goModH1, by: 'sumdb' } } : {}),
    ...(kinds.includes('zip')
      ? {
          zip: {
            file,
            h1: module.h1,
            by: 'sumdb',
            facts: module.facts,
            representation: 'original',
            original: module.facts,
          },
        }
      : {}),
  });
}
