import { describe, expect, it } from 'vitest';
import { type Candidate, chooseVersions, packingOrder } from '../../../src/store/bundle/choose.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 23);
const choice = { now: NOW, keepSinceMs: 30 * DAY, sessionStart: NOW - 60_000, maxBytes: 1e9 };

function version(path: string, lastUse: number, size = 10): Candidate {
  return { path, version: 'v1.0.0', files: { info: 1, mod: 1, zip: size }, lastUse, packed: size + 2 };
}

describe('chooseVersions', () => {
  it('keeps what was used in this session or lately, most recent first', () => {
    const all = [version('old', NOW - 31 * DAY), version('week', NOW - 7 * DAY), version('now', NOW - 1000)];
    expect(chooseVersions(all, choice).map(v => v.path)).toEqual(['now', 'week']);
    expect(chooseVersions(all, { ...choice, keepSinceMs: 0 }).map(v => v.path)).toEqual(['now']);
  });

  it('leaves the least recently used behind when it is too much', () => {
    const all = [version('a', NOW - 3, 40), version('b', NOW - 2, 40), version('c', NOW - 1, 40)];
    expect(chooseVersions(all, { ...choice, maxBytes: 100 }).map(v => v.path)).toEqual(['c', 'b']);
  });

  it('gives toolchains a quarter of the room, the last used one first', () => {
    const toolchain = (at: number) => ({
      ...version('golang.org/toolchain', at, 20),
      version: `v0.0.1-go1.${at}`,
    });
    const all = [toolchain(1), toolchain(2), version('a', 3, 40)];
    expect(chooseVersions(all, { ...choice, keepSinceMs: NOW, maxBytes: 100 })).toEqual([all[2], all[1]]);
  });
});

describe('packingOrder', () => {
  it('has what this session used first, as go asks for it, then the rest by last use', () => {
    const used = [
      version('c.example/x', NOW - 1),
      version('a.example/x', NOW - 2),
      version('b.example/x', NOW),
    ];
    const toolchain = version('golang.org/toolchain', NOW - 3);
    const rest = [version('a.example/old', NOW - 3 * DAY), version('z.example/old', NOW - DAY)];
    const order = packingOrder([...rest, ...used, toolchain], choice.sessionStart).map(v => v.path);
    expect(order).toEqual([
      'golang.org/toolchain',
      'a.example/x',
      'b.example/x',
      'c.example/x',
      'z.example/old',
      'a.example/old',
    ]);
  });

  it('leaves an old toolchain where its last use puts it', () => {
    const all = [version('golang.org/toolchain', NOW - 9 * DAY), version('z.example/old', NOW - 8 * DAY)];
    const order = packingOrder(all, choice.sessionStart).map(v => v.path);
    expect(order).toEqual(['z.example/old', 'golang.org/toolchain']);
  });
});
