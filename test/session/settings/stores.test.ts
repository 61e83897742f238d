import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { DEFAULTS } from '../../../src/config/defaults.ts';
import type { Config } from '../../../src/config/types.ts';
import { chooseStores } from '../../../src/session/settings/configure.ts';

const S3 = 's3://modules/go';
const bucket = { kind: 'bucket', place: { location: S3 } };
const job = { dir: '/runner/temp/modgate/store', lifetime: 'job' } as const;
const kept = { dir: '/home/me/.cache/modgate/store', lifetime: 'persistent' } as const;

function choose(store: string | string[], defaultStore: typeof job | typeof kept = job) {
  const config: Config = {
    ...DEFAULTS,
    proxy: { ...DEFAULTS.proxy, 'on-failure': 'fallback' },
    cache: { ...DEFAULTS.cache, store },
  };
  return chooseStores(config, {
    workspace: '/work',
    cwd: '/work',
    flags: {},
    defaultStore,
    sessionDir: '/runner/temp/modgate',
  });
}

it('a directory or auto alone has nothing behind it', () => {
  expect(choose('auto')).toEqual(job);
  expect(choose('/srv/modules')).toEqual({ dir: resolve('/srv/modules'), lifetime: 'persistent' });
});

it('a bucket alone is behind a directory that ends with the job, or that the machine keeps', () => {
  expect(choose(S3)).toMatchObject({
    dir: resolve('/runner/temp/modgate/store'),
    lifetime: 'job',
    private: true,
    layers: [bucket],
  });
  expect(choose(S3, kept)).toMatchObject({ ...kept, layers: [bucket] });
});

it('of several places the first is the job’s own where it may be written', () => {
  expect(choose(['auto', S3])).toMatchObject({ ...job, layers: [bucket] });
  expect(choose(['auto', S3])).not.toHaveProperty('private');
  expect(choose(['modules', `${S3}?mode=read`, 's3://modules/team'])).toMatchObject({
    dir: resolve('/work/modules'),
    lifetime: 'persistent',
    layers: [
      { kind: 'bucket', place: { readOnly: true, location: S3 } },
      { kind: 'bucket', place: { readOnly: false } },
    ],
  });
  expect(choose([S3, 'auto'])).toMatchObject({
    private: true,
    layers: [bucket, { kind: 'directory', dir: job.dir }],
  });
  expect(choose(['file:///srv/seed?mode=read', S3])).toMatchObject({
    private: true,
    layers: [{ kind: 'directory', readOnly: true }, bucket],
  });
});
