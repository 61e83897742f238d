// A daemon without a proxy, to be killed: writes answers for ever, and sends them to the collector that it is told.
// Prints how many answers are on the disk, a line each time.
import { Batcher } from '../../src/audit/batcher.ts';
import { Outbox } from '../../src/audit/outbox.ts';
import { openTarget } from '../../src/audit/targets/open.ts';
import { answer, openJournal } from './session-dir.ts';

const [sessionDir = '', url = ''] = process.argv.slice(2);
const journal = await openJournal(sessionDir);
const outbox = await Outbox.open({ sessionDir, journal });
const target = openTarget(url, {
  env: {},
  cwd: sessionDir,
  version: '0.0.0-test',
  token: () => undefined,
  reportsDir: undefined,
});
const batcher = new Batcher({ outbox, journal, target, log: line => console.error(line), flushMs: 15 });
await batcher.start();
for (;;) {
  const count = 1 + Math.floor(Math.random() * 200);
  for (let n = 0; n < count; n++) journal.append(answer(n));
  await journal.flush();
  process.stdout.write(`${journal.lastSeq}\n`);
  await new Promise(resolve => setTimeout(resolve, Math.random() * 10));
}
