import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  judgeEntries,
  type Known,
  type RefState,
  type SharedEntry,
} from '../../src/actions/prune-entries.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MAIN = 'refs/heads/main';

let ids = 0;
function entry(key: string, daysOld: number, rest: Partial<SharedEntry> = {}): SharedEntry {
  const created = NOW - daysOld * DAY;
  const id = ++ids;
  return {
    id,
    key: `modgate-v2-${key}`,
    ref: MAIN,
    version: 'v',
    bytes: 10,
    created,
    accessed: created,
    ...rest,
  };
}

/** What becomes of each, by key: `keep` or `drop` and why. */
function judge(
  entries: readonly SharedEntry[],
  manifests: Readonly<Record<string, readonly string[]>>,
  states: Readonly<Record<string, RefState>> = {},
): Record<string, string> {
  const known: Known = {
    now: NOW,
    refState: ref => states[ref] ?? (ref === MAIN ? 'open' : 'unknown'),
    parents: of => manifests[of.key.slice('modgate-v2-'.length)]?.map(key => `modgate-v2-${key}`),
  };
  const told = judgeEntries(entries, known).map(({ entry, keep, why }) => [
    entry.key.replace('modgate-v2-', ''),
    `${keep ? 'keep' : 'drop'} ${why}`,
  ]);
  return Object.fromEntries(told) as Record<string, string>;
}

describe('judgeEntries', () => {
  it('keeps the newest of a branch and what its manifest names', () => {
    const entries = [entry('a', 5), entry('b', 4), entry('c', 3), entry('d', 2)];
    expect(judge(entries, { d: ['b'] })).toEqual({
      a: 'drop replaced',
      b: 'keep parent',
      c: 'drop replaced',
      d: 'keep newest',
    });
  });

  it('keeps everything of the last hours: a job that began with it may name it when it saves', () => {
    const entries = [
      entry('a', 5, { accessed: NOW - 5 * HOUR }),
      entry('b', 5, { accessed: NOW - 7 * HOUR }),
      entry('c', 0.2),
      entry('d', 0.1),
    ];
    expect(judge(entries, { d: [] })).toEqual({
      a: 'keep in-use',
      b: 'drop replaced',
      c: 'keep in-use',
      d: 'keep newest',
    });
  });

  it('keeps of the build cache the newest of each job and version of Go, and nothing else needs one', () => {
    const builds = (of: string, at: string, daysOld: number, rest: Partial<SharedEntry> = {}) =>
      entry('', daysOld, { key: `modgate-build-v1-linux-x64-${of}-${at.repeat(16)}`, ...rest });
    const entries = [
      builds('go1.26.8-0123456789ab', '1', 3),
      builds('go1.26.8-0123456789ab', '2', 2),
      builds('go1.26.8-ba9876543210', '3', 4),
      builds('go1.25.0-0123456789ab', '4', 9),
      builds('go1.26.8-0123456789ab', '5', 1, { ref: 'refs/heads/gone' }),
      builds('go1.26.8-0123456789ab', '6', 0.02),
      builds('go1.26.8-0123456789ab', '7', 0.01),
      entry('', 9, { key: 'modgate-build-v2-of-a-later-version' }),
      entry('a', 30),
    ];
    const told = Object.values(judge(entries, { a: [] }, { 'refs/heads/gone': 'gone' }));
    expect(told).toEqual([
      'drop replaced',
      'drop replaced',
      'keep newest',
      'drop unread',
      'drop ref-gone',
      'keep in-use',
      'keep newest',
      'keep not-ours',
      'keep newest',
    ]);
  });

  it('keeps what an entry that cannot be read may need, until the forge would have let it go', () => {
    const pull = { ref: 'refs/pull/7/merge' };
    const entries = [
      entry('old', 9),
      entry('a', 4),
      entry('between', 2),
      entry('pull', 3, pull),
      entry('before', 3.5, pull),
      entry('new', 1),
    ];
    expect(judge(entries, { new: [] }, { 'refs/pull/7/merge': 'open' })).toEqual({
      old: 'drop unread',
      a: 'keep perhaps-parent',
      before: 'keep perhaps-parent',
      pull: 'keep newest',
      // Younger than the pull request's entry, which therefore cannot name it.
      between: 'drop replaced',
      new: 'keep newest',
    });
    expect(judge(entries, { new: [], pull: ['a'] }, { 'refs/pull/7/merge': 'open' })).toMatchObject({
      a: 'keep parent',
      before: 'drop replaced',
    });
  });

  it('drops everything of a branch that is gone and of a closed pull request, an hour after it was made', () => {
    const entries = [
      entry('main', 1),
      entry('branch', 2, { ref: 'refs/heads/gone', accessed: NOW }),
      entry('pull', 2, { ref: 'refs/pull/9/merge' }),
      entry('fresh', 0.02, { ref: 'refs/pull/9/merge' }),
    ];
    const states = { 'refs/heads/gone': 'gone', 'refs/pull/9/merge': 'closed' } as const;
    expect(judge(entries, { main: [] }, states)).toEqual({
      main: 'keep newest',
      branch: 'drop ref-gone',
      pull: 'drop ref-gone',
      fresh: 'keep in-use',
    });
  });

  it('lets go of the newest of an unknown ref only when nobody read it for eight days', () => {
    const entries = [entry('x', 9, { ref: 'refs/heads/x' }), entry('y', 7, { ref: 'refs/heads/y' })];
    expect(judge(entries, {})).toEqual({ x: 'drop unread', y: 'keep newest' });
    expect(judge(entries, {}, { 'refs/heads/x': 'open' })).toMatchObject({ x: 'keep newest' });
  });

  it('keeps the newest of its own branch however old, and of each version by itself', () => {
    const entries = [entry('a', 30), entry('b', 20), entry('other', 25, { version: 'w' })];
    expect(judge(entries, { b: [], other: [] })).toEqual({
      a: 'drop replaced',
      b: 'keep newest',
      other: 'keep newest',
    });
  });

  it('drops entries of the first format, and touches none of a later one', () => {
    const entries = [
      entry('', 2, { key: 'modgate-v1-abc' }),
      entry('', 0.1, { key: 'modgate-v1-now' }),
      entry('', 90, { key: 'modgate-v3-abc' }),
      entry('', 90, { key: 'modgate-other' }),
    ];
    expect(judge(entries, {})).toEqual({
      'modgate-v1-abc': 'drop old-format',
      'modgate-v1-now': 'keep in-use',
      'modgate-v3-abc': 'keep not-ours',
      'modgate-other': 'keep not-ours',
    });
  });

  it('never drops what the next job of any living ref would restore, nor a named parent of it', () => {
    const refs = ['refs/heads/main', 'refs/heads/dev', 'refs/pull/1/merge', 'refs/tags/v1'];
    const state = fc.constantFrom<RefState>('open', 'gone', 'closed', 'unknown');
    const one = fc.record({
      key: fc.nat(9).map(n => `modgate-v2-${n}`),
      ref: fc.constantFrom(...refs),
      version: fc.constantFrom('v', 'w'),
      age: fc.nat(20),
      unread: fc.nat(20),
      parents: fc.option(fc.array(fc.nat(9).map(n => `modgate-v2-${n}`))),
    });
    fc.assert(
      fc.property(
        fc.array(one, { maxLength: 25 }),
        fc.array(state, { minLength: 4, maxLength: 4 }),
        (rows, of) => {
          const entries = rows.map((row, id) => {
            const created = NOW - row.age * DAY;
            const accessed = Math.min(NOW, created + row.unread * DAY);
            return { ...row, id, bytes: 1, created, accessed, manifest: row.parents ?? undefined };
          });
          const stateOf = (ref: string): RefState => of[refs.indexOf(ref)] ?? 'unknown';
          const verdicts = judgeEntries(entries, {
            now: NOW,
            refState: stateOf,
            parents: e => entries[e.id]?.manifest,
          });
          const kept = new Set(verdicts.filter(v => v.keep).map(v => v.entry.id));
          for (const e of entries) {
            const living = stateOf(e.ref) !== 'gone' && stateOf(e.ref) !== 'closed';
            const rivals = entries.filter(o => o.ref === e.ref && o.version === e.version);
            const newest = rivals.every(
              o => o.created < e.created || (o.created === e.created && o.id <= e.id),
            );
            const recent = NOW - e.accessed < 8 * DAY;
            if (living && newest && recent) expect(kept.has(e.id)).toBe(true);
            if (!living || !newest) continue;
            for (const parent of entries.filter(o => e.manifest?.includes(o.key))) {
              const there = stateOf(parent.ref) !== 'gone' && stateOf(parent.ref) !== 'closed';
              if (there) expect(kept.has(parent.id)).toBe(true);
            }
          }
        },
      ),
    );
  });
});
