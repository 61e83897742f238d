import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseInfo } from '../../src/gomod/info.ts';
import { openDiskStore } from '../../src/store/disk.ts';
import { createHasher, type Hasher } from '../../src/store/hasher.ts';
import type { FileKind } from '../../src/store/types.ts';
import { verifyStore } from '../../src/store/verify/verify.ts';
import { goWorld } from '../support/go.ts';
import { commitModule, type RealModule, realModules } from '../support/store-modules.ts';
import { type TempDir, tempDir } from '../support/temp.ts';

const WRITER = fileURLToPath(new URL('../support/store-writer.ts', import.meta.url));
const KILLS = 30;

let modules: RealModule[];
let hasher: Hasher;

beforeAll(async () => {
  modules = (await realModules()).slice(0, 6);
  hasher = createHasher();
});
afterAll(() => hasher.close());

interface WriterProcess {
  readonly child: ChildProcess;
  output: string;
}

async function modulesFile(temp: TempDir): Promise<string> {
  const file = temp.join('modules.json');
  const plain = modules.map(m => ({ ...m, info: m.info.toString('base64'), mod: m.mod.toString('base64') }));
  await fsp.writeFile(file, JSON.stringify(plain));
  return file;
}

function startWriter(dir: string, list: string, seed: number): WriterProcess {
  const child = spawn(process.execPath, [WRITER, dir, list, String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const writer: WriterProcess = { child, output: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    writer.output += text;
  });
  return writer;
}

/** Until a writer has committed at least once, so that the kill falls into its work and not its start. */
async function working(writer: WriterProcess): Promise<void> {
  while (!writer.output.includes('\n')) {
    if (writer.child.exitCode !== null) throw new Error(`the writer ended: ${writer.output}`);
    await once(writer.child.stdout ?? writer.child, 'data');
  }
}

async function kill(writer: WriterProcess): Promise<void> {
  const gone = once(writer.child, 'close');
  writer.child.kill('SIGKILL');
  await gone;
  expect(writer.child.signalCode).toBe('SIGKILL');
}

/** Every file that can be seen is byte for byte the right one, and every list tells the truth. */
async function expectAllRight(dir: string, known: readonly RealModule[] = modules): Promise<number> {
  const damage: unknown[] = [];
  const store = await openDiskStore(dir, { hasher, onDamage: d => damage.push(d) });
  let files = 0;
  for await (const found of store.versions()) {
    const module = known.find(m => m.path === found.path && m.version === found.version);
    if (module === undefined) throw new Error(`a version that nobody wrote: ${found.path}@${found.version}`);
    const stem = found.path.replace(/[A-Z]/g, c => `!${c.toLowerCase()}`);
    for (const kind of Object.keys(found.files) as FileKind[]) {
      const bytes = await fsp.readFile(path.join(dir, stem, '@v', `${found.version}.${kind}`));
      const right = kind === 'zip' ? await fsp.readFile(module.zip) : module[kind];
      expect(bytes.equals(right), `${found.path} ${kind}`).toBe(true);
      if (kind === 'info') expect(parseInfo(bytes).version).toBe(module.version);
      files += 1;
      // The index may lack a fact, but what it says is right.
      const got = await store.get(module, kind, kind === 'zip' ? module.h1 : module.goModH1);
      if (kind !== 'info') expect(got?.sha256, `${found.path} ${kind}`).toBeDefined();
    }
  }
  expect(damage).toEqual([]);
  return files;
}

test(`kill -9 at any point, ${KILLS} times with two writers: whole files only, and no litter`, async () => {
  await using temp = await tempDir('crash');
  const dir = temp.join('store');
  const list = await modulesFile(temp);
  let litter = 0;
  let files = 0;
  for (let round = 0; round < KILLS / 2; round++) {
    const writers = [startWriter(dir, list, round * 2 + 1), startWriter(dir, list, round * 2 + 2)];
    await Promise.all(writers.map(working));
    for (const writer of writers) {
      await delay((round * 7) % 23);
      await kill(writer);
    }
    for (const writer of writers) expect(writer.output).not.toContain('DAMAGE');
    const tmp = path.join(dir, 'modgate', 'tmp');
    litter += (await fsp.readdir(tmp)).length;
    files += await expectAllRight(dir);
    const next = await openDiskStore(dir, { hasher });
    await next.flush();
    expect(await fsp.readdir(tmp)).toEqual([]);
  }
  expect(files).toBeGreaterThan(KILLS);
  // Kills that never fell into a commit would have proved nothing.
  expect(litter).toBeGreaterThan(0);
  expect((await verifyStore(dir, { hasher })).counts).toMatchObject({ damaged: 0, missing: 0, junk: 0 });
});

test('four writers in two processes while real go reads the tree: go never gets a wrong file', async () => {
  await using temp = await tempDir('readers');
  const dir = temp.join('store');
  const hereStore = await openDiskStore(dir, { hasher });
  const thereStore = await openDiskStore(dir, { hasher });
  const list = await modulesFile(temp);
  // The module that only this process writes and nobody takes away: go must find it whole at every moment.
  const [steady] = await realModules(['github.com/pkg/errors@v0.9.0']);
  if (steady === undefined) throw new Error('no module');
  await commitModule(hereStore, steady);
  const writers = [startWriter(dir, list, 77), startWriter(dir, list, 78)];
  await Promise.all(writers.map(working));
  let done = false;
  const here = [hereStore, thereStore].map(async store => {
    while (!done) for (const m of modules) await commitModule(store, m);
  });
  try {
    const readers = [1, 2, 3].map(async () => {
      await using world = await goWorld(`file://${dir}`, { GOSUMDB: 'off' });
      const wanted = [steady, ...modules].map(m => `${m.path}@${m.version}`);
      const { stdout } = await world.go(['mod', 'download', '-json', ...wanted], { cwd: world.dir.path });
      return stdout;
    });
    for (const stdout of await Promise.all(readers)) {
      expect(stdout).toContain(`"Sum": "${steady.h1}"`);
      const known = new Set([steady, ...modules].map(m => m.h1));
      const sums = [...stdout.matchAll(/"Sum": "([^"]+)"/g)].map(m => m[1] ?? '');
      expect(sums.filter(sum => !known.has(sum))).toEqual([]);
      for (const [, error] of stdout.matchAll(/"Error": "([^"]*)"/g)) {
        expect(error).toMatch(/no such file|not found|cannot find/i);
      }
    }
  } finally {
    done = true;
    await Promise.all(here);
    await Promise.all(writers.map(kill));
  }
  for (const writer of writers) expect(writer.output).not.toContain('DAMAGE');
  expect(await expectAllRight(dir, [steady, ...modules])).toBeGreaterThan(0);
});
