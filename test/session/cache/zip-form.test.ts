import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DEFAULTS } from '../../../src/config/defaults.ts';
import type { Config } from '../../../src/config/types.ts';
import { zipForm } from '../../../src/session/cache/zip-form.ts';

const WORKSPACE = join(import.meta.dirname, 'checkout');

const asked = (zips: Config['cache']['zips'], dir: string, lifetime: 'job' | 'persistent') =>
  zipForm({
    config: { ...DEFAULTS, cache: { ...DEFAULTS.cache, zips } } as Config,
    workspace: WORKSPACE,
    store: { dir, fallbackDir: join(WORKSPACE, '..', 'fallback'), lifetime },
  });

const ELSEWHERE = join(WORKSPACE, '..', 'session', 'store');
const ARCHIVED = join(WORKSPACE, '.modgate', 'store');

it.each([
  ['a job’s own store', ELSEWHERE, 'job', 'stored'],
  ['a directory that outlives jobs', ELSEWHERE, 'persistent', 'stored'],
  ['the store that a runner archives', ARCHIVED, 'job', 'original'],
  ['a named directory in the checkout, which nobody archives', ARCHIVED, 'persistent', 'stored'],
] as const)('auto: %s', (_, dir, lifetime, form) => {
  expect(asked('auto', dir, lifetime)).toBe(form);
  expect(asked('original', dir, lifetime)).toBe('original');
  expect(asked('stored', dir, lifetime)).toBe('stored');
});
