import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { type CacheService, startCacheService } from '../../support/github/cache-service.ts';
import { tempDir } from '../../support/temp.ts';
import {
  type ClientChoices,
  type ClientUnderTest,
  clientOf,
  errorOf,
  PREFIX,
  randomBytes,
  read,
} from './tools.ts';

const SIZE = 300_000;

interface Stage extends AsyncDisposable {
  readonly service: CacheService;
  readonly client: ClientUnderTest;
  readonly bytes: Buffer;
}

/** A service with one entry. */
async function stage(choices: Partial<ClientChoices> = {}, size = SIZE): Promise<Stage> {
  const service = await startCacheService();
  const client = clientOf(service, { protocol: 'v2', ...choices });
  const bytes = randomBytes(size);
  await using dir = await tempDir('cache');
  const file = dir.join('x');
  await writeFile(file, bytes);
  await (await client.reserve(`${PREFIX}a`, size)).fill(file, size);
  service.asked.length = 0;
  return { service, client, bytes, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
}

const HIT = { key: `${PREFIX}a` };

describe('a download', () => {
  it('tells the size and brings the bytes, also for a hit of another client', async () => {
    await using at = await stage();
    const { size, stream } = await at.client.open(HIT);
    expect(size).toBe(SIZE);
    expect((await buffer(stream)).equals(at.bytes)).toBe(true);
    expect(at.service.asked).toEqual(['lookup', 'download']);
    at.service.settings.contentLength = false;
    const unknown = await at.client.open(HIT);
    expect(unknown.size).toBeUndefined();
    expect((await buffer(unknown.stream)).equals(at.bytes)).toBe(true);
  });

  it('goes on where it broke, three times, also with a stall', async () => {
    await using at = await stage({ limits: { stallMs: 1_000 } });
    at.service.next.download = ['cut', 'stall', 'cut', undefined];
    const found = await at.client.lookup([PREFIX]);
    expect(found && (await read(at.client, found)).equals(at.bytes)).toBe(true);
    expect(at.service.asked.filter(step => step === 'lookup')).toHaveLength(1);
    const from = at.service.ranges.map(range => Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0));
    expect(from[0]).toBe(0);
    expect(from).toEqual([...from].sort((a, b) => a - b));
    expect(new Set(from).size).toBe(4);
    expect(at.client.lines).toHaveLength(3);
  });

  it('without a known size still ends where the entry ends', async () => {
    await using at = await stage();
    at.service.settings.contentLength = false;
    at.service.next.download = ['cut'];
    expect((await read(at.client, HIT)).equals(at.bytes)).toBe(true);
    expect(at.service.ranges).toHaveLength(2);
  });

  it('asks for a new URL when the old one has expired, before and during the transfer', async () => {
    await using at = await stage();
    const hit = await at.client.lookup([PREFIX]);
    at.service.expireUrls();
    expect(hit && (await read(at.client, hit)).equals(at.bytes)).toBe(true);
    expect(at.service.asked).toEqual(['lookup', 'download', 'lookup', 'download']);

    at.service.asked.length = 0;
    at.service.settings.urlUses = 1;
    at.service.next.download = ['cut'];
    expect((await read(at.client, HIT)).equals(at.bytes)).toBe(true);
    expect(at.service.asked).toEqual(['lookup', 'download', 'download', 'lookup', 'download']);
  });

  it('fails with gone when the entry was evicted meanwhile, whatever else begins with its key', async () => {
    await using at = await stage();
    const hit = await at.client.lookup([PREFIX]);
    const [entry] = at.service.store.entries.splice(0);
    if (hit === undefined || entry === undefined) throw new Error('nothing was found');
    expect(await errorOf(at.client.open(hit))).toMatchObject({ code: 'gone' });
    const longer = at.service.store.reserve(`${PREFIX}a-longer`, entry.version);
    if (longer) at.service.store.finish(longer);
    expect(await errorOf(at.client.open(HIT))).toMatchObject({ code: 'gone' });
    expect(await errorOf(at.client.open({ key: 'a,b' }))).toMatchObject({ code: 'gone' });
  });

  it.each([
    ['no Range', false, ['cut'], 'unavailable'],
    ['another range', true, ['cut', 'wrong-range'], 'bad-answer'],
  ] as const)('that cannot be continued fails: %s', async (_, range, faults, code) => {
    await using at = await stage();
    at.service.settings.range = range;
    at.service.next.download = [...faults];
    const { stream } = await at.client.open(HIT);
    expect(await errorOf(buffer(stream))).toMatchObject({ code });
    expect(at.service.ranges).toHaveLength(2);
  });

  it('does not go on in another entry', async () => {
    await using at = await stage();
    at.service.next.download = ['cut'];
    const { stream } = await at.client.open(HIT);
    const [entry] = at.service.store.entries;
    if (entry) entry.data = randomBytes(SIZE + 1);
    expect(await errorOf(buffer(stream))).toMatchObject({ code: 'gone' });
  });

  it('waits for a reader that takes its time', async () => {
    await using at = await stage({ limits: { stallMs: 200 } }, 8_000_000);
    const { stream } = await at.client.open(HIT);
    const chunks: Buffer[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      // Longer than the limit, while more lies in the line than all buffers take.
      if (chunks.length === 1) await new Promise(resolve => setTimeout(resolve, 600));
      chunks.push(chunk);
    }
    expect(Buffer.concat(chunks).equals(at.bytes)).toBe(true);
    expect(at.service.ranges).toEqual([undefined]);
  });

  it('that nobody wants any more frees its connection', async () => {
    await using at = await stage({}, 8_000_000);
    at.service.faults.download = 'stall';
    const { stream } = await at.client.open(HIT);
    await once(stream, 'readable');
    stream.destroy();
    await expect.poll(() => at.service.log.filter(entry => entry.step === 'download').length).toBe(1);
  });
});

describe('the signal', () => {
  it.each(['v1', 'v2'] as const)('ends whatever is under way over %s', async protocol => {
    await using at = await stage({ protocol });
    for (const step of ['lookup', 'reserve', 'upload', 'finalize', 'download'] as const) {
      at.service.asked.length = 0;
      at.service.faults[step] = 'hang';
      const abort = new AbortController();
      const client = clientOf(at.service, { protocol, signal: abort.signal });
      await using dir = await tempDir('cache');
      const file = dir.join('x');
      await writeFile(file, 'abc');
      const work = async (): Promise<void> => {
        if (step === 'lookup' || step === 'download') await read(client, HIT);
        else await (await client.reserve(`${PREFIX}${step}`, 3)).fill(file, 3);
      };
      const failed = errorOf(work());
      await expect.poll(() => at.service.asked.includes(step)).toBe(true);
      abort.abort();
      expect(await failed).toMatchObject({ code: 'cancelled' });
      expect(await errorOf(client.lookup([PREFIX]))).toMatchObject({ code: 'cancelled' });
      delete at.service.faults[step];
    }
  });

  it('ends a stream that somebody reads, or does not', async () => {
    const abort = new AbortController();
    await using at = await stage({}, 8_000_000);
    const client = clientOf(at.service, { protocol: 'v2', signal: abort.signal });
    at.service.faults.download = 'stall';
    const reading = await client.open(HIT);
    const ignored = await client.open(HIT);
    const closed = errorOf(once(ignored.stream, 'close'));
    const failed = errorOf(buffer(reading.stream));
    abort.abort();
    expect(await failed).toMatchObject({ code: 'cancelled' });
    expect(await closed).toMatchObject({ code: 'cancelled' });
    expect(await errorOf(client.open(HIT))).toMatchObject({ code: 'cancelled' });
  });
});
