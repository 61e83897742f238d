import { createHash } from 'node:crypto';
import * as fsp from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashGoMod } from '../../src/gomod/dirhash.ts';
import { type DiskStore, openDiskStore } from '../../src/store/disk.ts';
import { createHasher, type Hasher } from '../../src/store/hasher.ts';
import type { FileKind } from '../../src/store/types.ts';
import { verifyStore } from '../../src/store/verify/verify.ts';
import { type RealModule, realModules } from '../support/store-modules.ts';
import { tempDir } from '../support/temp.ts';

const KINDS: readonly FileKind[] = ['info', 'mod', 'zip'];
let hasher: Hasher;
let zips: RealModule[];

beforeAll(async () => {
  hasher = createHasher();
  zips = (await realModules()).slice(0, 2);
});
afterAll(() => hasher.close());

type Step =
  | {
      readonly do: 'commit';
      readonly store: number;
      readonly module: number;
      readonly kinds: readonly FileKind[];
    }
  | { readonly do: 'get'; readonly store: number; readonly module: number; readonly kind: FileKind }
  | { readonly do: 'damage'; readonly module: number; readonly kind: FileKind }
  | { readonly do: 'list' | 'lose-index'; readonly store: number; readonly module: number }
  | { readonly do: 'reopen' | 'repair' | 'flush'; readonly store: number };

const store = fc.nat(1);
const module = fc.nat(1);
const kind = fc.constantFrom(...KINDS);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('commit' as const),
      store,
      module,
      kinds: fc.uniqueArray(kind, { minLength: 1 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('get' as const), store, module, kind }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('damage' as const), module, kind }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('list' as const), store, module }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lose-index' as const), store, module }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('reopen' as const, 'repair' as const, 'flush' as const),
      store,
    }),
  },
);

/** What a store may answer, file by file. `unknown`: the bytes are there and nothing vouches for them. */
type State = 'absent' | 'good' | 'damaged' | 'unknown';

class Model {
  readonly #states = new Map<string, State>();
  /** Files whose index entry was lost and made anew: nobody vouches for them, so that a commit replaces them. */
  readonly unvouched = new Set<string>();

  at(m: number, k: FileKind): State {
    return this.#states.get(`${m} ${k}`) ?? 'absent';
  }

  set(m: number, k: FileKind, state: State): void {
    this.#states.set(`${m} ${k}`, state);
  }
}

function real(m: number): RealModule {
  const found = zips[m];
  if (found === undefined) throw new Error('no module');
  return found;
}

function fileOf(dir: string, m: RealModule, ext: string): string {
  const stem = m.path.replace(/[A-Z]/g, c => `!${c.toLowerCase()}`);
  return `${dir}/${stem}/@v/${m.version}.${ext}`;
}

class Run {
  readonly dir: string;
  readonly model = new Model();
  readonly stores: DiskStore[] = [];

  constructor(dir: string) {
    this.dir = dir;
  }

  async open(at: number): Promise<void> {
    this.stores[at] = await openDiskStore(this.dir, { hasher });
  }

  at(index: number): DiskStore {
    const found = this.stores[index];
    if (found === undefined) throw new Error('no store');
    return found;
  }

  /** Writing `@latest` reads an .info in the background, and may find its damage before we ask. */
  async noticeQuarantine(): Promise<void> {
    for (let index = 0; index < zips.length; index++) {
      for (const k of KINDS) {
        if (this.model.at(index, k) !== 'damaged') continue;
        const there = await fsp.stat(fileOf(this.dir, real(index), k)).catch(() => undefined);
        if (there === undefined) this.model.set(index, k, 'absent');
      }
    }
  }

  async take(next: Step): Promise<void> {
    await this.noticeQuarantine();
    if (!('module' in next)) {
      if (next.do === 'reopen') return this.open(next.store);
      return next.do === 'flush' ? this.at(next.store).flush() : this.repair(next.store);
    }
    const m = real(next.module);
    if (next.do === 'commit') return this.commit(next.store, next.module, m, next.kinds);
    if (next.do === 'get') return this.get(next.store, next.module, m, next.kind);
    if (next.do === 'damage') return this.damage(next.module, m, next.kind);
    return next.do === 'list' ? this.list(next.store, next.module, m) : this.loseIndex(next.module, m);
  }

  async commit(at: number, index: number, m: RealModule, kinds: readonly FileKind[]): Promise<void> {
    const target = this.at(at);
    const file = target.tempFile();
    if (kinds.includes('zip')) await fsp.copyFile(m.zip, file);
    const zip = { file, h1: m.h1, by: 'gosum', facts: m.facts, representation: 'original' } as const;
    await target.commit(m, {
      ...(kinds.includes('info') && { info: m.info }),
      ...(kinds.includes('mod') && { mod: { bytes: m.mod, h1: m.goModH1, by: 'gosum' as const } }),
      ...(kinds.includes('zip') && { zip: { ...zip, original: m.facts } }),
    });
    // Damage that has the right size stays until somebody reads it; a commit does not read what is there.
    for (const k of kinds) {
      const replaced = k !== 'info' && this.model.unvouched.delete(`${index} ${k}`);
      if (replaced || this.model.at(index, k) !== 'damaged') this.model.set(index, k, 'good');
    }
  }

  async get(at: number, index: number, m: RealModule, k: FileKind): Promise<void> {
    const state = this.model.at(index, k);
    const plain = await this.at(at).get(m, k);
    expect(plain !== undefined, `${k} is ${state}`).toBe(state === 'good');
    if (state === 'damaged') this.model.set(index, k, 'absent');
    if (plain !== undefined) await this.expectBytes(plain.stream(), m, k);
    if (k === 'info') return;
    const expected = await this.at(at).get(m, k, k === 'zip' ? m.h1 : m.goModH1);
    expect(expected !== undefined, `${k} by its hash is ${state}`).toBe(
      state === 'good' || state === 'unknown',
    );
    if (expected === undefined) return;
    await this.expectBytes(expected.stream(), m, k);
    if (plain === undefined) this.model.set(index, k, 'good');
  }

  async expectBytes(stream: AsyncIterable<unknown>, m: RealModule, k: FileKind): Promise<void> {
    const hash = createHash('sha256');
    for await (const chunk of stream) hash.update(chunk as Buffer);
    const right = k === 'zip' ? m.facts.sha256 : createHash('sha256').update(m[k]).digest('hex');
    expect(hash.digest('hex')).toBe(right);
  }

  #damages = 0;

  async damage(index: number, m: RealModule, k: FileKind): Promise<void> {
    if (this.model.at(index, k) !== 'good') return;
    const file = fileOf(this.dir, m, k);
    const bytes = await fsp.readFile(file);
    // In the content of a zip: what its headers say of flags and times is in no h1, so a repair finds it right.
    const at = k === 'zip' ? bytes.length >> 1 : 7;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 4, at);
    // A new file, as a restore or a copy would leave it: time stamps alone may be too coarse to tell.
    await fsp.writeFile(`${file}.x`, bytes);
    // An inode that was just freed may come back within one tick of the clock; a file with another time does not.
    this.#damages++;
    await fsp.utimes(`${file}.x`, this.#damages, this.#damages);
    await fsp.rename(`${file}.x`, file);
    this.model.set(index, k, 'damaged');
  }

  async list(at: number, index: number, m: RealModule): Promise<void> {
    const there = this.model.at(index, 'info') !== 'absent' && this.model.at(index, 'mod') !== 'absent';
    expect(await this.at(at).list(m.path)).toEqual(there ? [m.version] : []);
  }

  async loseIndex(index: number, m: RealModule): Promise<void> {
    // Without an entry damage is no longer damage but a file that nobody knows; the model stays simple.
    if (KINDS.some(k => this.model.at(index, k) === 'damaged')) return;
    await fsp.rm(fileOf(`${this.dir}/modgate/index`, m, 'json'), { force: true });
    for (const k of KINDS) {
      this.model.unvouched.add(`${index} ${k}`);
      if (this.model.at(index, k) === 'good') this.model.set(index, k, 'unknown');
    }
    // A process goes on serving what it verified before the entry was lost; one that starts now does not.
    await this.open(0);
    await this.open(1);
  }

  async repair(at: number): Promise<void> {
    const goSum = (module: string, _version: string, file: 'zip' | 'mod') => {
      const known = zips.find(m => m.path === module);
      return known === undefined ? [] : [file === 'zip' ? known.h1 : known.goModH1];
    };
    const authorities = { goSum, goSumTrusted: true };
    await verifyStore(this.dir, { hasher, authorities, repair: this.at(at) });
    for (let index = 0; index < zips.length; index++) {
      for (const k of KINDS) {
        const state = this.model.at(index, k);
        if (state === 'damaged') this.model.set(index, k, 'absent');
        // Nothing proves an .info that no index entry tells of.
        if (state === 'unknown' && k !== 'info') this.model.set(index, k, 'good');
      }
    }
  }
}

test('two stores on one directory answer as a map of files would', async () => {
  expect(zips.every(m => hashGoMod(m.mod) === m.goModH1)).toBe(true);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 12, maxLength: 30, size: 'max' }), async steps => {
      await using temp = await tempDir('model');
      const run = new Run(temp.path);
      await run.open(0);
      await run.open(1);
      for (const next of steps) await run.take(next);
    }),
    { numRuns: 40 },
  );
});
