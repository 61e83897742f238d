import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { deliver } from '../../src/audit/deliver.ts';
import { Outbox } from '../../src/audit/outbox.ts';
import { openTarget } from '../../src/audit/targets/open.ts';
import { tempDir } from '../support/temp.ts';
import { type StoreServer, startStoreServer } from './store-server.ts';

const WRITER = fileURLToPath(new URL('writer.ts', import.meta.url));
const KILLS = 4;

/** Runs a writer until it has said so much, kills it at once, and returns what was on the disk by its own words. */
async function killWriter(dir: string, store: StoreServer, lines: number): Promise<number> {
  const child = spawn(process.execPath, [WRITER, dir, store.url], { stdio: ['ignore', 'pipe', 'inherit'] });
  let durable = 0;
  let said = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    durable = Number(line);
    if (++said === lines) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
  return durable;
}

test('what a daemon had on its disk when it was killed, again and again, is in the store once', async () => {
  await using dir = await tempDir('kill');
  await using store = await startStoreServer();
  let durable = 0;
  for (let round = 0; round < KILLS; round++) {
    durable = await killWriter(dir.path, store, 3 + 7 * round);
    if (round === 1) store.say({ status: 503 }, { status: 500 });
    // It takes the batch, and its answer is lost.
    if (round === 2) store.say((_asked, res) => res.destroy());
  }
  const outbox = await Outbox.reopen({ sessionDir: dir.path });
  await outbox.sealClose({ inventories: [], findings: [], reason: 'killed' });
  const target = openTarget(store.url, {
    env: {},
    cwd: dir.path,
    version: '0.0.0-test',
    token: () => undefined,
    reportsDir: undefined,
  });
  const done = await deliver(target, outbox);
  await outbox.close();
  expect(done).toMatchObject({ left: 0, kept: [] });

  const chain = [...store.batches.values()].sort((a, b) => a.header.batch - b.header.batch);
  expect(chain.map(({ header }) => header.batch)).toEqual(chain.map((_, n) => n + 1));
  expect(chain.map(({ header }) => header.prev)).toEqual([null, ...chain.slice(0, -1).map(b => b.digest)]);
  expect(chain.at(-1)?.header.phase).toBe('close');
  const seqs = chain.flatMap(({ requests }) => requests.map(({ seq }) => seq));
  expect(seqs).toEqual(seqs.map((_, n) => n + 1));
  expect(seqs.length).toBeGreaterThanOrEqual(durable);
});
