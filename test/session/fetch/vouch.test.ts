import { describe, expect, it } from 'vitest';
import { SumTable } from '../../../src/gomod/sum.ts';
import { ProxyError } from '../../../src/proxy/errors.ts';
import type { SumDbRecord, SumDbService } from '../../../src/proxy/sumdb.ts';
import { createVouch, type VouchDeps } from '../../../src/session/fetch/vouch.ts';

const H1 = 'h1:W5quZX/G/csjUnuI8SUYlsHs9M38FC7znL0lIO+DvMg=';
const OTHER = 'h1:Zog+i5UMtVoCU8oKka5P7i9q9HgrJeGzI9SA1Xbatp0=';

/** A database that remembers what it was asked. */
function database(answer: () => Promise<SumDbRecord>) {
  const asked: string[] = [];
  const lookup = async (module: string, version: string) => {
    asked.push(`${module}@${version}`);
    return await answer();
  };
  return { asked, sumdb: { lookup } as unknown as SumDbService };
}
const has = async (): Promise<SumDbRecord> => ({ record: Buffer.alloc(0), zip: OTHER });

function vouch(deps: Partial<VouchDeps>) {
  const sums = new SumTable();
  sums.add([{ module: 'a.test/a', version: 'v1.0.0', file: 'zip', h1: H1, line: 1 }]);
  return createVouch({ sums, trusted: true, sumdb: undefined, noSumDb: '', timeoutMs: 1_000, ...deps });
}

describe('who vouches', () => {
  it('go.sum comes first, and only that of a trusted job counts for others', async () => {
    const { asked, sumdb } = database(has);
    const known = { state: 'known', h1s: [H1] };
    expect(await vouch({ sumdb })('a.test/a', 'v1.0.0', 'zip')).toEqual({ ...known, by: 'gosum' });
    expect(await vouch({ sumdb, trusted: false })('a.test/a', 'v1.0.0', 'zip')).toEqual({
      ...known,
      by: 'session-gosum',
    });
    expect(asked).toEqual([]);
  });

  it('the database for what go.sum does not list', async () => {
    const { asked, sumdb } = database(has);
    const ask = vouch({ sumdb, trusted: false });
    expect(await ask('b.test/b', 'v1.0.0', 'zip')).toEqual({ state: 'known', h1s: [OTHER], by: 'sumdb' });
    expect(await ask('b.test/b', 'v1.0.0', 'mod')).toMatchObject({ state: 'unknown' });
    expect(asked).toEqual(['b.test/b@v1.0.0', 'b.test/b@v1.0.0']);
  });

  it('nobody for what GONOSUMDB names, except that toolchains are always asked for', async () => {
    const { asked, sumdb } = database(has);
    const ask = vouch({ sumdb, noSumDb: 'corp.test,*' });
    expect(await ask('corp.test/secret', 'v1.0.0', 'zip')).toMatchObject({ state: 'unknown' });
    expect(asked).toEqual([]);
    expect(await ask('golang.org/toolchain', 'v0.0.1-go1.27.0.linux-amd64', 'zip')).toMatchObject({
      by: 'sumdb',
    });
  });

  it('nobody without a database', async () => {
    expect(await vouch({})('b.test/b', 'v1.0.0', 'zip')).toMatchObject({ state: 'unknown' });
  });

  it('a version that the database lacks is unknown; a database that fails or is silent is unavailable', async () => {
    const fails = (code: 'absent' | 'upstream-unavailable') =>
      vouch({ sumdb: database(async () => Promise.reject(new ProxyError(code, 'first\nsecond'))).sumdb });
    expect(await fails('absent')('b.test/b', 'v1.0.0', 'zip')).toEqual({ state: 'unknown', why: 'first' });
    expect(await fails('upstream-unavailable')('b.test/b', 'v1.0.0', 'zip')).toEqual({
      state: 'unavailable',
      why: 'first',
    });
    const silent = vouch({ timeoutMs: 5, sumdb: database(() => new Promise(() => undefined)).sumdb });
    expect(await silent('b.test/b', 'v1.0.0', 'zip')).toMatchObject({ state: 'unavailable' });
  });
});
