import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { RealModule } from '../../support/store-modules.ts';

/** Lays modules out as the disk storage of Athens has them; that it does is checked against the real one in the soak. */
export async function athensStorage(dir: string, modules: readonly RealModule[]): Promise<string> {
  for (const module of modules) {
    const at = path.join(dir, ...module.path.split('/'), module.version);
    await mkdir(at, { recursive: true });
    await writeFile(path.join(at, 'go.mod'), module.mod);
    await copyFile(module.zip, path.join(at, 'source.zip'));
    await writeFile(path.join(at, `${module.version}.info`), module.info);
  }
  return dir;
}
