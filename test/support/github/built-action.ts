import { cp } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type TempDir, tempDir } from '../temp.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * The repository as a workflow gets it: `actions/` and `dist/`, which the global set-up of the tests has built from the
 * sources at hand. A copy, because what runs from it must not change when another run builds.
 */
export async function builtAction(): Promise<TempDir> {
  const dir = await tempDir('built');
  for (const part of ['dist', 'actions', 'package.json']) {
    await cp(`${ROOT}${part}`, dir.join(part), { recursive: true });
  }
  return dir;
}
