import * as fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quarantineName } from '../../../src/store/layout.ts';
import type { ModVer } from '../../../src/store/types.ts';
import { goWorld, writeProject } from '../../support/go.ts';
import { realModules } from '../../support/store-modules.ts';
import type { Place } from '../places.ts';
import { bytesOf, DAY, filesOf, HOUR, type MadeVersion, namesIn, setUsed, treeDigest } from './made-store.ts';

const NOW = Date.now();
const RULES = { now: NOW, keepSinceMs: 30 * DAY, maxBytes: 1e12, dryRun: false } as const;

const a: ModVer = { path: 'example.com/a', version: 'v1.0.0' };
const a2: ModVer = { path: 'example.com/a', version: 'v1.2.0' };

function plain(dir: string, name: string): string | undefined {
  try {
    return fs.readFileSync(path.join(dir, name), 'utf8');
  } catch {
    return undefined;
  }
}

/** What a prune does wherever a store is. @param numRuns stores that are made up for the model */
export function pruneSuite(place: () => Place, numRuns: number): void {
  it('builds from what was kept, has to be asked again for what went, and takes that back', async () => {
    const names = [
      'github.com/pkg/errors@v0.9.1',
      'github.com/google/uuid@v1.6.0',
      'github.com/google/uuid@v1.5.0',
    ];
    const modules = await realModules(names);
    await using store = await place().fresh();
    const { dir } = store;
    await store.commit(modules);
    const [errors, uuid, old] = modules;
    if (!errors || !uuid || !old) throw new Error('modules are missing');
    setUsed(dir, uuid, NOW - 2 * DAY);
    for (const module of [errors, old]) setUsed(dir, module, NOW - 40 * DAY);
    const report = await store.prune(RULES);
    expect(report).toMatchObject({
      finished: true,
      deleted: { versions: 2, reasons: { unused: { versions: 2 } } },
      after: { versions: 1 },
    });
    expect(report.top.modules.map(({ name }) => name).toSorted()).toEqual([
      'github.com/google/uuid',
      'github.com/pkg/errors',
    ]);
    expect(plain(dir, 'github.com/google/uuid/@v/list')).toBe('v1.6.0\n');
    expect(fs.existsSync(path.join(dir, 'github.com/pkg'))).toBe(false);
    expect(fs.existsSync(path.join(dir, 'modgate/index/github.com/pkg'))).toBe(false);

    await using world = await goWorld(pathToFileURL(dir).href, { GOSUMDB: 'off', GOFLAGS: '-mod=mod' });
    await writeProject(world.dir.join('p'), {
      'go.mod': 'module example.test/p\n\ngo 1.24\n',
      'main.go':
        'package main\n\nimport "github.com/google/uuid"\n\nfunc main() { println(uuid.NewString()) }\n',
    });
    await world.goOk(['get', 'github.com/google/uuid@latest'], { cwd: world.dir.join('p') });
    await world.goOk(['build', './...'], { cwd: world.dir.join('p') });
    const lost = await world.go(['get', 'github.com/pkg/errors@v0.9.1'], { cwd: world.dir.join('p') });
    expect(lost.code).not.toBe(0);
    expect(await store.entry(errors)).toBeUndefined();
    await store.commit([errors]);
    await world.goOk(['get', 'github.com/pkg/errors@v0.9.1'], { cwd: world.dir.join('p') });
  });

  describe('what stays', () => {
    it('keeps what was used within the last hour, whatever the size', async () => {
      await using store = await place().fresh();
      await store.fill(NOW, [{ ...a, usedAgo: HOUR / 2, seenAgo: 900 * DAY }]);
      const report = await store.prune({ ...RULES, keepSinceMs: 0, maxAgeMs: 0, maxBytes: 0 });
      expect(report).toMatchObject({ deleted: { versions: 0 }, kept: { recent: { versions: 1 } } });
      expect(report.excessBytes).toBe(report.after.bytes);
    });

    it('keeps what was put there within the last hour, though it was last used long ago', async () => {
      await using store = await place().fresh();
      const { dir } = store;
      await store.fill(NOW, [{ ...a, usedAgo: 40 * DAY }]);
      const [, , , zip] = filesOf(dir, a);
      fs.utimesSync(zip, NOW / 1000, NOW / 1000);
      for (const dryRun of [true, false]) {
        const report = await store.prune({ ...RULES, maxBytes: 0, dryRun });
        expect(report).toMatchObject({ deleted: { versions: 0 }, kept: { recent: { versions: 1 } } });
      }
      expect(fs.statSync(zip).size).toBe(100);
      // Put there after it was looked at: the keep-list is asked between that and the removal.
      fs.utimesSync(zip, 1, 1);
      const keep = (): boolean => {
        fs.utimesSync(zip, NOW / 1000, NOW / 1000);
        return false;
      };
      expect(await store.prune({ ...RULES, keep })).toMatchObject({ kept: { meanwhile: { versions: 1 } } });
      expect(fs.statSync(zip).size).toBe(100);
      expect((await store.entry(a))?.zip?.size).toBe(100);
    });

    it('keeps what was used while the prune was about to remove it', async () => {
      await using store = await place().fresh();
      const { dir } = store;
      await store.fill(NOW, [
        { ...a, usedAgo: 40 * DAY },
        { ...a2, usedAgo: 40 * DAY },
      ]);
      // The keep-list is asked between the look at a version and its removal.
      const keep = (mv: ModVer): boolean => {
        if (mv.version === a.version) setUsed(dir, a, NOW);
        return false;
      };
      const report = await store.prune({ ...RULES, keep });
      expect(report).toMatchObject({ deleted: { versions: 1 }, kept: { meanwhile: { versions: 1 } } });
      expect((await store.entry(a))?.zip?.size).toBe(100);
      expect(filesOf(dir, a).every(file => fs.existsSync(file))).toBe(true);
      expect(plain(dir, 'example.com/a/@v/list')).toBe('v1.0.0\n');
    });

    it('a pin outlives the files of its version, for 400 days', async () => {
      await using store = await place().fresh();
      const pinned = { ...a, usedAgo: 60 * DAY, by: 'first-seen' } as const;
      const known = { path: 'example.com/b', version: 'v1.0.0', usedAgo: 60 * DAY } as const;
      await store.fill(NOW, [pinned, known]);
      const left = () => namesIn(store.dir).filter(name => name.includes('example.com'));
      const index = 'modgate/index/example.com/a/@v/v1.0.0.json';
      const { h1, goModH1, firstSeen } = (await store.entry(pinned)) ?? {};
      expect(await store.prune(RULES)).toMatchObject({ deleted: { versions: 2 }, failed: { count: 0 } });
      expect(left()).toEqual([index]);
      expect(await store.entry(pinned)).toEqual({
        v: 1,
        module: pinned.path,
        version: pinned.version,
        h1,
        goModH1,
        vouchedBy: { zip: 'first-seen', mod: 'first-seen' },
        firstSeen,
      });
      const later = { ...RULES, now: NOW + 399 * DAY };
      expect(await store.prune(later)).toMatchObject({ deleted: { versions: 0 } });
      expect(left()).toEqual([index]);
      await store.prune({ ...RULES, now: NOW + 401 * DAY });
      expect(left()).toEqual([]);
    });

    it('a version that is forgotten leaves no pin, whether its files are there or not', async () => {
      await using store = await place().fresh();
      const pinned = { ...a, usedAgo: 60 * DAY, by: 'first-seen' } as const;
      const recent = { ...pinned, version: 'v1.1.0', usedAgo: 0 };
      await store.fill(NOW, [pinned, recent, { ...a2, usedAgo: 0 }]);
      await store.prune(RULES);
      expect(await store.forget(pinned)).toMatchObject({ state: 'forgotten', files: 0 });
      expect(await store.forget(recent)).toMatchObject({ state: 'forgotten', files: 3 });
      expect(await store.forget(recent)).toEqual({ state: 'unknown' });
      expect(plain(store.dir, 'example.com/a/@v/list')).toBe('v1.2.0\n');
      expect(namesIn(store.dir).filter(name => /v1\.[01]\.0/.test(name))).toEqual([]);
    });
  });

  describe('what is swept', () => {
    it('takes dead temp files, old quarantine, soft files and logs, and loose index entries', async () => {
      await using store = await place().fresh();
      const { dir } = store;
      const loose = { path: 'example.com/loose', version: 'v1.0.0' };
      await store.fill(NOW, [a, loose, { ...a2, kinds: ['mod'] }]);
      const put = (name: string, daysAgo: number): void => {
        fs.mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
        fs.writeFileSync(path.join(dir, name), 'x');
        fs.utimesSync(path.join(dir, name), NOW / 1000 - daysAgo * 86_400, NOW / 1000 - daysAgo * 86_400);
      };
      for (const file of filesOf(dir, loose).slice(1)) fs.rmSync(file);
      const quarantined = (daysAgo: number) =>
        `modgate/quarantine/${quarantineName('k.zip', NOW - daysAgo * DAY, 'u')}`;
      // A file that came into quarantine yesterday may itself be years old.
      const stays = [
        'modgate/tmp/0123456789ab-1-2.tmp',
        quarantined(1),
        'modgate/soft/example.com/new/@v/list',
        `modgate/log/${new Date(NOW).toISOString().slice(0, 7)}.jsonl`,
        'sumdb/sum.example.com/latest',
        'sumdb/sum.example.com/tile/8/0/000.p/7',
      ];
      for (const name of stays) put(name, name.includes('quarantine') ? 400 : 0);
      put('modgate/tmp/fedcba987654-1-2.tmp', 2);
      put(quarantined(15), 0);
      put('modgate/soft/absent/example.com/gone/@v/list/@latest', 31);
      put('modgate/log/2019-01.jsonl', 1);
      put('sumdb/sum.example.com/tile/8/1/001.p/9', 31);
      const tomorrow = NOW + 2 * DAY;
      setUsed(dir, a, tomorrow);
      setUsed(dir, a2, tomorrow);
      const report = await store.prune({ ...RULES, now: NOW + 25 * HOUR });
      expect(report.swept).toMatchObject({
        temp: { files: 2 },
        quarantine: { files: 1 },
        soft: { files: 1 },
        sumdb: { files: 1 },
        index: { files: 1 },
        log: { files: 1 },
      });
      const names = namesIn(dir);
      for (const name of stays.slice(1)) expect(names).toContain(name);
      expect(names.filter(name => /example.com\/loose|absent|2019-01|tile\/8\/1/.test(name))).toEqual([
        'example.com/loose/@latest',
        'example.com/loose/@v/list',
      ]);
      expect(report.deleted.versions).toBe(0);
      expect(fs.existsSync(path.join(dir, 'modgate/soft/absent'))).toBe(false);
    });

    it('bounds the checksum database by what was stored first, and never forgets its newest tree head', async () => {
      await using store = await place().fresh();
      const { dir } = store;
      await store.fill(NOW, [a]);
      const tiles = path.join(dir, 'sumdb/sum.example.com/tile/8/0');
      fs.mkdirSync(tiles, { recursive: true });
      for (let i = 0; i < 40; i++) {
        fs.writeFileSync(path.join(tiles, `x${i}`), Buffer.alloc(1024 * 1024));
        fs.utimesSync(path.join(tiles, `x${i}`), NOW / 1000 - i * 3600, NOW / 1000 - i * 3600);
      }
      const latest = path.join(dir, 'sumdb/sum.example.com/latest');
      fs.writeFileSync(latest, 'head');
      fs.utimesSync(latest, 1, 1);
      const report = await store.prune({ ...RULES, maxBytes: 1e8 });
      expect(report.swept.sumdb).toEqual({ files: 9, bytes: 9 * 1024 * 1024 });
      expect(fs.readdirSync(tiles).toSorted()).toEqual(
        Array.from({ length: 31 }, (_, i) => `x${i}`).toSorted(),
      );
      expect(fs.existsSync(latest)).toBe(true);
    });
  });

  it('leaves what is not of a store, and says so', async () => {
    await using store = await place().fresh();
    const { dir } = store;
    await store.fill(NOW, [{ ...a, usedAgo: 40 * DAY }]);
    fs.mkdirSync(path.join(dir, 'example.com/UPPER/@v'), { recursive: true });
    for (const name of ['README', 'example.com/a/@v/notes.txt', 'example.com/UPPER/@v/v1.0.0.zip']) {
      fs.writeFileSync(path.join(dir, name), 'mine');
    }
    const report = await store.prune({ ...RULES, keepSinceMs: 0, maxBytes: 0 });
    expect(report.deleted.versions).toBe(1);
    expect(report.foreign.first.map(({ path: name }) => name.replace(/\/v1\.0\.0\.zip$/, ''))).toEqual(
      expect.arrayContaining(['README', 'example.com/a/@v/notes.txt', 'example.com/UPPER/@v']),
    );
    expect(report.foreign.count).toBe(3);
    for (const name of ['README', 'example.com/a/@v/notes.txt', 'example.com/UPPER/@v/v1.0.0.zip']) {
      expect(plain(dir, name)).toBe('mine');
    }
  });

  it('what goes and what stays is what the rules say, and a dry run says the same and changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(made, rules, async (list, given) => {
        await using store = await place().fresh();
        await holds(store, list, given);
      }),
      { numRuns },
    );
  });
}

/** Hours, never twice the same: who was used first is not a matter of chance then. */
const made = fc
  .uniqueArray(
    fc.record({
      m: fc.nat(4),
      v: fc.nat(4),
      zipBytes: fc.nat(4000),
      used: fc.nat(1500),
      seen: fc.nat(3000),
      listed: fc.boolean(),
      kinds: fc.constantFrom(['info', 'mod', 'zip'] as const, ['info', 'mod'] as const, ['mod'] as const),
    }),
    { selector: ({ m, v }) => m * 10 + v, minLength: 1, maxLength: 14 },
  )
  .filter(list => new Set(list.map(({ used }) => used)).size === list.length)
  .map(list =>
    list.map(({ m, v, zipBytes, used, seen, listed, kinds }) => ({
      path: ['example.com/a', 'example.com/A', 'example.com/a/b', 'example.org/c', 'x.test/d/v2'][m] ?? '',
      version: m === 4 ? `v2.${v}.0` : `v1.${v}.0`,
      zipBytes,
      kinds,
      listed,
      usedAgo: used * HOUR + HOUR / 3,
      seenAgo: seen * HOUR + HOUR / 2,
    })),
  );

const rules = fc.record({
  keepSinceMs: fc.nat(1500).map(hours => hours * HOUR),
  maxAgeMs: fc.option(
    fc.nat(3000).map(hours => hours * HOUR),
    { nil: undefined },
  ),
  maxBytes: fc.nat(40_000),
});

type Made = MadeVersion & { readonly listed: boolean; readonly usedAgo: number; readonly seenAgo: number };
interface Given {
  readonly keepSinceMs: number;
  readonly maxAgeMs: number | undefined;
  readonly maxBytes: number;
}

/** The rules in the simplest words. */
function survivors(
  list: readonly Made[],
  sizes: ReadonlyMap<Made, number>,
  { keepSinceMs, maxAgeMs, maxBytes }: Given,
): Made[] {
  const untouchable = (v: Made) => v.listed || v.usedAgo < HOUR;
  const stays = list.filter(
    v => untouchable(v) || (v.usedAgo <= keepSinceMs && (maxAgeMs === undefined || v.seenAgo <= maxAgeMs)),
  );
  const byUse = stays.filter(v => !untouchable(v)).toSorted((x, y) => y.usedAgo - x.usedAgo);
  const size = () => stays.reduce((sum, v) => sum + (sizes.get(v) ?? 0), 0);
  while (size() > maxBytes && byUse.length > 0) stays.splice(stays.indexOf(byUse.shift() as Made), 1);
  return stays;
}

async function holds(
  store: Awaited<ReturnType<Place['fresh']>>,
  list: readonly Made[],
  given: Given,
): Promise<void> {
  const { dir } = store;
  const now = Date.now();
  await store.fill(now, list);
  const sizes = new Map<Made, number>(list.map(v => [v, bytesOf(dir, v)]));
  const expected = survivors(list, sizes, given);
  const bytes = (of: readonly Made[]) => of.reduce((sum, v) => sum + (sizes.get(v) ?? 0), 0);
  const listed = new Set(list.filter(v => v.listed).map(v => `${v.path}@${v.version}`));
  const { maxAgeMs, ...others } = given;
  const options = {
    now,
    ...others,
    ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
    keep: (mv: ModVer) => listed.has(`${mv.path}@${mv.version}`),
  };

  const before = treeDigest(dir);
  const dry = await store.prune({ ...options, dryRun: true });
  expect(treeDigest(dir)).toBe(before);

  const report = await store.prune({ ...options, dryRun: false });
  const names = namesIn(dir).filter(name => /\.(info|mod|zip)$|^modgate\/index/.test(name));
  const wanted = expected.flatMap(v => {
    const escaped = v.path.replace('A', '!a');
    return [
      ...(v.kinds ?? []).map(kind => `${escaped}/@v/${v.version}.${kind}`),
      `modgate/index/${escaped}/@v/${v.version}.json`,
    ];
  });
  expect(names).toEqual(wanted.toSorted());
  const total = { versions: list.length, bytes: bytes(list) };
  const after = { versions: expected.length, bytes: bytes(expected) };
  const deleted = { versions: total.versions - after.versions, bytes: total.bytes - after.bytes };
  for (const told of [dry, report]) {
    expect(told).toMatchObject({
      finished: true,
      before: total,
      after,
      deleted,
      excessBytes: Math.max(0, after.bytes - given.maxBytes),
      foreign: { count: 0 },
      failed: { count: 0 },
    });
    const hosts = told.top.hosts.reduce((sum, host) => sum + host.bytes, 0);
    expect(hosts).toBe(deleted.bytes);
  }
  // Nothing is left to do.
  expect(await store.prune({ ...options, dryRun: false })).toMatchObject({ deleted: { versions: 0 } });
}
