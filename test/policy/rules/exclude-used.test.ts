import { describe, expect, it } from 'vitest';
import { excludeUsed } from '../../../src/policy/rules/exclude-used.ts';
import { found, said } from './found.ts';
import { publishedGoMod, realGo } from './real.ts';

describe('exclude/used', () => {
  it('reports every exclude, alone or in a block', () => {
    const files = {
      'go.mod': 'module m\n\nexclude x.y/a v1.0.0 // why\nexclude (\n\tx.y/b v1.2.0\n\tx.y/b v1.2.1\n)\n',
    };
    const all = found(excludeUsed, files);
    expect(said(files, all)).toEqual([
      'go.mod:3 «x.y/a v1.0.0» "x.y/a@v1.0.0" is excluded',
      'go.mod:5 «x.y/b v1.2.0» "x.y/b@v1.2.0" is excluded',
      'go.mod:6 «x.y/b v1.2.1» "x.y/b@v1.2.1" is excluded',
    ]);
    expect(all[0]?.fix).toContain('go mod edit -dropexclude=x.y/a@v1.0.0 go.mod');
  });

  it('reports that of a real go.mod, and none where there is none', async () => {
    await using go = await realGo();
    const prometheus = {
      'go.mod': await publishedGoMod(go, 'github.com/prometheus/client_golang', 'v1.22.0'),
    };
    expect(found(excludeUsed, prometheus).map(one => [one.module, one.version])).toEqual([
      ['github.com/prometheus/client_golang', 'v1.12.1'],
    ]);
    const cobra = { 'go.mod': await publishedGoMod(go, 'github.com/spf13/cobra', 'v1.9.1') };
    expect(found(excludeUsed, cobra)).toEqual([]);
  });

  it('takes hostile names, broken files and 10,000 lines', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => `exclude x.y/m${i} v1.0.0\n`).join('');
    expect(found(excludeUsed, { 'go.mod': `module m\n${many}` })).toHaveLength(10_000);
    expect(found(excludeUsed, { 'go.mod': Buffer.from([0, 255, 40]) })).toEqual([]);
    const [one] = found(excludeUsed, { 'go.mod': `exclude "x\\u202e\\x1b${'y'.repeat(100_000)}" v1.0.0\n` });
    expect(one?.message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(one?.message.length).toBeLessThan(500);
    expect(one?.fix.length).toBeLessThan(500);
  });
});
