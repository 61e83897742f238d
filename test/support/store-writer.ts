/**
 * A process that commits real modules into a store for ever, to be killed at any point:
 * `node store-writer.ts STORE MODULES.json SEED`. MODULES.json holds `RealModule`s with bytes as base64.
 * After each round it takes modules away again, so that there is always something to commit. Prints a line
 * per commit.
 */
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { openDiskStore } from '../../src/store/disk.ts';
import { createHasher } from '../../src/store/hasher.ts';
import { versionKeys } from '../../src/store/layout.ts';
import { commitModule, type RealModule } from './store-modules.ts';

const [dir, list, seed] = process.argv.slice(2);
if (dir === undefined || list === undefined || seed === undefined) throw new Error('STORE MODULES.json SEED');

const modules = (
  JSON.parse(readFileSync(list, 'utf8')) as (RealModule & { info: string; mod: string })[]
).map(m => ({ ...m, info: Buffer.from(m.info, 'base64'), mod: Buffer.from(m.mod, 'base64') }));
const hasher = createHasher();
const store = await openDiskStore(dir, {
  hasher,
  onDamage: damage => process.stdout.write(`DAMAGE ${JSON.stringify(damage)}\n`),
});

let state = Number(seed);
function random(below: number): number {
  state = (state * 1103515245 + 12345) % 2147483648;
  return Math.floor((state / 2147483648) * below);
}

const shapes = [['info', 'mod', 'zip'], ['info', 'mod'], ['zip'], ['mod']] as const;
for (;;) {
  const module = modules[random(modules.length)];
  const shape = shapes[random(shapes.length)];
  if (module === undefined || shape === undefined) throw new Error('no modules');
  await commitModule(store, module, shape);
  process.stdout.write(`${module.path} ${shape.join('+')}\n`);
  if (random(4) === 0) await store.flush();
  if (random(3) === 0) {
    const keys = versionKeys(module);
    // In the order in which a pruner works: what go sees first goes first.
    for (const key of keys === undefined
      ? []
      : [keys.index, keys.files.info, keys.files.mod, keys.files.zip]) {
      await rm(path.join(dir, key), { force: true });
    }
  }
}
