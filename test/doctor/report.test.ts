import { describe, expect, it } from 'vitest';
import { cleaner } from '../../src/doctor/clean.ts';
import { doctorJson, doctorText } from '../../src/doctor/report.ts';
import type { Check } from '../../src/doctor/types.ts';
import { isSecretEnv } from '../../src/platform/secrets.ts';
import { redactorOfEnv, secretsInUrls } from '../../src/session/credentials/known-secrets.ts';

const CHECKS: readonly Check[] = [
  { probe: 'go', subject: 'go', state: 'ok', what: 'go1.26.0 in /usr/local/go' },
  {
    probe: 'tls',
    subject: 'https://git.example.com',
    state: 'failed',
    what: 'its certificate is from an unknown issuer: CN=Example Root',
    why: 'no authority that this machine trusts vouches for it',
    fix: 'name its PEM file in proxy.ca',
  },
  {
    probe: 'http',
    subject: 'https://proxy.example.com',
    state: 'skipped',
    what: 'its host cannot be reached',
  },
];

describe('the report', () => {
  it('for people', () => {
    expect(
      doctorText({ checks: CHECKS, ms: 1234 }, 100),
    ).toBe(`ok       go    go                         go1.26.0 in /usr/local/go
FAILED   tls   https://git.example.com    its certificate is from an unknown issuer: CN=Example Root
               why: no authority that this machine trusts vouches for it
               fix: name its PEM file in proxy.ca
skipped  http  https://proxy.example.com  its host cannot be reached

1 failed, 1 ok, 1 not tried (1.2 s)
`);
  });

  it('for scripts', () => {
    expect(JSON.parse(doctorJson({ checks: CHECKS, ms: 1234 }))).toEqual({
      schema: 1,
      checks: CHECKS,
      summary: { ok: 1, warning: 0, failed: 1, skipped: 1, ms: 1234 },
    });
  });
});

describe('what is shown', () => {
  const env = {
    GITHUB_TOKEN: 'canary-one-abc',
    'INPUT_AUDIT-TOKEN': 'canary-two-abc',
    INPUT_CACHE: 'github-cache',
    HTTPS_PROXY: 'http://robot:canary%2Dthree@proxy.example.test:8080',
    GIT_KEY: 'canary-four-abc',
    PATH: '/usr/bin',
  };
  const redactor = redactorOfEnv(
    env,
    isSecretEnv,
    env.GIT_KEY,
    ...secretsInUrls('https://u:canary-five@mirror.example.test,direct'),
  );
  const clean = (text: string): string =>
    cleaner(redactor.redact)({
      probe: 'git',
      subject: text,
      state: 'failed',
      what: text,
      why: text,
      fix: text,
    }).why ?? '';

  it('has no secret in it, in whatever form it came', () => {
    for (const text of [
      'fatal: canary-one-abc is no token',
      'canary-two-abc',
      'robot:canary%2Dthree, or canary-three',
      `Bearer canary-four-abc`,
      'https://x:canary-five@elsewhere.example.test/path?token=canary-six',
    ]) {
      expect(clean(text)).not.toContain('canary');
    }
    expect(clean('the setting github-cache of /usr/bin')).toBe('the setting github-cache of /usr/bin');
  });

  it('is one visible line', () => {
    expect(clean('a\n::error::b\u001b[31m')).toBe('a\\n::error::b\\u001b[31m');
  });
});
