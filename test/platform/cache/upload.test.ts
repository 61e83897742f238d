import { truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startCacheService } from '../../support/github/cache-service.ts';
import { tempDir } from '../../support/temp.ts';
import { clientOf, errorOf, PREFIX, randomBytes, read, save } from './tools.ts';

const MIB = 1024 * 1024;
/** Parts of a size that a test can afford; the last of 5 MiB and 1 byte has one byte. */
const SMALL_PARTS = { putBytes: 5 * MIB, blockBytes: MIB, patchBytes: MIB };

describe.each(['v1', 'v2'] as const)('an upload over %s', protocol => {
  it.each([
    [5 * MIB, { v1: 5, v2: 1 }],
    // With v2 the list of the blocks is a request of its own.
    [5 * MIB + 1, { v1: 6, v2: 7 }],
  ])('of %i bytes', async (size, requests) => {
    await using service = await startCacheService();
    await using dir = await tempDir('cache');
    const client = clientOf(service, { protocol, limits: SMALL_PARTS });
    const bytes = randomBytes(size);
    await save(client, dir, { key: `${PREFIX}a`, bytes });
    expect(service.asked.filter(step => step === 'upload')).toHaveLength(requests[protocol]);
    expect(service.store.entries[0]?.data.equals(bytes)).toBe(true);
    expect(await client.lookup([PREFIX])).toEqual({ key: `${PREFIX}a` });
    expect(service.leaked).toEqual([]);
  });

  it('sends a part again that failed, and no other', async () => {
    await using service = await startCacheService();
    await using dir = await tempDir('cache');
    const client = clientOf(service, { protocol, limits: SMALL_PARTS });
    service.next.upload = [undefined, 'unavailable', 'reset'];
    const bytes = randomBytes(5 * MIB + 1);
    await save(client, dir, { key: `${PREFIX}a`, bytes });
    expect(service.asked.filter(step => step === 'upload')).toHaveLength(protocol === 'v1' ? 8 : 9);
    expect((await read(client, { key: `${PREFIX}a` })).equals(bytes)).toBe(true);
  });

  it('ends with its first part that is refused', async () => {
    await using service = await startCacheService();
    await using dir = await tempDir('cache');
    const limits = { ...SMALL_PARTS, putBytes: 1, blockBytes: 100_000, patchBytes: 100_000 };
    service.faults.upload = 'denied';
    const client = clientOf(service, { protocol, limits });
    const failed = save(client, dir, { key: `${PREFIX}a`, bytes: randomBytes(5 * MIB) });
    expect(await errorOf(failed)).toMatchObject({ code: 'denied' });
    expect(service.asked.filter(step => step === 'upload').length).toBeLessThanOrEqual(4);
    expect(service.asked).not.toContain('finalize');
  });

  it('of a file that is not there, not of its size, or becomes shorter is our own fault', async () => {
    await using service = await startCacheService();
    await using dir = await tempDir('cache');
    const client = clientOf(service, { protocol, limits: SMALL_PARTS });
    const file = dir.join('x');
    const missing = await client.reserve(`${PREFIX}a`, 3);
    expect(await errorOf(missing.fill(file, 3))).toMatchObject({ code: 'local' });
    await writeFile(file, 'abcd');
    expect(await errorOf(missing.fill(file, 3))).toMatchObject({ code: 'local' });
    expect(service.asked).toEqual(['reserve']);

    await writeFile(file, randomBytes(4 * MIB));
    service.settings.bytesPerSecond = 4 * MIB;
    const shrinking = errorOf((await client.reserve(`${PREFIX}b`, 4 * MIB)).fill(file, 4 * MIB));
    await truncate(file, 100);
    expect(await shrinking).toMatchObject({ code: 'local' });
    expect(service.store.entries.filter(entry => entry.finished)).toEqual([]);
  });

  it('has an end in time', async () => {
    await using service = await startCacheService({ bytesPerSecond: MIB });
    await using dir = await tempDir('cache');
    const client = clientOf(service, { protocol, limits: { uploadMs: 300 } });
    const failed = errorOf(save(client, dir, { key: `${PREFIX}a`, bytes: randomBytes(8 * MIB) }));
    expect(await failed).toMatchObject({ code: 'unavailable', message: expect.stringContaining('within') });
  });
});

describe('a refusal that comes before the body was read', () => {
  it.each([true, false])('ends the upload (and the connection: %s)', async close => {
    const server = createServer((request, response) => {
      if (request.method !== 'PUT') {
        const answer = { ok: true, signed_upload_url: `http://${request.headers.host}/blob?sig=abc` };
        request.resume().on('end', () => response.end(JSON.stringify(answer)));
        return;
      }
      response.writeHead(403, close ? { connection: 'close' } : {});
      response.end(JSON.stringify({ message: 'cache write denied: read-only token' }));
      if (close) response.on('finish', () => request.socket.destroy());
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const env = { ACTIONS_CACHE_SERVICE_V2: '1', ACTIONS_RESULTS_URL: url, ACTIONS_RUNTIME_TOKEN: 'a.b.c' };
    await using dir = await tempDir('cache');
    const client = clientOf({ env: () => env }, { protocol: 'v2' });
    const failed = save(client, dir, { key: `${PREFIX}a`, bytes: randomBytes(30 * MIB) });
    // Whoever closes while we write may cut off the own answer.
    const codes = close ? ['denied', 'unavailable'] : ['denied'];
    expect(codes).toContain((await errorOf(failed)).code);
    server.closeAllConnections();
    server.close();
  });
});
