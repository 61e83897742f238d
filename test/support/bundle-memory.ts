import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { pack } from '../../src/store/bundle/pack.ts';
import { unpack } from '../../src/store/bundle/unpack.ts';
import { openDiskStore } from '../../src/store/disk.ts';
import { createHasher } from '../../src/store/hasher.ts';
import { formatEntry } from '../../src/store/index-entry.ts';
import { versionKeys } from '../../src/store/layout.ts';
import { manifestOf, wantAll } from './bundles.ts';

/**
 * Program: packs and unpacks one module whose zip has the given number of MiB, below the given directory, and prints
 * the most memory that this took, in MiB.
 */
const [dir = '', mib = ''] = process.argv.slice(2);
const mv = { path: 'example.com/large', version: 'v1.0.0' };
const keys = versionKeys(mv);
if (keys === undefined) throw new Error('no keys');
const from = path.join(dir, 'from');
const zip = path.join(from, keys.files.zip);
await fsp.mkdir(path.dirname(zip), { recursive: true });
await fsp.mkdir(path.dirname(path.join(from, keys.index)), { recursive: true });

const block = Buffer.alloc(1024 * 1024);
const hash = createHash('sha256');
const handle = await fsp.open(zip, 'wx');
for (let n = 0; n < Number(mib); n++) {
  block.writeUInt32LE(n, 0);
  hash.update(block);
  await handle.write(block);
}
await handle.close();
const facts = { sha256: hash.digest('hex'), size: Number(mib) * block.length };
const entry = formatEntry({
  v: 1,
  module: mv.path,
  version: mv.version,
  h1: `h1:${Buffer.alloc(32).toString('base64')}`,
  zip: { ...facts, representation: 'original', original: facts },
  firstSeen: '2026-11-23T12:00:00Z',
});
await fsp.writeFile(path.join(from, keys.index), entry);

const hasher = createHasher();
const manifest = await manifestOf(await openDiskStore(from, { hasher }));
const file = path.join(dir, 'bundle');
await pack({ storeDir: from, manifest, file });
const store = await openDiskStore(path.join(dir, 'to'), { hasher });
const report = await unpack({ stream: createReadStream(file), store, wants: wantAll });
await hasher.close();
if (report.taken !== 1) throw new Error(JSON.stringify(report));
process.stdout.write(`${Math.round(process.resourceUsage().maxRSS / 1024)}\n`);
