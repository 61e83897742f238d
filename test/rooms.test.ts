import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { VERSION } from '../src/session/version.ts';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** The floors of the house, from the top. A room may import from lower floors and from itself. */
const FLOORS = [
  ['cli', 'actions'],
  ['doctor'],
  ['session', 'server'],
  ['check'],
  ['report'],
  ['collector'],
  ['proxy', 'policy'],
  ['audit'],
  ['platform'],
  ['store'],
  ['config'],
  ['tlog'],
  ['gomod'],
] as const;

const floorOf = new Map(
  FLOORS.flatMap((rooms, floor) => rooms.map(room => [room as string, floor] as const)),
);

/** Rooms that must stay pure: no file, network, process or clock. */
const PURE = ['gomod', 'tlog'];
const PURE_BUILTINS = ['node:crypto', 'node:zlib', 'node:buffer', 'node:stream', 'node:stream/promises'];

interface Import {
  readonly from: string;
  readonly room: string;
  readonly to: string;
}

function imports(): Import[] {
  const out: Import[] = [];
  for (const file of readdirSync(SRC, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const from = file.split(path.sep).join('/');
    const text = readFileSync(path.join(SRC, file), 'utf8');
    for (const [, to = ''] of text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)'([^']+)'/gm)) {
      out.push({ from, room: from.split('/')[0] ?? '', to });
    }
  }
  return out;
}

const all = imports();

describe('the rooms of the house', () => {
  it('finds the imports it judges', () => {
    expect(all.length).toBeGreaterThan(100);
    expect(new Set(all.map(found => found.room))).toEqual(new Set(floorOf.keys()));
  });

  it('imports go downwards only', () => {
    const upward = all.filter(({ from, room, to }) => {
      if (!to.startsWith('.')) return false;
      const target = path.posix.normalize(path.posix.join(path.posix.dirname(from), to)).split('/')[0] ?? '';
      if (target === room) return false;
      return (floorOf.get(target) ?? -1) <= (floorOf.get(room) ?? -1);
    });
    expect(upward.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it('the pure rooms have no effects', () => {
    const effects = all.filter(
      ({ room, to }) => PURE.includes(room) && to.startsWith('node:') && !PURE_BUILTINS.includes(to),
    );
    expect(effects.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it('only entry points read the process environment', () => {
    const readers = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
      .filter(file => file.endsWith('.ts'))
      .filter(file => /\bprocess\.env\b/.test(readFileSync(path.join(SRC, file), 'utf8')))
      .map(file => file.split(path.sep).join('/'))
      .filter(file => !/^(?:cli|actions)\//.test(file));
    expect(readers).toEqual([]);
  });

  it('nothing but types is imported from node:http, see platform/node-http.ts', () => {
    const all = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'));
    const found = all.filter(file => {
      const text = readFileSync(path.join(SRC, file), 'utf8');
      return /^(?:import|export) (?!type )[^;]*? from 'node:http';/m.test(text);
    });
    expect(found).toEqual([]);
    expect(all.length).toBeGreaterThan(100);
  });
});

describe('the version', () => {
  it('is that of package.json', () => {
    const { version } = JSON.parse(readFileSync(path.join(SRC, '..', 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(VERSION).toBe(version);
  });
});
