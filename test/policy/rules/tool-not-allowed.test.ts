import { describe, expect, it } from 'vitest';
import { toolNotAllowed } from '../../../src/policy/rules/tool-not-allowed.ts';
import { found, said } from './found.ts';
import { publishedGoMod, realGo } from './real.ts';

const mod = (text: string) => ({ 'go.mod': `module example.com/shop\n\ngo 1.26\n\n${text}\n` });

describe('tool/not-allowed', () => {
  it('marks the package, and names the module that it comes with', () => {
    const files = mod(
      'tool (\n\texample.com/lint/v2/cmd/lint\n\texample.com/gen\n)\n\nrequire (\n\texample.com/lint v1.0.0\n\texample.com/lint/v2 v2.1.0\n)',
    );
    const all = found(toolNotAllowed, files);
    expect(said(files, all)).toEqual([
      'go.mod:6 «example.com/lint/v2/cmd/lint» tool "example.com/lint/v2/cmd/lint" is not allowed',
      'go.mod:7 «example.com/gen» tool "example.com/gen" is not allowed',
    ]);
    expect(all.map(one => [one.module, one.version])).toEqual([
      ['example.com/lint/v2', 'v2.1.0'],
      ['example.com/gen', undefined],
    ]);
  });

  it('allows by package, directory or module, and the tools of the module itself', () => {
    const files = mod(
      'tool example.com/acme/lint/cmd/lint\ntool example.com/shop/internal/gen\ntool example.com/shopping/x',
    );
    const tools = (allow: string[]) =>
      found(toolNotAllowed, files, { options: { allow } }).map(one => one.key);
    expect(tools([])).toEqual(['example.com/acme/lint/cmd/lint', 'example.com/shopping/x']);
    for (const allow of ['example.com/acme/lint/cmd/lint', 'example.com/acme', 'example.com/*/lint']) {
      expect(tools([allow])).toEqual(['example.com/shopping/x']);
    }
    // No prefix without a boundary.
    expect(tools(['example.com/ac', 'example.com/shop'])).toHaveLength(2);
  });

  it('reports the tools of a real go.mod but those that are allowed, and none where there are none', async () => {
    await using go = await realGo();
    const quic = { 'go.mod': await publishedGoMod(go, 'github.com/quic-go/quic-go', 'v0.59.0') };
    expect(found(toolNotAllowed, quic).map(one => [one.key, one.module])).toEqual([
      ['github.com/jordanlewis/gcassert/cmd/gcassert', 'github.com/jordanlewis/gcassert'],
      ['go.uber.org/mock/mockgen', 'go.uber.org/mock'],
    ]);
    expect(found(toolNotAllowed, quic, { options: { allow: ['go.uber.org'] } })).toHaveLength(1);
    const cobra = { 'go.mod': await publishedGoMod(go, 'github.com/spf13/cobra', 'v1.9.1') };
    expect(found(toolNotAllowed, cobra)).toEqual([]);
  });

  it('takes 10,000 tools, and one of half a million elements', () => {
    const many = mod(Array.from({ length: 10_000 }, (_, i) => `tool example.com/t${i}`).join('\n'));
    expect(found(toolNotAllowed, many, { options: { allow: ['example.org/*'] } })).toHaveLength(10_000);
    const [one] = found(toolNotAllowed, mod(`tool example.com/${'a/'.repeat(500_000)}a`));
    expect(one?.message.length).toBeLessThan(500);
    expect(found(toolNotAllowed, mod('tool "x\\u202e\\x1b[31m"'))[0]?.message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
