import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { escapePath, escapeVersion } from '../../../src/gomod/module-path.ts';
import { startPeer } from '../../support/peers.ts';
import { startUpstream } from '../../support/upstream/upstream.ts';
import { athensStorage } from './athens-storage.ts';
import { importWorld, shortly } from './world.ts';

async function filesOf(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter(entry => entry.isFile())
    .map(entry => path.relative(dir, path.join(entry.parentPath, entry.name)))
    .sort();
}

it('a real Athens lays its storage out as the other tests do, and all of it comes in', async () => {
  await using world = await importWorld();
  await using upstream = await startUpstream();
  await using athens = await startPeer('athens', { upstream: upstream.url, dir: world.dir.join('athens') });
  for (const { path: module, version } of world.modules) {
    const answer = await fetch(
      `${athens.url}/${escapePath(module)}/@v/${escapeVersion(version)}.zip`.replaceAll('!', '%21'),
    );
    expect(answer.status).toBe(200);
    await answer.arrayBuffer();
  }
  const laidOut = await athensStorage(world.dir.join('laid-out'), world.modules);
  expect(await filesOf(athens.dir)).toEqual(await filesOf(laidOut));
  for (const name of await filesOf(laidOut)) {
    if (name.endsWith('.info')) continue;
    expect(await readFile(path.join(athens.dir, name))).toEqual(await readFile(path.join(laidOut, name)));
  }
  const { report } = await world.import(athens.dir);
  expect(shortly(report)).toEqual([]);
  expect(report.imported.files).toBe(3 * world.modules.length);
});
