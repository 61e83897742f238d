import { expect, it } from 'vitest';
import { explainTroubles } from '../../../src/session/network/explain.ts';
import type { Trouble } from '../../../src/session/network/passes.ts';

const refused = (host: string, after: readonly string[] = []): Trouble => ({
  kind: 'refused',
  refusal: {
    target: { host, port: 443 },
    rule: 'host/not-allowed',
    reason: `${host} is denied`,
    fix: 'do not',
  },
  after,
});
const lost: Trouble = { kind: 'unreachable', reason: 'dial a.test:443: connection refused' };

it('a refusal counts more than a host that was out of reach before it', () => {
  const told = explainTroubles('a.test/x@v1.0.0', {
    module: 'a.test/x',
    troubles: [lost, refused('b.test', ['a.test'])],
  });
  expect(told).toMatchObject({ code: 'denied', rule: 'host/not-allowed', reason: 'b.test is denied' });
  expect(told?.message).toContain('why asked: a.test named it');
});

it('who named a host', () => {
  const why = (host: string, after: readonly string[], module: string) =>
    /why asked: (.*)/.exec(
      explainTroubles('x', { module, troubles: [refused(host, after)] })?.message ?? '',
    )?.[1];
  expect(why('a.test', [], 'a.test/x')).toBe('the module itself lies there, by its path');
  expect(why('b.test', ['a.test', 'c.test'], 'a.test/x')).toBe(
    'c.test named it, in a redirect or as the place of a.test/x',
  );
  expect(why('b.test', [], 'a.test/x')).toBe(
    'git was led there for a.test/x, by a setting of the job or by the path',
  );
  expect(why('b.test', [], '')).toBe('git was led there');
});

it('an outage is one, and no trouble is nobody to blame', () => {
  expect(explainTroubles('x', { module: '', troubles: [lost] })).toMatchObject({
    code: 'upstream-unavailable',
    message: expect.stringContaining('connection refused\nnext: '),
  });
  expect(explainTroubles('x', { module: '', troubles: [] })).toBeUndefined();
});

it('long names leave room for what to do', () => {
  const long = `${'a'.repeat(60)}.`.repeat(4);
  const text = explainTroubles(`${long}/${'x'.repeat(900)}@v1.0.0`, {
    module: `${long}/${'x'.repeat(900)}`,
    troubles: [refused(long, [long])],
  })?.message;
  expect(Buffer.byteLength(text ?? '')).toBeLessThanOrEqual(648);
  expect(text).toContain('\nfix: do not');
});
