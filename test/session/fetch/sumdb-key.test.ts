import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseSumDb } from '../../../src/session/fetch/sumdb-key.ts';
import type { GoSettings } from '../../../src/session/types.ts';
import { goEnv, sumdbName } from '../../support/go.ts';
import { tempDir } from '../../support/temp.ts';

const settings = async (change: Partial<GoSettings> = {}): Promise<GoSettings> =>
  ({ ...(await goEnv()), ...change }) as GoSettings;

describe('the checksum database of a job', () => {
  it('has the key that the Go installation trusts, from its source or from its binary', async () => {
    const fromSource = await chooseSumDb(await settings());
    expect(fromSource).toMatchObject({ name: await sumdbName(), url: undefined });
    await using bare = await tempDir('goroot');
    await mkdir(bare.join('bin'));
    const { GOROOT = '' } = await goEnv();
    const binary = process.platform === 'win32' ? 'go.exe' : 'go';
    await symlink(path.join(GOROOT, 'bin', binary), bare.join('bin', binary));
    expect(await chooseSumDb(await settings({ GOROOT: bare.path }))).toEqual(fromSource);
  });

  it('is the one that GOSUMDB spells out, with its key and address', async () => {
    const known = await chooseSumDb(await settings());
    const key = 'why' in known ? '' : known.key;
    const GOSUMDB = `${key} https://db.example.com/mirror`;
    expect(await chooseSumDb(await settings({ GOSUMDB }))).toEqual({
      name: await sumdbName(),
      key,
      url: 'https://db.example.com/mirror',
    });
  });

  it.each([
    ['off', /^GOSUMDB is off$/],
    ['db.example.com', /has no key for the database db\.example\.com$/],
    ['db.example.com+00000000+nonsense', /^GOSUMDB is malformed: /],
  ])('there is none with GOSUMDB=%s', async (GOSUMDB, why) => {
    expect(await chooseSumDb(await settings({ GOSUMDB }))).toEqual({ why: expect.stringMatching(why) });
  });
});
