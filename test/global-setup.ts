import { copyFile, mkdir, readdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { goEnv, realUpstream } from './support/go.ts';
import { runOk } from './support/process.ts';
import { tempDir } from './support/temp.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Fails the whole run at once, and says why, when what every end-to-end test needs is not there; then builds
 * `dist/`, which those tests drive as users do.
 */
export default async function setup(): Promise<void> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 22 || (major === 22 && minor < 19)) {
    throw new Error(`The tests need Node 22.19 or newer, this is ${process.version}. Run: npm test`);
  }
  const { GOVERSION = '' } = await goEnv();
  const [, line = '0'] = /^go1\.(\d+)/.exec(GOVERSION) ?? [];
  if (Number(line) < 26)
    throw new Error(`The tests need Go 1.26 or newer on PATH, this is ${GOVERSION || 'none'}.`);
  await realUpstream();
  await buildDist();
}

/** Builds elsewhere and moves in what differs: a daemon of another run may be loading from `dist/` now. */
async function buildDist(): Promise<void> {
  await using fresh = await tempDir('dist');
  await runOk(process.execPath, [path.join(ROOT, 'scripts', 'build.mjs'), fresh.path]);
  for (const entry of await readdir(fresh.path, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const built = path.join(entry.parentPath, entry.name);
    const target = path.join(ROOT, 'dist', path.relative(fresh.path, built));
    const there = await readFile(target).catch(() => undefined);
    if (there?.equals(await readFile(built))) continue;
    await mkdir(path.dirname(target), { recursive: true });
    const temp = `${target}.${process.pid}.tmp`;
    await copyFile(built, temp);
    await rename(temp, target);
  }
}
