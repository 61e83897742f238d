import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProxyError } from '../../src/proxy/errors.ts';
import { rememberAbsences } from '../../src/proxy/upstream/absences.ts';
import type { Chain, Walked, WalkOptions, Want } from '../../src/proxy/upstream/chain.ts';
import { type DiskStore, openDiskStore } from '../../src/store/disk.ts';
import { createHasher, type Hasher } from '../../src/store/hasher.ts';
import { type TempDir, tempDir } from '../support/temp.ts';

const PATH = 'a.test/m/cmd/x/@v/v1.0.0.info';
const ABSENT = {
  state: 'absent',
  text: 'not found: no such module',
  upstream: 'https://u.test',
  retries: 0,
} as const;
const DOWN = new ProxyError('upstream-unavailable', 'down', { upstream: 'https://u.test', retries: 3 });

let dir: TempDir;
let hasher: Hasher;
let store: DiskStore;
beforeEach(async () => {
  dir = await tempDir('absences');
  hasher = createHasher();
  store = await openDiskStore(dir.join('store'), { hasher, onDamage: () => undefined });
});
afterEach(async () => {
  await store.flush();
  await hasher.close();
  await dir[Symbol.asyncDispose]();
});

/** Asks for a path of a chain that answers as told, a given time from now. */
async function ask(answer: Walked<never> | ProxyError, path = PATH, laterMs = 0) {
  let options: WalkOptions = {};
  const inner: Chain = {
    entries: [],
    fetch: async <T>(_: Want<T>, given: WalkOptions = {}) => {
      options = given;
      if (answer instanceof ProxyError) throw answer;
      return answer;
    },
  };
  const chain = rememberAbsences(inner, { store, now: () => Date.now() + laterMs });
  const want: Want<Buffer> = { path, what: path, limit: 1, wrongStops: false, check: () => Buffer.alloc(0) };
  const walked = await chain.fetch(want).catch((error: unknown) => error);
  return { walked, brief: options.brief === true };
}

describe('what an upstream proved to be absent', () => {
  it('is absent while the upstream is down, which is then not asked for long', async () => {
    expect((await ask(ABSENT)).walked).toBe(ABSENT);
    const { walked, brief } = await ask(DOWN);
    expect(brief).toBe(true);
    expect(walked).toMatchObject({ state: 'absent', upstream: undefined, retries: 3 });
    expect((walked as { text: string }).text).toBe(
      'not found: no such module\nmodgate: so it was when https://u.test could last be asked',
    );
  });

  it('is an outage for another path, for a file with content, and for what nobody asked before', async () => {
    await ask(ABSENT);
    expect(await ask(DOWN, 'a.test/m/@v/v1.0.0.info')).toEqual({ walked: DOWN, brief: false });
    await ask(ABSENT, 'a.test/m/@v/v1.0.0.zip');
    expect((await ask(DOWN, 'a.test/m/@v/v1.0.0.zip')).walked).toBe(DOWN);
  });

  it('is forgotten after a month', async () => {
    await ask(ABSENT);
    expect((await ask(DOWN, PATH, 31 * 86_400_000)).walked).toBe(DOWN);
  });

  it('was not proven by GOPROXY=off', async () => {
    await ask({ ...ABSENT, upstream: undefined });
    expect((await ask(DOWN)).walked).toBe(DOWN);
  });

  it('counts in a store that is not believed only when this process saw it', async () => {
    await ask(ABSENT);
    store = await openDiskStore(dir.join('store'), { hasher, proof: 'full' });
    expect(await ask(DOWN)).toEqual({ walked: DOWN, brief: false });
    await ask(ABSENT);
    expect((await ask(DOWN)).walked).toMatchObject({ state: 'absent' });
  });
});
