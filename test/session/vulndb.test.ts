import { describe, expect, it } from 'vitest';
import { jobEnvironment } from '../../src/session/environment.ts';
import { vulnDbOf } from '../../src/session/vulndb.ts';

const URL_OF = 'https://vuln.example.test/db';
const SESSION = `http://127.0.0.1:4711/${'0123456789abcdef'.repeat(2)}`;

describe('the vulnerability database of a session', () => {
  it.each([
    ['the one of the configuration', URL_OF, { GOVULNDB: 'https://own.example.test' }, URL_OF],
    ['else the one of the job', null, { GOVULNDB: URL_OF }, URL_OF],
    ['not a directory, which needs no mirror', null, { GOVULNDB: 'file:///srv/vulndb' }, undefined],
    ['not what an earlier session left', null, { GOVULNDB: `${SESSION}/vuln` }, undefined],
    ['none where nobody names one', null, {}, undefined],
  ])('%s', (_, configured, env, expected) => {
    expect(vulnDbOf(configured, env)).toBe(expected);
  });

  it('is in the environment of the job where there is one', () => {
    const about = {
      url: SESSION,
      sessionDir: '/s',
      onFailure: 'fail',
      previous: undefined,
      modcache: undefined,
    } as const;
    expect(jobEnvironment({ ...about, vulndb: true }).GOVULNDB).toBe(`${SESSION}/vuln`);
    expect(jobEnvironment(about)).not.toHaveProperty('GOVULNDB');
  });
});
