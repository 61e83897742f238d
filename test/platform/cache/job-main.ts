import { text } from 'node:stream/consumers';
import { tempDir } from '../../support/temp.ts';
import { clientOf, PREFIX, randomBytes, read, save } from './tools.ts';

/** A process with certificates of its own: saves and reads an entry with the variables from standard input. */
const env = JSON.parse(await text(process.stdin)) as Record<string, string>;
await using dir = await tempDir('job');
const client = clientOf({ env: () => env }, { protocol: 'v2' });
try {
  const bytes = randomBytes(100_000);
  await save(client, dir, { key: `${PREFIX}a`, bytes });
  const hit = await client.lookup([PREFIX]);
  process.stdout.write(hit && (await read(client, hit)).equals(bytes) ? 'the same' : 'different');
} catch (error) {
  process.stdout.write((error as Error).message);
}
