import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { zstdDecompressSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { cacheVersion } from '../../../src/platform/cache/version.ts';
import { startCacheService } from '../../support/github/cache-service.ts';
import { realCache } from '../../support/github/real-cache.ts';
import { tempDir } from '../../support/temp.ts';
import { archive, clientOf, PREFIX, read, save } from './tools.ts';

const FILE = 'example.com/a/@v/v1.0.0.mod';

async function untar(zstd: Buffer): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const tar = extract();
  tar.end(zstdDecompressSync(zstd));
  for await (const entry of tar) {
    if (entry.header.type === 'file') files[entry.header.name] = (await buffer(entry)).toString();
    else entry.resume();
  }
  return files;
}

describe.each(['v1', 'v2'] as const)("GitHub's own client over %s", protocol => {
  it('finds and unpacks what ours saved, by key and by prefix', async () => {
    await using service = await startCacheService();
    await using dir = await tempDir('cache');
    const client = clientOf(service, { protocol });
    const file = dir.join('bundle.tzst');
    const size = await archive(file, { [FILE]: 'module example.com/a\n' });
    const reservation = await client.reserve(`${PREFIX}ours`, 10 * size);
    await reservation.fill(file, size);

    await mkdir(dir.join('job'));
    const env = service.env(protocol);
    const request = { dir: dir.join('job'), key: PREFIX, restoreKeys: [PREFIX], env };
    expect(await realCache({ op: 'lookup', ...request })).toMatchObject({ key: `${PREFIX}ours` });
    expect(await realCache({ op: 'restore', ...request })).toMatchObject({ key: `${PREFIX}ours` });
    expect(await readFile(dir.join('job', 'store', FILE), 'utf8')).toBe('module example.com/a\n');
    expect(service.leaked).toEqual([]);
  });

  it('saves what ours finds and reads, under the same version, and each sees that the other has the key', async () => {
    await using service = await startCacheService();
    await using dir = await tempDir('cache');
    const client = clientOf(service, { protocol });
    await mkdir(path.dirname(dir.join('store', FILE)), { recursive: true });
    await writeFile(dir.join('store', FILE), 'module example.com/a\n');
    const env = service.env(protocol);
    const theirs = { op: 'save', dir: dir.path, key: `${PREFIX}theirs`, env } as const;
    expect(await realCache(theirs)).toMatchObject({ key: `${PREFIX}theirs` });
    expect(service.store.entries.map(entry => entry.version)).toEqual([cacheVersion()]);

    const hit = await client.lookup([PREFIX]);
    expect(hit).toEqual({ key: `${PREFIX}theirs` });
    if (hit === undefined) return;
    expect(await untar(await read(client, hit))).toEqual({ [`store/${FILE}`]: 'module example.com/a\n' });

    await expect(client.reserve(`${PREFIX}theirs`, 1)).rejects.toMatchObject({ code: 'taken' });
    await save(client, dir, { key: `${PREFIX}ours`, bytes: Buffer.from('ours') });
    const second = await realCache({ ...theirs, key: `${PREFIX}ours` });
    expect(second).toMatchObject({ key: undefined });
    expect(second.log).toContain('another job may be creating this cache');
  });
});
