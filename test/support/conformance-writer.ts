/**
 * A machine that commits real modules into a shared place and is killed in the middle of it:
 * `node conformance-writer.ts PLACE.json MODULES.json SEED COMMITS`. PLACE.json holds a `WriterPlace`, MODULES.json holds
 * `RealModule`s with bytes as base64. Kills itself within the first ms after so many commits: whoever watched from
 * outside would come too late for a disk.
 */
import { readFileSync } from 'node:fs';
import { openDiskStore } from '../../src/store/disk.ts';
import { createHasher } from '../../src/store/hasher.ts';
import type { Store } from '../../src/store/types.ts';
import type { WriterPlace } from '../store/conformance/world.ts';
import { JobStores } from './layered.ts';
import { commitModule, type RealModule } from './store-modules.ts';

const [place, list, seed, commits] = process.argv.slice(2);
if (place === undefined || list === undefined || seed === undefined || commits === undefined) {
  throw new Error('PLACE MODULES SEED COMMITS');
}

const modules = (
  JSON.parse(readFileSync(list, 'utf8')) as (RealModule & { info: string; mod: string })[]
).map(m => ({ ...m, info: Buffer.from(m.info, 'base64'), mod: Buffer.from(m.mod, 'base64') }));

async function open(where: WriterPlace): Promise<readonly [Store, () => Promise<void>]> {
  if (where.kind === 'disk') {
    const store = await openDiskStore(where.dir, { hasher: createHasher() });
    return [store, () => store.flush()];
  }
  const { store } = await new JobStores().open(where);
  return [store, () => store.settle(60_000)];
}

const [store, settle] = await open(JSON.parse(readFileSync(place, 'utf8')) as WriterPlace);
let state = Number(seed);
function random(below: number): number {
  state = (state * 1103515245 + 12345) % 2147483648;
  return Math.floor((state / 2147483648) * below);
}

const shapes = [['info', 'mod', 'zip'], ['info', 'mod'], ['zip'], ['mod']] as const;
const waiting = modules.flatMap(module => shapes.map(shape => ({ module, shape })));
for (let done = 0; waiting.length > 0; done++) {
  if (done === Number(commits)) setTimeout(() => process.kill(process.pid, 'SIGKILL'), random(12));
  const [next] = waiting.splice(random(waiting.length), 1);
  if (next === undefined) throw new Error('no modules');
  await commitModule(store, next.module, next.shape);
  await settle();
}
// Its end is the kill, however quick it was.
setInterval(() => {}, 60_000);
