import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseEntry } from '../../../src/store/index-entry.ts';
import type { FileKind } from '../../../src/store/types.ts';
import { commitModule, type RealModule, realModules } from '../../support/store-modules.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';
import { keyOf, MEDIA, type Place, startWorld, type World } from './world.ts';

const WRITER = fileURLToPath(new URL('../../support/conformance-writer.ts', import.meta.url));
const ROUNDS = 4;
const KINDS: readonly FileKind[] = ['info', 'mod', 'zip'];

let modules: readonly RealModule[];
let temp: TempDir;

beforeAll(async () => {
  modules = (await realModules()).slice(0, 5);
  temp = await tempDir('kill');
  const plain = modules.map(m => ({ ...m, info: m.info.toString('base64'), mod: m.mod.toString('base64') }));
  await writeFile(temp.join('modules.json'), JSON.stringify(plain));
});
afterAll(() => temp?.[Symbol.asyncDispose]());

/** Resolves when the writer is dead. */
async function writeUntilKilled(place: Place, name: string, seed: number, commits: number): Promise<void> {
  const file = temp.join(`${name}.json`);
  await writeFile(file, JSON.stringify(place.description));
  const args = [WRITER, file, temp.join('modules.json'), String(seed), String(commits)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const [code, signal] = await once(child, 'exit');
  expect([code, signal]).toEqual([null, 'SIGKILL']);
}

/** Whatever another machine can see is whole and right; how many files that is. */
async function expectAllRight(place: Place): Promise<number> {
  const { store, told } = await place.open();
  let files = 0;
  for (const m of modules) {
    const bytes = await place.read(keyOf(m, 'index'));
    const entry = bytes === undefined ? undefined : parseEntry(bytes, m);
    expect(entry === undefined, `the index entry of ${m.path} is whole or absent`).toBe(bytes === undefined);
    for (const kind of KINDS) {
      const file = await store.get(m, kind);
      // What the index tells of is there, and what it does not tell of is not served.
      expect(file !== undefined, `${m.path} ${kind}`).toBe(entry?.[kind] !== undefined);
      if (file === undefined) continue;
      const right = kind === 'zip' ? await readFile(m.zip) : m[kind];
      expect((await buffer(file.stream())).equals(right), `${m.path} ${kind}`).toBe(true);
      files++;
    }
  }
  expect(told).toEqual([]);
  return files;
}

describe.concurrent.each(MEDIA)('writers on a %s', medium => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld(medium);
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  test(`killed at any point leave whole versions or nothing, ${ROUNDS} times two of them`, async () => {
    const counts: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const place = await world.place();
      await Promise.all(
        [1, 2].map(n => writeUntilKilled(place, `${medium}-${round}-${n}`, round * 2 + n, round)),
      );
      counts.push(await expectAllRight(place));
      // Whoever comes next takes over what they left.
      const { store, settle } = await place.open();
      for (const m of modules) await commitModule(store, m);
      await settle();
      expect(await expectAllRight(place)).toBe(modules.length * KINDS.length);
    }
    // Kills that came when all was done would have proved nothing.
    expect(Math.min(...counts)).toBeLessThan(modules.length * KINDS.length);
    expect(Math.max(...counts)).toBeGreaterThan(0);
  });
});
