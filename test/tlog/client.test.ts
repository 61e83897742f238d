import { describe, expect, test } from 'vitest';
import { ModuleError } from '../../src/gomod/errors.ts';
import { MAX_LOOKUP_BYTES, SumDb, SumDbError } from '../../src/tlog/client.ts';
import { makeSigner, openNote, signNote } from '../../src/tlog/note.ts';
import { parseTree } from '../../src/tlog/record.ts';
import { fakeH1, TEST_KEY, TestLog, TestWorld } from './test-log.ts';

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof SumDbError) return error.code;
    throw error;
  }
  return 'ok';
}

function flip(bytes: Uint8Array, at: number): Buffer {
  const flipped = Buffer.from(bytes);
  flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
  return flipped;
}

function sizeOf(note: Uint8Array | undefined): number | undefined {
  return note && parseTree(openNote(note, [TEST_KEY]).text)?.size;
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>(done => {
    resolve = done;
  });
  return { promise, resolve };
}

const hashes = (path: string, version = 'v1.0.0') => {
  const zip = fakeH1(`${path}${version}`);
  return { zip, mod: fakeH1(zip) };
};

describe('lookup', () => {
  test('gives both hashes and the whole answer, in trees of every kind of width', async () => {
    for (const size of [1, 2, 3, 255, 256, 257, 600]) {
      const world = new TestWorld(new TestLog().growTo(size));
      const client = world.client();
      for (const id of new Set([0, Math.floor(size / 2), size - 1])) {
        const found = await client.lookup(`m.test/${id}`, 'v1.0.0');
        expect(found).toMatchObject(hashes(`m.test/${id}`));
        expect(Buffer.from(found.record)).toEqual(world.log.answer(`/lookup/m.test/${id}@v1.0.0`));
      }
    }
  });

  test('escapes path and version on the wire, refuses malformed ones without asking', async () => {
    const log = new TestLog().growTo(5);
    log.add('m.test/Upper', 'v1.0.0-RC1');
    const world = new TestWorld(log);
    const client = world.client();
    expect(await client.lookup('m.test/Upper', 'v1.0.0-RC1')).toMatchObject(
      hashes('m.test/Upper', 'v1.0.0-RC1'),
    );
    expect(world.asked).toContain('/lookup/m.test/!upper@v1.0.0-!r!c1');
    const before = world.asked.length;
    await expect(client.lookup('../x', 'v1.0.0')).rejects.toThrow(ModuleError);
    await expect(client.lookup('m.test/x', 'a/b')).rejects.toThrow(ModuleError);
    expect(world.asked).toHaveLength(before);
  });

  test('concurrent calls for one version ask once, a later one not at all', async () => {
    const world = new TestWorld(new TestLog().growTo(300));
    const client = world.client();
    const all = await Promise.all(Array.from({ length: 20 }, () => client.lookup('m.test/7', 'v1.0.0')));
    expect(new Set(all).size).toBe(1);
    expect(new Set(world.asked).size).toBe(world.asked.length);
    const before = world.asked.length;
    await client.lookup('m.test/7', 'v1.0.0');
    expect(world.asked).toHaveLength(before);
  });

  test('an absent module is not-found, an outage is unreachable with its cause, neither is remembered', async () => {
    const world = new TestWorld(new TestLog().growTo(3));
    const client = world.client();
    expect(await codeOf(client.lookup('m.test/none', 'v1.0.0'))).toBe('not-found');
    world.goOffline();
    await expect(client.lookup('m.test/1', 'v1.0.0')).rejects.toMatchObject({
      code: 'unreachable',
      cause: { message: 'connection refused' },
    });
    world.tamper = (_, answer) => answer;
    world.log.add('m.test/none', 'v1.0.0');
    expect(await client.lookup('m.test/none', 'v1.0.0')).toMatchObject(hashes('m.test/none'));
    expect(await client.lookup('m.test/1', 'v1.0.0')).toMatchObject(hashes('m.test/1'));
  });

  test('a tile that the database denies is an outage, not an absent module', async () => {
    const world = new TestWorld(new TestLog().growTo(300));
    world.tamper = (path, answer) => {
      if (path.startsWith('/tile/')) throw Object.assign(new Error('404'), { code: 'not-found' });
      return answer;
    };
    expect(await codeOf(world.client().lookup('m.test/1', 'v1.0.0'))).toBe('unreachable');
  });

  test('look-ups that overlap share a tile that is fetched and not judged yet', async () => {
    const world = new TestWorld(new TestLog().growTo(600));
    const held = deferred();
    const reached = deferred();
    const readRemote = world.readRemote.bind(world);
    world.readRemote = async path => {
      const answer = await readRemote(path);
      if (path === '/tile/8/0/001') reached.resolve();
      if (path === '/tile/8/0/000') await held.promise;
      return answer;
    };
    const client = world.client();
    const first = client.lookup('m.test/7', 'v1.0.0');
    await expect.poll(() => world.asked).toContain('/tile/8/0/000');
    const second = client.lookup('m.test/300', 'v1.0.0');
    await reached.promise;
    held.resolve();
    await Promise.all([first, second]);
    expect(world.asked.filter((path, at) => world.asked.indexOf(path) !== at)).toEqual([]);
  });
});

describe('what is tampered with', () => {
  const faults: [name: string, code: string, tamper: TestWorld['tamper']][] = [
    [
      'a record',
      'bad-proof',
      (path, a) => (path.startsWith('/lookup') ? Buffer.from(a.toString().replace(/ h1:./, ' h1:!')) : a),
    ],
    [
      'a record number',
      'bad-proof',
      (path, a) => (path.startsWith('/lookup') ? Buffer.from(a.toString().replace(/^7/, '8')) : a),
    ],
    [
      'a record number beyond the tree',
      'bad-proof',
      (path, a) => (path.startsWith('/lookup') ? Buffer.from(a.toString().replace(/^7/, '700')) : a),
    ],
    ['a signature', 'bad-signature', (path, a) => (path.startsWith('/lookup') ? flip(a, a.length - 20) : a)],
    [
      'the size in a head',
      'bad-signature',
      (path, a) => (path.startsWith('/lookup') ? Buffer.from(a.toString().replace('\n300\n', '\n301\n')) : a),
    ],
    ['a tile', 'bad-proof', (path, a) => (path.startsWith('/tile/8/0/000') ? flip(a, 7 * 32) : a)],
    ['the top tile', 'bad-proof', (path, a) => (path.startsWith('/tile/8/1/') ? flip(a, 0) : a)],
    ['a tile at the edge', 'bad-proof', (path, a) => (path.startsWith('/tile/8/0/001') ? flip(a, 40) : a)],
    ['a tile cut short', 'bad-response', (path, a) => (path.startsWith('/tile/') ? a.subarray(1) : a)],
    [
      'a tile that goes on',
      'bad-response',
      (path, a) => (path.startsWith('/tile/8/0/000') ? Buffer.concat([a, a]) : a),
    ],
    ['an HTML page', 'bad-response', (path, a) => (path.startsWith('/lookup') ? Buffer.from('<html>') : a)],
    [
      'a huge answer',
      'bad-response',
      (path, a) => (path.startsWith('/lookup') ? Buffer.concat([a, Buffer.alloc(MAX_LOOKUP_BYTES)]) : a),
    ],
    ['an empty answer', 'bad-response', (path, a) => (path.startsWith('/lookup') ? Buffer.alloc(0) : a)],
  ];

  test.each(faults)('%s is %s; nothing of it is kept, and the next call works', async (_, code, tamper) => {
    const world = new TestWorld(new TestLog().growTo(300));
    world.tamper = tamper;
    const client = world.client();
    expect(await codeOf(client.lookup('m.test/7', 'v1.0.0'))).toBe(code);
    expect(world.cache.has('/lookup/m.test/7@v1.0.0')).toBe(false);
    for (const [path, bytes] of world.cache) expect(Buffer.from(bytes)).toEqual(world.log.answer(path));
    world.tamper = (__, answer) => answer;
    expect(await client.lookup('m.test/7', 'v1.0.0')).toMatchObject(hashes('m.test/7'));
    expect(world.warnings).toEqual([]);
  });

  test('the true record of another module is no answer', async () => {
    const world = new TestWorld(new TestLog().growTo(300));
    world.tamper = (path, answer) =>
      path.startsWith('/lookup') ? world.log.answer('/lookup/m.test/8@v1.0.0') : answer;
    expect(await codeOf(world.client().lookup('m.test/7', 'v1.0.0'))).toBe('bad-response');
  });

  test('a head signed by another key of the same name is refused', async () => {
    const world = new TestWorld(new TestLog().growTo(10));
    const other = makeSigner('sum.example.test', Buffer.alloc(32, 1));
    world.tamper = (path, answer) => {
      if (!path.startsWith('/lookup')) return answer;
      const [record = '', text = ''] = answer.toString().split('\n\n');
      return Buffer.concat([Buffer.from(`${record}\n\n`), signNote(`${text}\n`, [other.signer])]);
    };
    expect(await codeOf(world.client().lookup('m.test/7', 'v1.0.0'))).toBe('bad-signature');
  });
});

describe('a growing tree', () => {
  test('heads move forward with proofs, old heads still fit, the record of them too', async () => {
    const world = new TestWorld(new TestLog().growTo(10));
    const client = world.client();
    for (const size of [10, 11, 255, 256, 300, 700]) {
      world.log.growTo(size);
      expect(await client.lookup(`m.test/${size - 1}`, 'v1.0.0')).toMatchObject(hashes(`m.test/${size - 1}`));
      expect(sizeOf(world.latest)).toBe(size);
      expect(sizeOf(await client.latest())).toBe(size);
    }
    world.log.headSize = 280;
    expect(await client.lookup('m.test/3', 'v1.0.0')).toMatchObject(hashes('m.test/3'));
    expect(sizeOf(await client.latest())).toBe(700);
    expect(world.warnings).toEqual([]);
  });

  test('a partial tile that was completed meanwhile is taken from the full one', async () => {
    const log = new TestLog().growTo(100);
    const world = new TestWorld(log);
    log.headSize = 100;
    log.growTo(300);
    world.tamper = (path, answer) => {
      if (path.endsWith('.p/100')) throw Object.assign(new Error('404'), { code: 'not-found' });
      return answer;
    };
    expect(await world.client().lookup('m.test/7', 'v1.0.0')).toMatchObject(hashes('m.test/7'));
    expect(world.asked).toContain('/tile/8/0/000');
  });

  test('two clients with one recorded head agree on the newest', async () => {
    const log = new TestLog().growTo(50);
    const world = new TestWorld(log);
    const [a, b] = [world.client(), world.client()];
    await a.lookup('m.test/1', 'v1.0.0');
    log.growTo(80);
    await b.lookup('m.test/60', 'v1.0.0');
    log.headSize = 70;
    await a.lookup('m.test/65', 'v1.0.0');
    expect(sizeOf(world.latest)).toBe(80);
    expect(sizeOf(await a.latest())).toBe(80);
    expect(world.warnings).toEqual([]);
  });

  test('a conflict when the head is written leads to another round', async () => {
    const world = new TestWorld(new TestLog().growTo(50));
    const write = world.writeLatest.bind(world);
    let first = true;
    world.writeLatest = async (old, next) => {
      if (first) world.latest = world.log.head(20);
      first = false;
      return write(old, next);
    };
    await world.client().lookup('m.test/1', 'v1.0.0');
    expect(world.conflicts).toBe(1);
    expect(sizeOf(world.latest)).toBe(50);
  });
});

describe('a fork', () => {
  /** Two histories with one key that part at record 100. */
  function forked(size: number): { ours: TestLog; theirs: TestLog } {
    const [ours, theirs] = [new TestLog().growTo(100), new TestLog().growTo(100)];
    theirs.add('m.test/evil', 'v1.0.0', 'backdoor');
    return { ours: ours.growTo(150), theirs: theirs.growTo(size) };
  }

  test.each([
    ['longer', 300],
    ['as long', 150],
    ['shorter', 120],
  ])('that is %s is found, told with both heads and a proof, and refused again', async (_, size) => {
    const { ours, theirs } = forked(size);
    const world = new TestWorld(ours);
    const client = world.client();
    await client.lookup('m.test/5', 'v1.0.0');
    world.log = theirs;
    expect(await codeOf(client.lookup('m.test/evil', 'v1.0.0'))).toBe('fork');
    expect(world.warnings).toHaveLength(1);
    const [report = ''] = world.warnings;
    expect(report).toContain('SECURITY ERROR\n');
    for (const head of [ours.head(), theirs.head()]) {
      const [, signature = 'none'] = head.toString().split('\n\n');
      expect(report).toContain(signature.trim());
    }
    expect(report).toMatch(/proof of misbehavior:\n\t[A-Za-z0-9+/]{43}=/);
    expect(report).not.toContain('not complete');
    expect(sizeOf(world.latest)).toBe(150);
    expect(await codeOf(client.lookup('m.test/evil', 'v1.0.0'))).toBe('fork');
  });

  test('is found by a later process through the recorded head, whatever is cached', async () => {
    const { ours, theirs } = forked(300);
    const world = new TestWorld(ours);
    await world.client().lookup('m.test/5', 'v1.0.0');
    world.log = theirs;
    expect(await codeOf(world.client().lookup('m.test/evil', 'v1.0.0'))).toBe('fork');
    world.log = ours;
    expect(await world.client().lookup('m.test/6', 'v1.0.0')).toMatchObject(hashes('m.test/6'));
  });
});

describe('the cache', () => {
  test('serves a later process without the database', async () => {
    const world = new TestWorld(new TestLog().growTo(300));
    await world.client().lookup('m.test/7', 'v1.0.0');
    world.goOffline();
    const asked = world.asked.length;
    expect(await world.client().lookup('m.test/7', 'v1.0.0')).toMatchObject(hashes('m.test/7'));
    expect(world.asked).toHaveLength(asked);
    expect(await codeOf(world.client().lookup('m.test/8', 'v1.0.0'))).toBe('unreachable');
  });

  test('serves what was looked up under an older head, too', async () => {
    const world = new TestWorld(new TestLog().growTo(300));
    await world.client().lookup('m.test/290', 'v1.0.0');
    world.log.growTo(2000);
    await world.client().lookup('m.test/1999', 'v1.0.0');
    world.goOffline();
    expect(await world.client().lookup('m.test/290', 'v1.0.0')).toMatchObject(hashes('m.test/290'));
  });

  test('damage in it is noticed and mended', async () => {
    const world = new TestWorld(new TestLog().growTo(300));
    await world.client().lookup('m.test/7', 'v1.0.0');
    const good = new Map(world.cache);
    for (const path of good.keys()) {
      const bytes = good.get(path) ?? Buffer.alloc(0);
      for (const damaged of [flip(bytes, 3), bytes.subarray(0, bytes.length - 1), Buffer.alloc(0)]) {
        world.cache.set(path, damaged);
        expect(await world.client().lookup('m.test/7', 'v1.0.0'), path).toMatchObject(hashes('m.test/7'));
        expect(Buffer.from(world.cache.get(path) ?? []), path).toEqual(Buffer.from(bytes));
      }
    }
  });

  test('a cache and a recorded head that always fail change nothing but the traffic', async () => {
    const world = new TestWorld(new TestLog().growTo(300));
    const broken = () => Promise.reject(new Error('EIO'));
    const client = new SumDb(TEST_KEY, {
      readRemote: path => world.readRemote(path),
      readCache: broken,
      writeCache: broken,
      readLatest: broken,
      writeLatest: broken,
      securityError: message => world.securityError(message),
    });
    expect(await client.lookup('m.test/7', 'v1.0.0')).toMatchObject(hashes('m.test/7'));
    expect(await client.lookup('m.test/8', 'v1.0.0')).toMatchObject(hashes('m.test/8'));
  });

  test('a recorded head that is damaged is replaced', async () => {
    const world = new TestWorld(new TestLog().growTo(30));
    world.latest = flip(world.log.head(), 30);
    await world.client().lookup('m.test/7', 'v1.0.0');
    expect(sizeOf(world.latest)).toBe(30);
  });
});

describe('tile', () => {
  test('gives every tile of the tree, and narrower ones of it, byte for byte', async () => {
    const world = new TestWorld(new TestLog().growTo(600));
    const client = world.client();
    const paths = [
      '/tile/8/0/000',
      '/tile/8/0/001',
      '/tile/8/0/002.p/88',
      '/tile/8/1/000.p/2',
      '/tile/8/0/002.p/5',
      '/tile/8/0/001.p/17',
    ];
    for (const path of paths)
      expect(Buffer.from(await client.tile(path)), path).toEqual(world.log.answer(path));
    expect(sizeOf(await client.latest())).toBe(600);
  });

  test('brings the head up to date for a tile beyond it', async () => {
    const world = new TestWorld(new TestLog().growTo(10));
    const client = world.client();
    await client.tile('/tile/8/0/000.p/10');
    world.log.growTo(520);
    expect(Buffer.from(await client.tile('/tile/8/0/001'))).toEqual(world.log.answer('/tile/8/0/001'));
    expect(sizeOf(world.latest)).toBe(520);
  });

  test.each([
    '/tile/8/0/003',
    '/tile/8/1/001',
    '/tile/8/7/x999/x999/x999/999',
    '/tile/8/data/000',
    '/tile/7/0/000',
    '/tile/8/0/../0/000',
    'tile/8/0/000',
    '/lookup/m.test/1@v1.0.0',
  ])('%s is not found', async path => {
    const world = new TestWorld(new TestLog().growTo(600));
    expect(await codeOf(world.client().tile(path))).toBe('not-found');
  });

  test('a tampered one is refused and not kept', async () => {
    const world = new TestWorld(new TestLog().growTo(600));
    world.tamper = (path, answer) => (path === '/tile/8/0/001' ? flip(answer, 99) : answer);
    const client = world.client();
    expect(await codeOf(client.tile('/tile/8/0/001'))).toBe('bad-proof');
    expect(world.cache.has('/tile/8/0/001')).toBe(false);
    world.tamper = (_, answer) => answer;
    expect(Buffer.from(await client.tile('/tile/8/0/001'))).toEqual(world.log.answer('/tile/8/0/001'));
  });

  test('offline, a cached one is given though the tree has grown', async () => {
    const world = new TestWorld(new TestLog().growTo(40));
    await world.client().tile('/tile/8/0/000.p/40');
    world.latest = world.log.growTo(90).head();
    world.goOffline();
    const tile = await world.client().tile('/tile/8/0/000.p/40');
    expect(Buffer.from(tile)).toEqual(world.log.answer('/tile/8/0/000.p/40'));
    expect(await codeOf(world.client().tile('/tile/8/0/000.p/41'))).toBe('unreachable');
  });
});
