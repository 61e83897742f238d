import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FileKind } from '../../../src/store/types.ts';
import { commitModule, type RealModule, realModules } from '../../support/store-modules.ts';
import { keyOf, MEDIA, type Place, type Seen, startWorld, type World } from './world.ts';

const KINDS: readonly FileKind[] = ['info', 'mod', 'zip'];
const RUNS = { disk: 20, bucket: 7 } as const;

let modules: readonly RealModule[];

beforeAll(async () => {
  modules = (await realModules()).slice(0, 2);
});

type Step =
  /** One machine brings files. */
  | { readonly do: 'commit'; readonly module: number; readonly kinds: readonly FileKind[] }
  /** Two machines bring files of one version at the same time. */
  | { readonly do: 'race'; readonly module: number; readonly kinds: readonly FileKind[] }
  /** A job needs a version: what it is not given it brings. */
  | { readonly do: 'need'; readonly module: number }
  | { readonly do: 'get' | 'damage' | 'lose'; readonly module: number; readonly kind: FileKind }
  | { readonly do: 'list' | 'lose-index'; readonly module: number };

const module = fc.nat(1);
const kind = fc.constantFrom(...KINDS);
const kinds = fc.uniqueArray(kind, { minLength: 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('commit', 'race'), module, kinds }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('get', 'get', 'damage', 'lose'), module, kind }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('need'), module }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('list', 'lose-index'), module }) },
) as fc.Arbitrary<Step>;

/**
 * What may be found of a file. `known`: the index tells of it. `there`: its bytes lie where they belong, and they are
 * right unless `wrong`.
 */
interface State {
  known: boolean;
  there: boolean;
  wrong: boolean;
}

class Run {
  readonly #place: Place;
  readonly #states = new Map<string, State>();

  constructor(place: Place) {
    this.#place = place;
  }

  async take(next: Step): Promise<void> {
    const m = modules[next.module] as RealModule;
    const at = (k: FileKind) => this.#at(next.module, k);
    if (next.do === 'commit') return await this.#bring(m, [next.kinds], at);
    if (next.do === 'race') return await this.#bring(m, [next.kinds, KINDS], at);
    if (next.do === 'need') return await this.#need(m, at);
    if (next.do === 'get') return await this.#get(await this.#place.open(), m, next.kind, at(next.kind));
    if (next.do === 'damage') return await this.#damage(m, next.kind, at(next.kind));
    if (next.do === 'lose') {
      await this.#place.write(keyOf(m, next.kind), undefined);
      at(next.kind).there = false;
      return;
    }
    if (next.do === 'lose-index') {
      // What was wrong would then be a file that nobody knows.
      if (KINDS.some(k => at(k).wrong)) return;
      await this.#place.write(keyOf(m, 'index'), undefined);
      for (const k of KINDS) at(k).known = false;
      return;
    }
    // Whether what nobody knows is listed is the medium's own affair: it is not served.
    if (!KINDS.some(k => at(k).known)) return;
    const { store } = await this.#place.open();
    expect(await store.list(m.path)).toEqual(at('info').there && at('mod').there ? [m.version] : []);
  }

  #at(index: number, k: FileKind): State {
    const found = this.#states.get(`${index} ${k}`) ?? { known: false, there: false, wrong: false };
    this.#states.set(`${index} ${k}`, found);
    return found;
  }

  async #bring(
    m: RealModule,
    all: readonly (readonly FileKind[])[],
    at: (k: FileKind) => State,
  ): Promise<void> {
    const machines = await Promise.all(all.map(() => this.#place.open()));
    await Promise.all(
      machines.map(async ({ store, settle }, index) => {
        await commitModule(store, m, all[index] ?? []);
        await settle();
      }),
    );
    for (const k of new Set(all.flat())) await this.#brought(m, k, at(k));
  }

  /**
   * A commit believes what the index tells of and does not read it: what is lost or wrong may stay so until somebody
   * meets it. Everything else is there after it, and right.
   */
  async #brought(m: RealModule, k: FileKind, state: State): Promise<void> {
    const before = { ...state };
    await this.#look(m, k, state);
    if (before.known && (!before.there || before.wrong)) return;
    expect(state.there && !state.wrong, `${m.path} ${k}`).toBe(true);
  }

  /** What really lies there after a commit. */
  async #look(m: RealModule, k: FileKind, state: State): Promise<void> {
    const right = k === 'zip' ? await readFile(m.zip) : m[k];
    const there = await this.#place.read(keyOf(m, k));
    const wrong = there !== undefined && !there.equals(right);
    Object.assign(state, { known: true, there: there !== undefined, wrong });
  }

  async #get({ store, told }: Seen, m: RealModule, k: FileKind, state: State): Promise<void> {
    const file = await store.get(m, k);
    const good = state.known && state.there && !state.wrong;
    // A medium that has a copy of a small file elsewhere may give that.
    const maybe = state.known && k !== 'zip';
    const about = `${m.path} ${k} ${JSON.stringify(state)}`;
    expect(file !== undefined ? good || maybe : !good, about).toBe(true);
    if (file === undefined) {
      if (state.known && state.there) expect(told.length).toBeGreaterThan(0);
      // A disk moves what is wrong away, a bucket leaves it to the next commit.
      if ((await this.#place.read(keyOf(m, k))) === undefined)
        Object.assign(state, { there: false, wrong: false });
      return;
    }
    const right = k === 'zip' ? await readFile(m.zip) : m[k];
    expect((await buffer(file.stream())).equals(right), `${m.path} ${k}`).toBe(true);
  }

  async #need(m: RealModule, at: (k: FileKind) => State): Promise<void> {
    const machine = await this.#place.open();
    for (const k of KINDS) await this.#get(machine, m, k, at(k));
    await commitModule(machine.store, m);
    await machine.settle();
    for (const k of KINDS) await this.#look(m, k, at(k));
    expect(at('zip')).toEqual({ known: true, there: true, wrong: false });
    const after = await this.#place.open();
    for (const k of KINDS) expect(await after.store.get(m, k), `${m.path} ${k}`).toBeDefined();
    expect(after.told).toEqual([]);
  }

  async #damage(m: RealModule, k: FileKind, state: State): Promise<void> {
    const bytes = await this.#place.read(keyOf(m, k));
    if (bytes === undefined || state.wrong) return;
    const wrong = Buffer.from(bytes);
    wrong[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 4;
    await this.#place.write(keyOf(m, k), wrong);
    state.wrong = true;
  }
}

describe.concurrent.each(MEDIA)('machines that share a %s', medium => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld(medium);
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  test('are answered as a map of files would', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 12, size: 'max' }), async steps => {
        const run = new Run(await world.place());
        for (const next of steps) await run.take(next);
      }),
      { numRuns: RUNS[medium], endOnFailure: true },
    );
  });
});
