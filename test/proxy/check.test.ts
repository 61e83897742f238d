import { describe, expect, it } from 'vitest';
import { hashGoMod } from '../../src/gomod/dirhash.ts';
import { type CheckDeps, checkBody } from '../../src/proxy/check.ts';
import { FinalBody, WrongBody } from '../../src/proxy/upstream/transfer.ts';
import { HashError } from '../../src/store/hasher.ts';

const MV = { path: 'a.test/a', version: 'v1.0.0' };
const MOD = Buffer.from('module a.test/a\n');
const H1 = 'h1:W5quZX/G/csjUnuI8SUYlsHs9M38FC7znL0lIO+DvMg=';
const NOBODY = Promise.resolve({ state: 'unknown', why: 'a test' } as const);
const known = (...h1s: string[]) => Promise.resolve({ state: 'known', by: 'sumdb', h1s } as const);
const deps = (given: Partial<CheckDeps>): CheckDeps => ({
  vouched: undefined,
  doubt: undefined,
  hashZip: async () => ({ h1: H1, sha256: 'ab', size: 3, members: 1, uncompressed: 3 }),
  ...given,
});
const bytes = (text: string) => ({ bytes: Buffer.from(text) });

describe('an .info', () => {
  const check = async (text: string) => await checkBody(MV, 'info', bytes(text), deps({}));
  it('is written anew, with nothing that we do not know', async () => {
    const { kind, ...checked } = await check(
      ' {"Time":"2020-01-02T03:04:05Z","Version":"v1.0.0","Evil":1,"Origin":{"VCS":"git","URL":"https://a.test/a"}}\n',
    );
    expect(kind).toBe('info');
    expect(checked).toMatchObject({
      bytes: Buffer.from(
        '{"Version":"v1.0.0","Time":"2020-01-02T03:04:05Z","Origin":{"VCS":"git","URL":"https://a.test/a"}}',
      ),
    });
  });
  it.each(['', '<html>', '{}', '[]', '{"Version":"v1.0.1"}', '{"Version":"v1.0.0","Time":"yesterday"}'])(
    '%s is asked for again',
    async text => {
      await expect(check(text)).rejects.toBeInstanceOf(WrongBody);
    },
  );
});

describe('a go.mod', () => {
  it('has one of the hashes that are vouched for', async () => {
    const h1 = hashGoMod(MOD);
    const right = await checkBody(MV, 'mod', { bytes: MOD }, deps({ vouched: known(H1, h1) }));
    expect(right).toMatchObject({ kind: 'mod', h1, bytes: MOD });
    const wrong = checkBody(MV, 'mod', { bytes: MOD }, deps({ vouched: known(H1) }));
    await expect(wrong).rejects.toThrow(`checksum mismatch: got ${h1}, the checksum database has ${H1}`);
  });
  it('must at least look like one when nobody vouches', async () => {
    const check = async (text: string) => await checkBody(MV, 'mod', bytes(text), deps({ vouched: NOBODY }));
    expect(await check('// a comment\nmodule a.test/a\n')).toMatchObject({ kind: 'mod' });
    for (const text of ['', '<html>\nmodule x', 'modules are nice', 'module a.test/a\0']) {
      await expect(check(text)).rejects.toBeInstanceOf(WrongBody);
    }
  });
});

describe('a zip', () => {
  const file = { file: '/tmp/z', size: 3 };
  it('has the hash that is vouched for', async () => {
    expect(await checkBody(MV, 'zip', file, deps({ vouched: known(H1) }))).toMatchObject({
      kind: 'zip',
      file: '/tmp/z',
      facts: { sha256: 'ab', size: 3 },
    });
    const wrong = checkBody(MV, 'zip', file, deps({ vouched: known(hashGoMod(MOD)) }));
    await expect(wrong).rejects.toBeInstanceOf(WrongBody);
  });
  it('that is none is asked for again, one that go would refuse for its size is not', async () => {
    const fails = (detail: 'too-large' | 'malformed') =>
      checkBody(
        MV,
        'zip',
        file,
        deps({ hashZip: async () => Promise.reject(new HashError('bad-zip', '/tmp/z', 'no', detail)) }),
      );
    await expect(fails('malformed')).rejects.toBeInstanceOf(WrongBody);
    await expect(fails('too-large')).rejects.toBeInstanceOf(FinalBody);
  });
});
