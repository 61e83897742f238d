import { expect, it } from 'vitest';
import { listenAt, secretFor } from '../../src/session/listen.ts';

const SECRET = '0123456789abcdef0123456789abcdef';

it('reads addresses, a free loopback port without one', () => {
  expect(listenAt(undefined)).toEqual({ host: '127.0.0.1', port: 0 });
  expect(listenAt('0.0.0.0:8080')).toEqual({ host: '0.0.0.0', port: 8080 });
  expect(listenAt('[::1]:80')).toEqual({ host: '::1', port: 80 });
  expect(listenAt('modgate:65535')).toEqual({ host: 'modgate', port: 65_535 });
});

it.each(['', '8080', ':8080', 'host:', 'host:65536', 'host:-1', '::1:80', 'a b:80', 'host:80/x'])(
  'refuses %o',
  value => {
    expect(() => listenAt(value)).toThrow(/--listen wants HOST:PORT/);
  },
);

it('takes the secret that is given with an address, and makes one where nobody else can connect', () => {
  const loopback = listenAt('127.0.0.1:0');
  expect(secretFor(loopback, true, SECRET)).toBe(SECRET);
  expect(secretFor(loopback, true, undefined)).toMatch(/^[0-9a-f]{32}$/);
  expect(secretFor(loopback, true, '')).not.toBe(secretFor(loopback, true, ''));
  // A variable of the job that is meant for its service does not make this job's own proxy guessable.
  expect(secretFor(listenAt(undefined), false, SECRET)).not.toBe(SECRET);
});

it.each(['0.0.0.0:1', '[::]:1', '10.0.0.7:1', 'modgate:1', '127.evil.example:1'])(
  'refuses %s without a secret, and any weak one',
  value => {
    const at = listenAt(value);
    expect(() => secretFor(at, true, undefined)).toThrow(/set MODGATE_SECRET to 32/);
    for (const weak of ['x', SECRET.toUpperCase(), `${SECRET}0`, `${SECRET}\n`]) {
      expect(() => secretFor(at, true, weak)).toThrow(/not of the right form/);
    }
    expect(secretFor(at, true, SECRET)).toBe(SECRET);
  },
);
