import { createHash } from 'node:crypto';
import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Vouch } from '../../src/proxy/types.ts';
import type { ChainEntry } from '../../src/proxy/upstream/chain.ts';
import { type DiskStore, openDiskStore } from '../../src/store/disk.ts';
import { createHasher, type Hasher } from '../../src/store/hasher.ts';
import { versionKeys } from '../../src/store/layout.ts';
import type { FileKind, IndexEntry, ModVer, Store } from '../../src/store/types.ts';
import { commitModule, type RealModule, realModules } from '../support/store-modules.ts';
import { type TempDir, tempDir } from '../support/temp.ts';
import type { Faults } from '../support/upstream/types.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { type Front, type FrontOptions, startFront } from './front.ts';

let small: RealModule;
let pseudo: RealModule;
let large: RealModule;
let other: RealModule;
let hasher: Hasher;
let template: TempDir;
beforeAll(async () => {
  [small, pseudo, large, other] = (await realModules([
    'github.com/pkg/errors@v0.9.1',
    'golang.org/x/exp@v0.0.0-20240613232115-7f521ea00fb8',
    'golang.org/x/text@v0.14.0',
    'github.com/google/uuid@v1.6.0',
  ])) as [RealModule, RealModule, RealModule, RealModule];
  hasher = createHasher();
  template = await tempDir('restored');
  const maker = await openDiskStore(template.join('store'), { hasher });
  for (const m of [small, pseudo, large]) await commitModule(maker, m);
  await maker.flush();
});
afterAll(async () => {
  await hasher.close();
  await template[Symbol.asyncDispose]();
});

/** What go.sum would say of the real modules. */
function sums(module: string, version: string, file: 'zip' | 'mod'): readonly string[] {
  const found = [small, pseudo, large].find(m => m.path === module && m.version === version);
  return found === undefined ? [] : [file === 'zip' ? found.h1 : found.goModH1];
}
const byGoSum = (module: string, version: string, file: 'zip' | 'mod'): Vouch => {
  const h1s = sums(module, version, file);
  return h1s.length > 0 ? { state: 'known', by: 'gosum', h1s } : { state: 'unknown', why: 'a test' };
};
const byDatabase = (module: string, version: string, file: 'zip' | 'mod'): Vouch => {
  const known = byGoSum(module, version, file);
  return known.state === 'known' ? { ...known, by: 'sumdb' } : known;
};

interface World extends AsyncDisposable {
  readonly front: Front;
  readonly upstream: Upstream;
  get(m: ModVer, kind: FileKind | 'list' | 'latest'): Promise<{ status: number; body: Buffer }>;
  /** What the upstream was asked for, without its leading slash. */
  asked(): string[];
}

interface WorldOptions extends FrontOptions {
  /** Changes what somebody else filled the store with. */
  readonly poison?: (dir: string) => Promise<void>;
  readonly faults?: Faults;
  readonly entries?: readonly ChainEntry[];
  readonly gone?: boolean;
}

/** A proxy over a store that was restored from who knows where, in front of the real mirror. */
async function restored(options: WorldOptions = {}): Promise<World> {
  const upstream = await startUpstream({
    ...(options.faults === undefined ? {} : { faults: options.faults }),
  });
  if (options.gone === true) await upstream.kill();
  const front = await startFront(options.entries ?? [{ url: upstream.url, fallBackOn: 'absent' }], {
    proof: 'full',
    goSum: sums,
    vouch: byGoSum,
    fill: async dir => {
      await fsp.cp(template.join('store'), dir, { recursive: true });
      await options.poison?.(dir);
    },
    ...options,
  });
  return {
    front,
    upstream,
    get: async (m, kind) => {
      const escaped = m.path.replace(/[A-Z]/g, c => `!${c.toLowerCase()}`);
      const file = kind === 'latest' ? '@latest' : kind === 'list' ? '@v/list' : `@v/${m.version}.${kind}`;
      const answer = await fetch(`${front.url}/${escaped}/${file}`);
      return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) };
    },
    asked: () => upstream.requests.map(one => one.path.slice(1)),
    [Symbol.asyncDispose]: async () => {
      await front[Symbol.asyncDispose]();
      await upstream.close();
    },
  };
}

function keysOf(m: ModVer) {
  const keys = versionKeys(m);
  if (keys === undefined) throw new Error('no keys');
  return keys;
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const factsOf = (bytes: Buffer) => ({ sha256: sha256(bytes), size: bytes.length });

/** Puts bytes into the place of a file, and an index entry that fits them and claims what it likes. */
async function forge(
  dir: string,
  m: ModVer,
  kind: FileKind,
  bytes: Buffer,
  claim: object = {},
): Promise<void> {
  const keys = keysOf(m);
  const at = path.join(dir, keys.index);
  const entry = JSON.parse(await fsp.readFile(at, 'utf8')) as IndexEntry;
  const facts = factsOf(bytes);
  const told = kind === 'zip' ? { ...facts, representation: 'original', original: facts } : facts;
  await fsp.writeFile(path.join(dir, keys.files[kind]), bytes);
  await fsp.writeFile(at, JSON.stringify({ ...entry, [kind]: told, ...claim }));
}

describe('code out of a restored store', () => {
  it('that go.sum vouches for is served without a question to the upstream', async () => {
    await using w = await restored();
    for (const m of [small, large]) {
      expect((await w.get(m, 'zip')).body.equals(await fsp.readFile(m.zip))).toBe(true);
      expect((await w.get(m, 'mod')).body.equals(m.mod)).toBe(true);
    }
    expect(w.asked()).toEqual([]);
    expect(w.front.warnings).toEqual([]);
    expect(w.front.damage).toEqual([]);
  });

  it('that the checksum database vouches for is, too', async () => {
    await using w = await restored({ goSum: () => [], vouch: byDatabase });
    expect((await w.get(large, 'zip')).body.equals(await fsp.readFile(large.zip))).toBe(true);
    expect((await w.get(small, 'mod')).body.equals(small.mod)).toBe(true);
    expect(w.asked()).toEqual([]);
  });

  it.each([
    ['unknown', 'no checksum database'],
    ['unavailable', 'it is down'],
  ] as const)(
    'that nobody vouches for (%s) comes from the upstream, which one line says',
    async (state, why) => {
      await using w = await restored({ goSum: () => [], vouch: () => ({ state, why }) });
      for (const m of [small, pseudo]) {
        expect((await w.get(m, 'zip')).status).toBe(200);
        expect((await w.get(m, 'mod')).body.equals(m.mod)).toBe(true);
      }
      expect(w.asked()).toHaveLength(4);
      expect(w.front.warnings).toEqual([
        expect.stringMatching(
          /the shared cache has github\.com\/pkg\/errors@v0\.9\.1, but neither go\.sum nor/,
        ),
      ]);
    },
  );

  it('that nobody vouches for is not served when there is no upstream either', async () => {
    await using w = await restored({
      goSum: () => [],
      vouch: () => ({ state: 'unknown', why: 'off' }),
      gone: true,
    });
    expect((await w.get(small, 'zip')).status).toBe(503);
    expect((await w.get(small, 'mod')).status).toBe(503);
  });

  it.each([
    [
      'another module, with an index to fit',
      async (dir: string) => {
        await forge(dir, small, 'zip', await fsp.readFile(other.zip), {
          h1: other.h1,
          vouchedBy: { zip: 'sumdb' },
        });
      },
    ],
    ['no zip at all', async (dir: string) => forge(dir, small, 'zip', Buffer.from('PK nonsense'))],
    [
      'one flipped byte',
      async (dir: string) => {
        const bytes = await fsp.readFile(small.zip);
        bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
        await forge(dir, small, 'zip', bytes);
      },
    ],
  ])('a zip that is %s is fetched anew, which one line says', async (_, poison) => {
    await using w = await restored({ poison });
    expect((await w.get(small, 'zip')).status).toBe(200);
    expect(w.asked()).toEqual([keysOf(small).files.zip]);
    expect(w.front.warnings.length + w.front.damage.length).toBe(1);
    // What was fetched is in the store, whatever the index said of its voucher.
    const again = await w.get(small, 'zip');
    expect(again.status).toBe(200);
    expect(w.asked()).toHaveLength(1);
    expect(w.front.records.at(-1)).toMatchObject({ h1: small.h1 });
  });

  it('a real zip of the same module under a wrong version is fetched anew', async () => {
    const [older] = (await realModules(['github.com/pkg/errors@v0.9.0'])) as [RealModule];
    await using w = await restored({
      poison: async dir => forge(dir, small, 'zip', await fsp.readFile(older.zip), { h1: older.h1 }),
    });
    expect((await w.get(small, 'zip')).status).toBe(200);
    expect(w.asked()).toEqual([keysOf(small).files.zip]);
  });

  it('a go.mod that go.sum does not have is fetched anew, which one line says', async () => {
    const mod = Buffer.from('module github.com/pkg/errors\n\nrequire example.com/evil v1.0.0\n');
    const h1 = `h1:${createHash('sha256')
      .update(`${sha256(mod)}  go.mod\n`)
      .digest('base64')}`;
    await using w = await restored({ poison: async dir => forge(dir, small, 'mod', mod, { goModH1: h1 }) });
    expect((await w.get(small, 'mod')).body.equals(small.mod)).toBe(true);
    expect(w.front.warnings).toEqual([
      expect.stringContaining(`the store's github.com/pkg/errors@v0.9.1.mod has ${h1}, go.sum wants`),
    ]);
  });

  it('a zip that is wrong is fetched ahead', async () => {
    await using w = await restored({
      poison: async dir => forge(dir, large, 'zip', await fsp.readFile(other.zip), { h1: other.h1 }),
    });
    await w.front.files.prefetch(large, 'zip');
    expect(w.asked()).toEqual([keysOf(large).files.zip]);
    expect((await w.get(large, 'zip')).body.equals(await fsp.readFile(large.zip))).toBe(true);
    expect(w.asked()).toHaveLength(1);
  });
});

describe('an .info out of a restored store', () => {
  const lie = Buffer.from('{"Version":"v0.9.1","Time":"1999-01-01T00:00:00Z"}');

  it('is confirmed by the upstream once, and said nothing of when it is true', async () => {
    await using w = await restored();
    const first = await w.get(small, 'info');
    expect(JSON.parse(first.body.toString())).toMatchObject(JSON.parse(small.info.toString()) as object);
    await w.get(small, 'info');
    expect(w.asked()).toEqual([keysOf(small).files.info]);
    expect(w.front.warnings).toEqual([]);
  });

  it('is confirmed ahead of go', async () => {
    await using w = await restored();
    await w.front.files.prefetch(small, 'info');
    expect(w.asked()).toHaveLength(1);
    await w.get(small, 'info');
    expect(w.asked()).toHaveLength(1);
  });

  it.each([
    ['another time', lie],
    [
      'another origin',
      Buffer.from(
        '{"Version":"v0.9.1","Time":"2020-01-14T19:47:44Z","Origin":{"VCS":"git","URL":"https://example.com/x","Hash":"00"}}',
      ),
    ],
    ['another version', Buffer.from('{"Version":"v9.9.9","Time":"2020-01-14T19:47:44Z"}')],
    ['no JSON', Buffer.from('\u001b[31m<html>')],
  ])('with %s is replaced, which one line says', async (_, bytes) => {
    await using w = await restored({ poison: async dir => forge(dir, small, 'info', bytes) });
    const { body } = await w.get(small, 'info');
    expect(JSON.parse(body.toString())).toMatchObject({ Version: 'v0.9.1', Time: '2020-01-14T19:47:44Z' });
    expect(body.toString()).not.toContain('example.com');
    expect(w.front.warnings).toHaveLength(1);
    expect(w.front.warnings[0]).toMatch(
      /^the \.info of github\.com\/pkg\/errors@v0\.9\.1 in the shared cache says .*: the upstream's was served/,
    );
    const again = await openDiskStore(w.front.storeDir, { hasher });
    expect((await again.get(small, 'info'))?.bytes).toEqual(body);
  });

  it('is made of the version when the upstream is gone, which one line says, and the upstream is left alone', async () => {
    const faults: Faults = () => ({ kind: 'status', status: 503 });
    await using w = await restored({ faults, poison: async dir => forge(dir, small, 'info', lie) });
    expect((await w.get(small, 'info')).body.toString()).toBe('{"Version":"v0.9.1"}');
    expect((await w.get(pseudo, 'info')).body.toString()).toBe(
      `{"Version":"${pseudo.version}","Time":"2024-06-13T23:21:15Z"}`,
    );
    await w.get(large, 'info');
    const asked = w.asked().length;
    for (const m of [small, pseudo, large]) expect((await w.get(m, 'info')).status).toBe(200);
    expect(w.asked()).toHaveLength(asked);
    expect(w.front.warnings).toEqual([
      expect.stringMatching(/^nobody confirms the \.info files .* neither time nor origin$/),
    ]);
    expect((await w.get(small, 'zip')).status).toBe(200);
  });

  it('an upstream that does not confirm one .info is still asked for a zip with all patience', async () => {
    const zips = (nth: number) => (nth < 3 ? ({ kind: 'status', status: 503 } as const) : undefined);
    await using w = await restored({
      faults: ({ path: at, nth }) => (at.endsWith('.zip') ? zips(nth) : { kind: 'status', status: 503 }),
    });
    for (const m of [small, pseudo, large]) await w.get(m, 'info');
    expect((await w.get(other, 'zip')).status).toBe(200);
  });

  it.each([
    ['GOPROXY=off', [{ url: 'off', fallBackOn: 'absent' }]],
    ['GOPROXY=direct', [{ url: 'direct', fallBackOn: 'absent' }]],
    ['no GOPROXY', []],
  ] as const)('is made of the version with %s', async (_, entries) => {
    await using w = await restored({ entries });
    expect((await w.get(small, 'info')).body.toString()).toBe('{"Version":"v0.9.1"}');
    expect((await w.get(small, 'zip')).status).toBe(200);
    expect(w.front.warnings.length + w.front.log.length).toBe(1);
  });

  it('of a version that the upstream does not have is believed only as far as somebody vouches for the version', async () => {
    const faults: Faults = ({ path: at }) =>
      at.endsWith('.info') ? { kind: 'status', status: 404, body: 'no such version' } : undefined;
    {
      await using w = await restored({ faults });
      expect((await w.get(small, 'info')).body.toString()).toBe('{"Version":"v0.9.1"}');
    }
    await using w = await restored({
      faults,
      goSum: () => [],
      vouch: () => ({ state: 'unknown', why: 'off' }),
    });
    const { status, body } = await w.get(small, 'info');
    expect(status).toBe(404);
    expect(body.toString()).toContain('no such version');
  });

  it('that is lost is made of the version when all patience is in vain and somebody vouches for the version', async () => {
    const lose = async (dir: string) => fsp.rm(path.join(dir, keysOf(small).files.info));
    {
      await using w = await restored({ gone: true, poison: lose });
      expect((await w.get(small, 'info')).body.toString()).toBe('{"Version":"v0.9.1"}');
      expect(w.front.warnings).toHaveLength(1);
    }
    await using w = await restored({
      gone: true,
      poison: lose,
      goSum: () => [],
      vouch: () => ({ state: 'unknown', why: 'off' }),
    });
    expect((await w.get(small, 'info')).status).toBe(503);
  });

  it('of which the store has nothing is fetched as ever', async () => {
    await using w = await restored({
      faults: ({ path: at, nth }) => (at.endsWith('.info') && nth < 3 ? { kind: 'reset' } : undefined),
    });
    expect(JSON.parse((await w.get(other, 'info')).body.toString())).toMatchObject({ Version: 'v1.6.0' });
  });
});

describe('versions out of a restored store', () => {
  const invent = async (dir: string) => {
    const maker = await openDiskStore(dir, { hasher });
    await commitModule(maker, { ...small, version: 'v9.9.9', info: Buffer.from('{"Version":"v9.9.9"}') }, [
      'info',
      'mod',
    ]);
    await maker.putSoft('github.com/pkg/errors/@latest', Buffer.from('{"Version":"v9.9.9"}'));
    await maker.flush();
  };

  it('are offered without an upstream when somebody vouches for them', async () => {
    await using w = await restored({ gone: true, poison: invent });
    expect((await w.get(small, 'list')).body.toString()).toBe('v0.9.1\n');
    expect((await w.get(small, 'latest')).body.toString()).toBe('{"Version":"v0.9.1"}');
    expect(w.front.records.at(-1)).toMatchObject({ stale: true, source: 'store' });
  });

  it('are not when nobody does', async () => {
    await using w = await restored({
      gone: true,
      goSum: () => [],
      vouch: () => ({ state: 'unknown', why: 'off' }),
    });
    expect((await w.get(small, 'list')).status).toBe(503);
    expect((await w.get(small, 'latest')).status).toBe(503);
  });

  it('are offered with GOPROXY=off, too', async () => {
    await using w = await restored({ entries: [{ url: 'off', fallBackOn: 'absent' }], poison: invent });
    expect((await w.get(small, 'list')).body.toString()).toBe('v0.9.1\n');
    expect((await w.get(small, 'latest')).body.toString()).toBe('{"Version":"v0.9.1"}');
  });
});

describe('a file that is taken away while it is served', () => {
  /** Takes the zip away, or changes it, after it was looked up for the first time. */
  const losing =
    (change: (file: string) => Promise<void>) =>
    (store: DiskStore): Store => {
      let done = false;
      return new Proxy(store, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name, target);
          if (name !== 'get') return typeof value === 'function' ? value.bind(target) : value;
          return async (...args: Parameters<Store['get']>) => {
            const found = await target.get(...args);
            if (!done && args[1] === 'zip' && found !== undefined) {
              done = true;
              await change(path.join(store.location, keysOf(args[0]).files.zip));
            }
            return found;
          };
        },
      });
    };

  it.each(['digest', 'full'] as const)('by a prune is fetched again (%s)', async proof => {
    await using w = await restored({ proof, through: losing(file => fsp.rm(file)) });
    const { status, body } = await w.get(large, 'zip');
    expect(status).toBe(200);
    expect(body.equals(await fsp.readFile(large.zip))).toBe(true);
    expect(w.asked()).toEqual([keysOf(large).files.zip]);
    await vi.waitFor(() =>
      expect(w.front.records).toEqual([expect.objectContaining({ status: 200, bytes: body.length })]),
    );
  });

  it('by a writer of something else is fetched again', async () => {
    await using w = await restored({ through: losing(file => fsp.writeFile(file, 'something else')) });
    expect((await w.get(large, 'zip')).body.equals(await fsp.readFile(large.zip))).toBe(true);
    expect(w.front.damage).toHaveLength(1);
  });

  it('is an error of the store when it never stays', async () => {
    const always = (store: DiskStore): Store =>
      new Proxy(store, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name, target);
          if (name !== 'get') return typeof value === 'function' ? value.bind(target) : value;
          return async (...args: Parameters<Store['get']>) => {
            const found = await target.get(...args);
            await fsp.rm(path.join(store.location, keysOf(args[0]).files.zip), { force: true });
            return found;
          };
        },
      });
    await using w = await restored({ through: always });
    const { status, body } = await w.get(large, 'zip');
    expect(status).toBe(503);
    expect(body.toString()).toContain('modgate:');
  });
});
