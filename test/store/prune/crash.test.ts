import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDiskStore } from '../../../src/store/disk.ts';
import { createHasher, type Hasher } from '../../../src/store/hasher.ts';
import { prune } from '../../../src/store/prune/prune.ts';
import type { FileKind } from '../../../src/store/types.ts';
import { type RealModule, realModules } from '../../support/store-modules.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';
import { DAY, fill, HOUR, type MadeVersion, namesIn } from './made-store.ts';

const PRUNER = fileURLToPath(new URL('../../support/store-pruner.ts', import.meta.url));
const WRITER = fileURLToPath(new URL('../../support/store-writer.ts', import.meta.url));

let hasher: Hasher;
beforeAll(() => {
  hasher = createHasher();
});
afterAll(() => hasher.close());

interface Child {
  readonly child: ChildProcess;
  output: string;
}

function start(...args: readonly string[]): Child {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const started: Child = { child, output: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    started.output += text;
  });
  return started;
}

/** Until it has printed a line: a kill is to fall into its work and not its start. */
async function working(started: Child): Promise<void> {
  while (!started.output.includes('\n')) {
    if (started.child.exitCode !== null) throw new Error(`it ended: ${started.output}`);
    await once(started.child.stdout ?? started.child, 'data');
  }
}

async function kill({ child }: Child): Promise<void> {
  const gone = once(child, 'close');
  if (child.exitCode === null) child.kill('SIGKILL');
  await gone;
}

const MANY: readonly MadeVersion[] = Array.from({ length: 120 }, (_, i) => ({
  path: `example.com/m${i % 20}`,
  version: `v1.${Math.floor(i / 20)}.0`,
  usedAgo: i % 3 === 0 ? DAY : 40 * DAY,
}));

test('kill -9 at any point of a prune: the next one finishes it, and what was to stay is whole', async () => {
  await using temp = await tempDir('prune-kill');
  const template = temp.join('template');
  const now = Date.now();
  await fill(template, hasher, now, MANY);
  const whole = namesIn(template).length;
  let amid = 0;
  let claims = 0;
  for (let round = 0; round < 8; round++) {
    const dir = temp.join(`store${round}`);
    await fsp.cp(template, dir, { recursive: true, preserveTimestamps: true });
    const pruner = start(PRUNER, dir, JSON.stringify({ keepSinceMs: 30 * DAY }));
    const closed = once(pruner.child, 'close');
    await working(pruner);
    await delay((round * 5) % 13);
    pruner.child.kill('SIGKILL');
    await closed;
    const left = namesIn(dir);
    claims += left.filter(name => name.endsWith('.pruned')).length;
    if (!pruner.output.includes('schema') && left.length < whole) amid += 1;

    const store = await openDiskStore(dir, { hasher, purpose: 'tidy' });
    const options = { now, keepSinceMs: 30 * DAY, maxBytes: Number.POSITIVE_INFINITY, dryRun: false };
    const report = await prune(store, options);
    expect(report).toMatchObject({ finished: true, failed: { count: 0 }, after: { versions: 40 } });
    expect(await prune(store, options)).toMatchObject({ deleted: { versions: 0 }, after: { versions: 40 } });
    const names = namesIn(dir);
    const wanted = MANY.filter(made => made.usedAgo === DAY).flatMap(({ path: modulePath, version }) => [
      ...['info', 'mod', 'zip'].map(kind => `${modulePath}/@v/${version}.${kind}`),
      `modgate/index/${modulePath}/@v/${version}.json`,
    ]);
    const about = names.filter(name => !/\/list$|@latest$/.test(name));
    expect(about).toEqual([...wanted, 'modgate/pruned.json'].toSorted());
    for (const list of names.filter(name => name.endsWith('/list'))) {
      const told = fs.readFileSync(path.join(dir, list), 'utf8').trim().split('\n');
      const there = names
        .filter(name => name.startsWith(list.slice(0, -4)) && name.endsWith('.info'))
        .map(name => path.basename(name, '.info'));
      expect(told.toSorted()).toEqual(there.toSorted());
    }
    await fsp.rm(dir, { recursive: true });
  }
  // Kills that never fell into a prune would have proved nothing.
  expect(amid).toBeGreaterThan(0);
  expect(claims).toBeGreaterThan(0);
});

test('prunes that take away what is being committed, two at once and killed: no bad file, no failed commit', async () => {
  await using temp = await tempDir('prune-beside');
  const dir = temp.join('store');
  const modules = (await realModules()).slice(0, 5);
  const list = await modulesFile(temp, modules);
  await openDiskStore(dir, { hasher });
  const writers = [start(WRITER, dir, list, '5'), start(WRITER, dir, list, '6')];
  await Promise.all(writers.map(working));
  // A clock two hours ahead takes away the protection of what is in use: every commit is a target at once.
  const options = JSON.stringify({ aheadMs: 2 * HOUR, keepSinceMs: 0, rounds: 1e9 });
  let removed = 0;
  for (let round = 0; round < 4; round++) {
    const pruners = [start(PRUNER, dir, options), start(PRUNER, dir, options)];
    await Promise.all(pruners.map(working));
    await delay(400 + 37 * round);
    await Promise.all(pruners.map(kill));
    for (const { output } of pruners) {
      const reports = output
        .split('\n')
        .slice(1, -1)
        .map(line => JSON.parse(line));
      removed += reports.reduce((sum, report) => sum + report.deleted.versions, 0);
      for (const report of reports)
        expect(report.failed, JSON.stringify(report.failed)).toMatchObject({ count: 0 });
    }
  }
  for (const { child, output } of writers) {
    expect(child.exitCode, output.slice(-500)).toBeNull();
    expect(output).not.toContain('DAMAGE');
  }
  const committed = writers.map(({ output }) => output.split('\n').length);
  await Promise.all(writers.map(kill));
  expect(removed).toBeGreaterThan(20);
  expect(Math.min(...committed)).toBeGreaterThan(20);

  const store = await openDiskStore(dir, { hasher, onDamage: damage => expect(damage).toBeUndefined() });
  await expectRight(dir, modules);
  // Now by the real clock: what is left of the killed prunes goes, what the writers left stays.
  const report = await prune(store, { now: Date.now(), keepSinceMs: DAY, maxBytes: 1e12, dryRun: false });
  expect(report).toMatchObject({ finished: true, failed: { count: 0 }, foreign: { count: 0 } });
  await expectRight(dir, modules);
  expect(namesIn(dir).filter(name => /\.pruned$|modgate\/(tmp|quarantine)\//.test(name))).toEqual([]);
});

async function modulesFile(temp: TempDir, modules: readonly RealModule[]): Promise<string> {
  const file = temp.join('modules.json');
  const plain = modules.map(m => ({ ...m, info: m.info.toString('base64'), mod: m.mod.toString('base64') }));
  await fsp.writeFile(file, JSON.stringify(plain));
  return file;
}

async function expectRight(dir: string, modules: readonly RealModule[]): Promise<void> {
  for (const name of namesIn(dir).filter(found => !found.startsWith('modgate/'))) {
    const kind = /\.(info|mod|zip)$/.exec(name)?.[1] as FileKind | undefined;
    if (kind === undefined) continue;
    const found = modules.find(m => {
      const stem = m.path.replace(/[A-Z]/g, c => `!${c.toLowerCase()}`);
      return name === `${stem}/@v/${m.version}.${kind}`;
    });
    const right = found && (kind === 'zip' ? await fsp.readFile(found.zip) : found[kind]);
    expect((await fsp.readFile(path.join(dir, name))).equals(right ?? Buffer.alloc(0)), name).toBe(true);
  }
}
