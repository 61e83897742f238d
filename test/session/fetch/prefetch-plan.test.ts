import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGoSum } from '../../../src/gomod/sum.ts';
import { type PlanInput, planPrefetch } from '../../../src/session/fetch/prefetch-plan.ts';
import type { Replacement } from '../../../src/session/policy/needs.ts';

const H1 = 'h1:W5quZX/G/csjUnuI8SUYlsHs9M38FC7znL0lIO+DvMg=';

/** Items as `path@version.kind`, for what `M V` and `M V/go.mod` lines of a go.sum say. */
function plan(sums: readonly string[], rest: Omit<PlanInput, 'sums'>): string[] {
  const text = sums.map(line => `${line} ${H1}\n`).join('');
  const { entries } = parseGoSum(Buffer.from(text), 'go.sum');
  return planPrefetch({ ...rest, sums: entries }).map(item => `${item.path}@${item.version}.${item.kind}`);
}
const both = (module: string, version: string) => [`${module} ${version}`, `${module} ${version}/go.mod`];
const all = (module: string, version: string) =>
  ['mod', 'zip', 'info'].map(kind => `${module}@${version}.${kind}`);
/** What the module requires, and replaces: `OLD[@VERSION] => NEW[ VERSION]`. */
const need = (path: string, version: string, ...replaces: readonly string[]) => ({
  module: 'main.test/main',
  requires: [{ path, version }],
  replaces: replaces.map(replaced),
});
function replaced(line: string): Replacement {
  const [, oldPath = '', oldVersion, newPath = '', newVersion] =
    /^([^@ ]+)(?:@(\S+))? => (\S+)(?: (\S+))?$/.exec(line) ?? [];
  return { oldPath, oldVersion, newPath, newVersion };
}

describe('planPrefetch', () => {
  it('wants all of what is required, and only the go.mod of the rest', () => {
    expect(
      plan([...both('a.test/a', 'v1.2.0'), 'b.test/b v1.0.0/go.mod'], { mods: [need('a.test/a', 'v1.2.0')] }),
    ).toEqual([...all('a.test/a', 'v1.2.0'), 'b.test/b@v1.0.0.mod']);
  });

  it('wants no zip of what is only in the graph', () => {
    expect(plan(['a.test/a v1.2.0/go.mod'], { mods: [need('a.test/a', 'v1.2.0')] })).toEqual([
      'a.test/a@v1.2.0.mod',
    ]);
  });

  it('leaves stale lines: zips of other versions, and go.mod files of newer ones', () => {
    const sums = [
      ...both('a.test/a', 'v1.1.0'),
      ...both('a.test/a', 'v1.2.0'),
      ...both('a.test/a', 'v1.3.0'),
    ];
    expect(plan(sums, { mods: [need('a.test/a', 'v1.2.0')] })).toEqual([
      ...all('a.test/a', 'v1.2.0'),
      'a.test/a@v1.1.0.mod',
    ]);
  });

  it('takes the newest of what the modules of a workspace require', () => {
    const sums = [...both('a.test/a', 'v1.9.0'), ...both('a.test/a', 'v1.10.0')];
    const mods = [need('a.test/a', 'v1.9.0'), need('a.test/a', 'v1.10.0')];
    expect(plan(sums, { mods })).toEqual([...all('a.test/a', 'v1.10.0'), 'a.test/a@v1.9.0.mod']);
  });

  describe('with a replace', () => {
    const a = (...replaces: readonly string[]) => ({ mods: [need('a.test/a', 'v1.0.0', ...replaces)] });
    const sums = [...both('a.test/a', 'v1.0.0'), ...both('f.test/fork', 'v1.5.0')];
    it('fetches the fork instead of the module', () => {
      expect(plan(sums, a('a.test/a => f.test/fork v1.5.0'))).toEqual(all('f.test/fork', 'v1.5.0'));
    });
    it('fetches nothing for a directory', () => {
      expect(plan(sums.slice(0, 2), a('a.test/a => ../a'))).toEqual([]);
    });
    it('of another version leaves this one', () => {
      expect(plan(sums.slice(0, 2), a('a.test/a@v1.1.0 => ../a'))).toEqual(all('a.test/a', 'v1.0.0'));
    });
    it('of the version goes before one of the module, and that of go.work before that of go.mod', () => {
      const any = 'a.test/a => f.test/fork v1.1.0';
      const exact = 'a.test/a@v1.0.0 => f.test/fork v1.2.0';
      const work = [replaced('a.test/a => f.test/fork v1.3.0')];
      expect(plan([], a(any, exact))).toEqual(['f.test/fork@v1.2.0.mod']);
      expect(plan([], { ...a(any), work })).toEqual(['f.test/fork@v1.3.0.mod']);
      // go asks go.work whether it says anything of the path before it looks at a go.mod.
      expect(plan([], { ...a(exact), work })).toEqual(['f.test/fork@v1.3.0.mod']);
    });
  });

  it('passes over names and versions that go would refuse, and takes files without any', () => {
    const mods = [
      { module: undefined, requires: [], replaces: [] },
      need('../etc', 'v1.0.0'),
      need('a.test/a', 'master'),
      need('b.test/b', 'v1.0.0', 'b.test/b => c/../d v1.0.0'),
    ];
    expect(plan([], { mods })).toEqual([]);
  });

  it('names nothing twice, whatever the lines are', () => {
    const module = fc.constantFrom('a.test/a', 'b.test/b', 'c.test/c');
    const version = fc.constantFrom('v1.0.0', 'v1.1.0', 'v2.0.0+incompatible');
    const lines = fc.array(fc.tuple(module, version, fc.constantFrom('', '/go.mod')), { maxLength: 30 });
    const requires = fc.array(fc.tuple(module, version), { maxLength: 6 });
    fc.assert(
      fc.property(lines, requires, (sums, wanted) => {
        const planned = plan(
          sums.map(([m, v, mod]) => `${m} ${v}${mod}`),
          {
            mods: [
              {
                module: 'main.test/main',
                requires: wanted.map(([path, version]) => ({ path, version })),
                replaces: [],
              },
            ],
          },
        );
        expect(new Set(planned).size).toBe(planned.length);
      }),
    );
  });
});
