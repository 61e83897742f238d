import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitLines, refused } from '../../src/proxy/refusal.ts';
import { errorBody, MAX_ERROR_BYTES } from '../../src/proxy/respond.ts';

const denial = {
  decision: 'deny',
  rule: 'host/not-allowed',
  reason: 'module "evil.test/x" comes from host "evil.test", which is not allowed',
  why: 'hosts.allow does not have it (.modgate.yaml:3)',
  fix: 'Use a module from an allowed host.',
} as const;

const printed = (message: string) => errorBody(message).toString().trimEnd().split('\n');

describe('a refusal', () => {
  it('says rule, reason, why, who requires it and what to do, in this order', () => {
    const error = refused(denial, 'example.test/main → a.test/b@v1.0.0 → evil.test/x');
    expect(error).toMatchObject({ code: 'denied', rule: 'host/not-allowed' });
    expect(printed(error.message)).toEqual([
      'modgate: host/not-allowed: module "evil.test/x" comes from host "evil.test", which is not allowed',
      'why: hosts.allow does not have it (.modgate.yaml:3)',
      'required by: example.test/main → a.test/b@v1.0.0 → evil.test/x',
      'fix: Use a module from an allowed host.',
    ]);
  });

  it('goes into the record in one line, with the reason that the policy gives', () => {
    const { why: _, ...bare } = denial;
    expect(refused(denial, 'a chain').reason).toBe(
      'module "evil.test/x" comes from host "evil.test", which is not allowed: hosts.allow does not have it (.modgate.yaml:3)',
    );
    expect(refused(bare).reason).toBe(denial.reason);
    const long = refused({ ...denial, why: `${'a'.repeat(5000)} last` }).reason;
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(MAX_ERROR_BYTES);
    expect(long).toMatch(/^module "evil.test\/x".* last$/);
  });

  it('keeps every line, with beginning and end, however long its parts are', () => {
    const long = { ...denial, reason: `first ${'a'.repeat(5000)} last`, fix: `do ${'b'.repeat(5000)} so` };
    const lines = printed(refused(long, `m.test/m → ${'c'.repeat(5000)} → x.test/x`).message);
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^modgate: host\/not-allowed: first a+\.\.\.a+ last$/);
    expect(lines[1]).toBe('why: hosts.allow does not have it (.modgate.yaml:3)');
    expect(lines[2]).toMatch(/^required by: m\.test\/m → c+\.\.\.c+ → x\.test\/x$/);
    expect(lines[3]).toMatch(/^fix: do b+\.\.\.b+ so$/);
  });

  it('lines fit into the bytes they may have, and short ones stay as they are', () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '→'), maxLength: 900 });
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), lines => {
        const fitted = fitLines(lines, MAX_ERROR_BYTES);
        expect(fitted).toHaveLength(lines.length);
        expect(Buffer.byteLength(`${fitted.join('\n')}\n`)).toBeLessThanOrEqual(MAX_ERROR_BYTES);
        fitted.forEach((text, at) => {
          expect(text).not.toContain('\ufffd');
          if (Buffer.byteLength(lines[at] ?? '') <= 100) expect(text).toBe(lines[at]);
        });
      }),
    );
  });
});
