import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BundledVersion, BundleManifest } from '../../../src/store/bundle/manifest.ts';
import { MAX_PARENTS } from '../../../src/store/bundle/manifest.ts';
import { planSave, type RestoredBundle } from '../../../src/store/bundle/plan.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 23);
const MB = 1_000_000;
const QUOTA = 2000 * MB;

function module(name: string, zip: number, sha = name): BundledVersion {
  return {
    path: `example.com/${name}`,
    version: 'v1.0.0',
    lastUse: NOW,
    files: [
      { kind: 'mod', size: 100, sha256: `mod ${sha}`, bundle: 0 },
      { kind: 'zip', size: zip, sha256: `zip ${sha}`, bundle: 0 },
    ],
  };
}

/** As a job finds it that restored an entry written by `plan`. */
function restoring(
  key: string,
  plan: ReturnType<typeof planSave>,
  more: Partial<RestoredBundle> = {},
): RestoredBundle {
  if (plan.do !== 'save') throw new Error(`nothing was saved but ${plan.do}`);
  return { key, bytes: plan.bytes, manifest: plan.manifest, lostBundles: [], lostFiles: [], ...more };
}

function newFiles(manifest: BundleManifest): string[] {
  return manifest.versions.flatMap(v =>
    v.files.filter(f => f.bundle === 0).map(f => `${v.path.slice('example.com/'.length)}.${f.kind}`),
  );
}

const base = [module('a', 40 * MB), module('b', 40 * MB), module('c', 20 * MB)];
const input = { now: NOW, quota: QUOTA };

describe('planSave', () => {
  it('packs everything when there is nothing to build on', () => {
    const plan = planSave({ ...input, chosen: base, restored: undefined });
    expect(plan).toMatchObject({ do: 'save', files: 6, manifest: { v: 2, parents: [], past: [] } });
  });

  it('writes nothing when the entries there have it all, or more', () => {
    const restored = restoring('k1', planSave({ ...input, chosen: base, restored: undefined }));
    expect(planSave({ ...input, chosen: base, restored })).toEqual({ do: 'nothing' });
    expect(planSave({ ...input, chosen: base.slice(1), restored })).toEqual({ do: 'nothing' });
  });

  it('writes the difference, and names where the rest is', () => {
    const first = restoring('k1', planSave({ ...input, chosen: base, restored: undefined }));
    const second = planSave({ ...input, chosen: [...base, module('d', MB)], restored: first });
    if (second.do !== 'save') throw new Error(second.do);
    expect(newFiles(second.manifest)).toEqual(['d.mod', 'd.zip']);
    expect(second.manifest.parents).toEqual([{ key: 'k1', bytes: first.bytes }]);
    expect(second.bytes).toBeLessThan(8 * MB);

    const third = planSave({
      ...input,
      chosen: [...base, module('e', MB)],
      restored: restoring('k2', second),
    });
    if (third.do !== 'save') throw new Error(third.do);
    expect(newFiles(third.manifest)).toEqual(['e.mod', 'e.zip']);
    // Nothing of k2 itself is of use any more: it is not read again, but still counts for some days.
    expect(third.manifest.parents.map(p => p.key)).toEqual(['k1']);
    expect(third.manifest.past).toEqual([{ key: 'k2', bytes: second.bytes, until: NOW }]);
    expect(third.manifest.versions.find(v => v.path.endsWith('/a'))?.files.map(f => f.bundle)).toEqual([
      1, 1,
    ]);
  });

  it('takes a zip that joined its go.mod for new, and other bytes of the same file', () => {
    const half = { ...module('d', MB), files: module('d', MB).files.slice(0, 1) };
    const restored = restoring('k1', planSave({ ...input, chosen: [...base, half], restored: undefined }));
    const joined = planSave({ ...input, chosen: [...base, module('d', MB)], restored });
    expect(joined.do === 'save' && newFiles(joined.manifest)).toEqual(['d.zip']);
    const other = planSave({
      ...input,
      chosen: [...base.slice(1), module('a', MB, 'healed'), half],
      restored,
    });
    expect(other.do === 'save' && newFiles(other.manifest)).toEqual(['a.mod', 'a.zip']);
  });

  it('replaces what was refused, and what the service has lost', () => {
    const first = planSave({ ...input, chosen: base, restored: undefined });
    const refused = restoring('k1', first, { lostFiles: ['example.com/c@v1.0.0.zip'] });
    const again = planSave({ ...input, chosen: base, restored: refused });
    expect(again.do === 'save' && newFiles(again.manifest)).toEqual(['c.zip']);

    const second = planSave({
      ...input,
      chosen: [...base, module('d', MB)],
      restored: restoring('k1', first),
    });
    const lost = planSave({
      ...input,
      chosen: [...base, module('d', MB)],
      restored: restoring('k2', second, { lostBundles: [1] }),
    });
    if (lost.do !== 'save') throw new Error(lost.do);
    // Most of it is new again: one entry with everything.
    expect(lost.manifest.parents).toEqual([]);
    expect(newFiles(lost.manifest)).toHaveLength(8);
  });

  it('packs everything again when most of the entries is of no use any more', () => {
    const restored = restoring('k1', planSave({ ...input, chosen: base, restored: undefined }));
    const plan = planSave({ ...input, chosen: [module('c', 20 * MB), module('d', MB)], restored });
    expect(plan).toMatchObject({ do: 'save', files: 4, manifest: { parents: [], past: [{ key: 'k1' }] } });
  });

  it('writes a stale manifest anew, with no file in it', () => {
    const restored = restoring('k1', planSave({ ...input, chosen: base, restored: undefined }));
    const later = planSave({ ...input, now: NOW + 8 * DAY, chosen: base, restored });
    expect(later).toMatchObject({ do: 'save', files: 0, manifest: { parents: [{ key: 'k1' }] } });
  });

  it('saves nothing that would not fit into the quota, and says what it would take', () => {
    const restored = restoring('k1', planSave({ ...input, chosen: base, restored: undefined }));
    const chosen = [...base, module('d', 90 * MB)];
    const plan = planSave({ ...input, quota: 150 * MB, chosen, restored });
    expect(plan).toMatchObject({ do: 'skip', used: restored.bytes });
    // Only the times would be new: that is worth no word.
    expect(planSave({ ...input, now: NOW + 8 * DAY, quota: MB, chosen: base, restored })).toEqual({
      do: 'nothing',
    });
  });

  it('counts what other jobs wrote meanwhile, and carries it on', () => {
    const restored = restoring('k1', planSave({ ...input, chosen: base, restored: undefined }));
    const others = [{ key: 'k-other', bytes: 10 * MB, until: NOW }];
    const chosen = [...base, module('d', MB)];
    const plan = planSave({ ...input, chosen, restored, others });
    expect(plan).toMatchObject({ do: 'save', manifest: { parents: [{ key: 'k1' }], past: others } });
    expect(planSave({ ...input, chosen, restored, others, quota: restored.bytes + 10 * MB })).toMatchObject({
      do: 'skip',
    });
  });

  it('never has more at the service than the quota, whatever the jobs change', () => {
    const change = fc.record({
      hours: fc.integer({ min: 0, max: 60 }),
      drop: fc.nat({ max: 40 }),
      add: fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 20, maxLength: 120 }), changes => {
        const quota = 1000 * MB;
        let now = NOW;
        let set: BundledVersion[] = [];
        let restored: RestoredBundle | undefined;
        let count = 0;
        let keys = 0;
        const service = new Map<string, { bytes: number; read: number }>();
        for (const { hours, drop, add } of changes) {
          now += hours * 3_600_000;
          set = set.filter((_, at) => at !== drop);
          for (const size of add) set.push(module(`m${count++}`, size * MB));
          // What the caller guarantees by its choice.
          while (total(set) > quota / 2) set.shift();
          if (set.length === 0) continue;
          for (const [key, { read }] of service) if (now - read > 7 * DAY) service.delete(key);
          if (restored !== undefined && !service.has(restored.key)) restored = undefined;
          const read = restored === undefined ? [] : [restored, ...restored.manifest.parents];
          for (const { key } of read) {
            const entry = service.get(key);
            if (entry === undefined) return false;
            entry.read = now;
          }
          const plan = planSave({ now, chosen: set, restored, quota });
          if (plan.do === 'save') {
            if (plan.manifest.parents.length > MAX_PARENTS) return false;
            const key = `k${keys++}`;
            service.set(key, { bytes: plan.bytes, read: now });
            restored = restoring(key, plan);
          }
          const held = [...service.values()].reduce((sum, entry) => sum + entry.bytes, 0);
          if (held > quota) return false;
        }
        return true;
      }),
      { numRuns: 200 },
    );
  });
});

function total(set: readonly BundledVersion[]): number {
  return set.reduce((sum, v) => sum + v.files.reduce((all, f) => all + f.size, 0), 0);
}
