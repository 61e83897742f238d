import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { type AskSumDbRequest, openSumDbFor } from '../../../src/session/fetch/ask-sumdb.ts';
import { type GoWorld, goWorld } from '../../support/go.ts';
import { startUpstream, type Upstream } from '../../support/upstream/upstream.ts';

let upstream: Upstream;
let world: GoWorld;
/** What a first user of the database has kept of its answers about `UUID`. */
const kept = new Map<string, Buffer>();

const UUID = { path: 'github.com/google/uuid', version: 'v1.6.0' };
const KNOWN = {
  state: 'known',
  zip: 'h1:NIvaJDMOsjHA8n1jAhLSgzrAzy1Hgr+hNrb57e+94F0=',
  mod: 'h1:TIyPZe4MgqvfeYDBFedMoGGpEw/LqOeaOT+nhxU+yHo=',
};

async function open(proxy: string, more: Partial<AskSumDbRequest>) {
  const { config } = await loadConfig({ workspace: world.dir.path });
  const opened = await openSumDbFor({
    env: { ...world.env, GOPROXY: proxy },
    config,
    goCommand: 'go',
    workspace: world.dir.path,
    log: () => undefined,
    warn: () => undefined,
    ...more,
  });
  if ('why' in opened) throw new Error(opened.why);
  return opened;
}

beforeAll(async () => {
  upstream = await startUpstream();
  world = await goWorld(upstream.url);
  const asks = await open(upstream.url, {
    store: {
      putSoft: async (key, bytes) => {
        kept.set(key, bytes);
      },
    },
  });
  expect(await asks.ask(UUID)).toEqual(KNOWN);
  await asks.close();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await upstream.close();
});

describe('the checksum database outside of a session', () => {
  it('that may not be asked answers from what somebody kept, and no more than that', async () => {
    const from = upstream.requests.length;
    const asks = await open(upstream.url, { offline: true, kept: async key => kept.get(key) });
    expect(await asks.ask(UUID)).toEqual(KNOWN);
    expect(await asks.ask({ ...UUID, version: 'v1.3.0' })).toEqual({
      state: 'unavailable',
      why: 'nobody is asked over the network',
    });
    expect(upstream.requests.length).toBe(from);
    await asks.close();
  });

  it('does not believe what was kept unless it proves itself', async () => {
    const changed = async (key: string) => {
      const bytes = kept.get(key);
      if (bytes === undefined || !key.includes('/lookup/')) return bytes;
      return Buffer.from(String(bytes).replace('NIvaJDMO', 'AAAAAAAA'));
    };
    const asks = await open(upstream.url, { offline: true, kept: changed });
    expect(await asks.ask(UUID)).toMatchObject({ state: 'unavailable' });
    await asks.close();
    const online = await open(upstream.url, { kept: changed });
    expect(await online.ask(UUID)).toEqual(KNOWN);
    await online.close();
  });

  it('that stays silent is not asked for ever, and what was kept still counts', async () => {
    await using silent = await startUpstream({
      faults: ({ path }) => (path.startsWith('/sumdb/') ? { kind: 'status', status: 403 } : undefined),
    });
    const asks = await open(silent.url, { kept: async key => kept.get(key) });
    for (const version of ['v1.0.0', 'v1.1.0', 'v1.1.1', 'v1.1.2', 'v1.1.3']) {
      expect(await asks.ask({ ...UUID, version })).toMatchObject({ state: 'unavailable' });
    }
    const from = silent.requests.length;
    expect(await asks.ask({ ...UUID, version: 'v1.2.0' })).toMatchObject({ state: 'unavailable' });
    expect(await asks.ask(UUID)).toEqual(KNOWN);
    expect(silent.requests.length).toBe(from);
    await asks.close();
  });
});
