import { describe, expect, it } from 'vitest';
import { checkExposure } from '../../src/server/exposure.ts';

describe('exposure', () => {
  const loopback = { host: '127.0.0.1', port: 1 };
  const world = { host: '::', port: 1 };
  const settings = { open: false, tls: true, insecureHttp: false };

  it.each([
    { at: loopback, ...settings, open: true, tls: false },
    { at: { host: '::1', port: 1 }, ...settings, open: true, tls: false },
    { at: { host: 'localhost', port: 1 }, ...settings, tls: false },
    { at: world, ...settings },
    { at: world, ...settings, tls: false, insecureHttp: true },
  ])('lets through %j', given => {
    expect(() => checkExposure(given)).not.toThrow();
  });

  it.each([
    [{ at: world, ...settings, open: true }, 'no token is configured'],
    [{ at: world, ...settings, open: true, insecureHttp: true }, 'no token is configured'],
    [{ at: world, ...settings, tls: false }, 'over plain http'],
    [{ at: { host: '127.0.0.1.example.com', port: 1 }, ...settings, tls: false }, 'over plain http'],
  ])('refuses %j', (given, words) => {
    expect(() => checkExposure(given)).toThrow(words);
  });
});
