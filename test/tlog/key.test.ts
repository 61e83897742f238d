import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { findSumDbAlias, findSumDbKey, GoSumDbError, parseGoSumDb } from '../../src/tlog/key.ts';
import { makeSigner, parseVerifierKey } from '../../src/tlog/note.ts';
import { goEnv, sumdbName } from '../support/go.ts';

const { vkey } = makeSigner('sum.example.test', Buffer.alloc(32, 9));

describe('findSumDbKey', () => {
  test('finds the key of the real database in the real go, in its source and in its binary', async () => {
    const { GOROOT = '', GOEXE = '' } = await goEnv();
    const name = await sumdbName();
    const source = await readFile(path.join(GOROOT, 'src/cmd/go/internal/modfetch/key.go'), 'utf8');
    const key = findSumDbKey(source, name);
    expect(parseVerifierKey(key ?? '').name).toBe(name);
    const binary = await readFile(path.join(GOROOT, 'bin', `go${GOEXE}`), 'latin1');
    expect(findSumDbKey(binary, name)).toBe(key);
  });

  test('a candidate whose hash is wrong is passed over', () => {
    const wrong = vkey.replace(/\+[0-9a-f]{8}\+/, '+00000000+');
    expect(findSumDbKey(`${wrong}\0${vkey}and more`, 'sum.example.test')).toBe(vkey);
    expect(findSumDbKey(wrong, 'sum.example.test')).toBeUndefined();
    expect(findSumDbKey(vkey, 'example.test')).toBeUndefined();
    expect(findSumDbKey(vkey, '')).toBeUndefined();
    expect(findSumDbKey(vkey.slice(0, -1), 'sum.example.test')).toBeUndefined();
  });
});

test('findSumDbAlias reads the short names in the source of go', async () => {
  const { GOROOT = '' } = await goEnv();
  const source = await readFile(path.join(GOROOT, 'src/cmd/go/internal/modfetch/sumdb.go'), 'utf8');
  const short = /gosumdb == "([^"]+)" \{/.exec(source)?.[1] ?? '';
  expect(short).not.toBe('');
  expect(findSumDbAlias(source, short)).toBe(`${await sumdbName()} https://${short}`);
  expect(findSumDbAlias(source, 'sum.example.test')).toBeUndefined();
});

describe('parseGoSumDb', () => {
  test.each([
    ['off', { off: true }],
    ['sum.example.test', { off: false, name: 'sum.example.test' }],
    [vkey, { off: false, name: 'sum.example.test', key: vkey }],
    [
      `${vkey}  https://db.example.test/x `,
      { off: false, name: 'sum.example.test', key: vkey, url: 'https://db.example.test/x' },
    ],
    [
      'sum.example.test/v2 http://localhost:1',
      { off: false, name: 'sum.example.test/v2', url: 'http://localhost:1' },
    ],
  ])('%s', (value, want) => {
    expect(parseGoSumDb(value)).toEqual(want);
  });

  test.each([
    ['', 'missing GOSUMDB'],
    ['a b c', 'invalid GOSUMDB: too many fields'],
    ['a+b', 'invalid GOSUMDB: malformed verifier id'],
    [vkey.replace('sum.', 'mus.'), 'invalid GOSUMDB: invalid verifier hash'],
    ['https://sum.example.test', 'invalid sumdb name'],
    ['sum.example.test/../x', 'invalid sumdb name'],
    ['sum.example.test/', 'invalid sumdb name'],
  ])('%j is refused: %s', (value, why) => {
    expect(() => parseGoSumDb(value)).toThrow(GoSumDbError);
    expect(() => parseGoSumDb(value)).toThrow(why);
  });

  test('takes the GOSUMDB of this machine', async () => {
    expect(parseGoSumDb((await goEnv()).GOSUMDB ?? '')).toMatchObject({
      off: false,
      name: await sumdbName(),
    });
  });
});
