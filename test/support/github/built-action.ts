import { cp } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runOk } from '../process.ts';
import { type TempDir, tempDir } from '../temp.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * The repository as a workflow gets it: `actions/` and a `dist/` built from the sources as they are now, so
 * that a test never runs yesterday's bundle.
 */
export async function builtAction(): Promise<TempDir> {
  const dir = await tempDir('built');
  await runOk(process.execPath, [`${ROOT}scripts/build.mjs`, dir.join('dist')], { cwd: ROOT });
  await cp(`${ROOT}actions`, dir.join('actions'), { recursive: true });
  await cp(`${ROOT}package.json`, dir.join('package.json'));
  return dir;
}
