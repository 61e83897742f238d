import { mkdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createCacheClient } from '../../../src/platform/cache/client.ts';
import { realCache } from '../../support/github/real-cache.ts';
import { tempDir } from '../../support/temp.ts';
import { archive, errorOf, PREFIX, read } from './tools.ts';

/** A step of a real workflow: uses the runner's cache service with our client and with GitHub's. */
await using dir = await tempDir('act-step');
const env = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) =>
    name.startsWith('ACTIONS_') && value ? [[name, value]] : [],
  ),
);
const client = createCacheClient({ env, version: '1', log: line => process.stdout.write(`${line}\n`) });
const tell = (name: string, value: unknown): void => {
  process.stdout.write(`TOLD ${name} ${JSON.stringify(value ?? null)}\n`);
};

tell('protocol', client.protocol);
tell('miss', await client.lookup([PREFIX]));

const file = dir.join('bundle.tzst');
const size = await archive(file, { 'a.txt': 'ours' });
await (await client.reserve(`${PREFIX}ours`, size * 10)).fill(file, size);
const hit = await client.lookup([PREFIX]);
tell('own', hit);
tell('same', hit && (await read(client, hit)).equals(await readFile(file)));

mkdirSync(dir.join('theirs', 'store'), { recursive: true });
const real = { dir: dir.join('theirs'), key: PREFIX, restoreKeys: [PREFIX], env };
tell('real restores', (await realCache({ op: 'restore', ...real })).key);
tell('content', await readFile(path.join(real.dir, 'store', 'a.txt'), 'utf8'));

await writeFile(path.join(real.dir, 'store', 'a.txt'), 'theirs');
tell('real saves', (await realCache({ op: 'save', ...real, key: `${PREFIX}theirs` })).key);
const theirs = await client.lookup([`${PREFIX}theirs`]);
tell('found', theirs);
tell('magic', theirs && (await read(client, theirs)).subarray(0, 4).toString('hex'));

const large = dir.join('large');
await writeFile(large, Buffer.alloc(70 * 1024 * 1024, 'large'));
await (await client.reserve(`${PREFIX}large`, 1)).fill(large, 70 * 1024 * 1024);
tell('large', (await read(client, { key: `${PREFIX}large` })).equals(await readFile(large)));
tell('gone', (await errorOf(client.open({ key: `${PREFIX}none` }))).code);
