import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Vouch } from '../../src/proxy/types.ts';
import { openDiskStore } from '../../src/store/disk.ts';
import { createHasher, type Hasher } from '../../src/store/hasher.ts';
import { formatEntry } from '../../src/store/index-entry.ts';
import { makeZip } from '../gomod/make-zip.ts';
import { type RealModule, realModules } from '../support/store-modules.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { type FrontOptions, startFront } from './front.ts';

const OTHER = 'h1:W5quZX/G/csjUnuI8SUYlsHs9M38FC7znL0lIO+DvMg=';
const SINCE = '2026-03-04T05:06:07Z';

let real: RealModule;
let upstream: Upstream;
let hasher: Hasher;
beforeAll(async () => {
  [real] = (await realModules(['github.com/google/uuid@v1.6.0'])) as [RealModule];
  upstream = await startUpstream();
  hasher = createHasher();
});
afterAll(async () => {
  await upstream.close();
  await hasher.close();
});

/** The store of another job, of which only the pin of a zip is left. */
const withPin = (h1: string) => async (dir: string) => {
  const at = path.join(dir, 'modgate', 'index', ...real.path.split('/'), '@v');
  await mkdir(at, { recursive: true });
  const entry = { v: 1, module: real.path, version: real.version, h1, firstSeen: SINCE } as const;
  await writeFile(
    path.join(at, `${real.version}.json`),
    formatEntry({ ...entry, vouchedBy: { zip: 'first-seen' } }),
  );
};

/** The answer to a request for the zip, and how often the upstream was asked for it. */
async function ask(options: FrontOptions) {
  const before = upstream.requests.length;
  await using front = await startFront([{ url: upstream.url, fallBackOn: 'absent' }], {
    pinned: () => true,
    ...options,
  });
  const answer = await fetch(`${front.url}/${real.path}/@v/${real.version}.zip`);
  const body = Buffer.from(await answer.arrayBuffer());
  return {
    status: answer.status,
    text: answer.status === 200 ? '' : body.toString(),
    sha256: createHash('sha256').update(body).digest('hex'),
    asked: upstream.requests.slice(before).filter(({ path: name }) => name.endsWith('.zip')).length,
    records: front.records,
    warnings: front.warnings,
  };
}

describe('a pin in the store', () => {
  it.each(['digest', 'full'] as const)('is held against what is fetched (proof %s)', async proof => {
    expect(await ask({ proof, fill: withPin(real.h1) })).toMatchObject({
      status: 200,
      sha256: real.facts.sha256,
    });

    const refused = await ask({ proof, fill: withPin(OTHER) });
    expect(refused.status).toBe(403);
    expect(refused.asked).toBeGreaterThan(0);
    for (const part of [`${real.path}@${real.version}`, OTHER, real.h1, SINCE, 'modgate cache forget']) {
      expect(refused.text).toContain(part);
    }
    expect(refused.records).toMatchObject([{ decision: 'deny', rule: 'sum/changed', status: 403 }]);
  });

  it('that go.sum contradicts is an error, and nobody is asked', async () => {
    const refused = await ask({ fill: withPin(OTHER), goSum: () => [real.h1] });
    expect(refused).toMatchObject({ status: 403, asked: 0 });
    expect(refused.text).toContain(`now go.sum has ${real.h1}`);
  });

  it('gives way to go.sum where it came with a shared cache', async () => {
    const vouch = (): Vouch => ({ state: 'known', by: 'gosum', h1s: [real.h1] });
    const answer = await ask({ proof: 'full', fill: withPin(OTHER), goSum: () => [real.h1], vouch });
    expect(answer).toMatchObject({ status: 200, sha256: real.facts.sha256 });
  });

  it('is nothing to a job that has a checksum database', async () => {
    const vouch = (): Vouch => ({ state: 'known', by: 'sumdb', h1s: [real.h1] });
    const zip = makeZip([
      { name: `${real.path}@${real.version}/go.mod`, data: Buffer.from(`module ${real.path}\n`) },
    ]);
    const fill = async (dir: string) => {
      const store = await openDiskStore(dir, { hasher });
      const file = store.tempFile();
      await writeFile(file, zip);
      const { h1, sha256, size } = await hasher.hashZip(file, real).result;
      const facts = { sha256, size };
      await store.commit(real, {
        zip: { file, h1, by: 'first-seen', facts, representation: 'original', original: facts },
      });
      await store.flush();
    };
    const answer = await ask({ pinned: () => false, fill, vouch });
    expect(answer).toMatchObject({ status: 200, sha256: real.facts.sha256 });
    expect(answer.warnings.join('\n')).toContain('as it was first seen by a job without checksum database');
    // Whoever has none gets what was first seen.
    expect(await ask({ fill })).toMatchObject({
      status: 200,
      asked: 0,
      sha256: createHash('sha256').update(zip).digest('hex'),
    });
  });

  it('is not made by a job that is not trusted, nor for what a database is to know', async () => {
    for (const options of [{ trusted: false }, { pinned: () => false }, {}]) {
      let kept: unknown;
      const answer = await ask({
        ...options,
        through: store =>
          new Proxy(store, {
            get: (target, name) => {
              if (name === 'commit') kept = true;
              const value: unknown = Reflect.get(target, name);
              return typeof value === 'function' ? value.bind(target) : value;
            },
          }),
      });
      expect(answer.status).toBe(200);
      expect(kept === true).toBe(Object.keys(options).length === 0);
    }
  });
});
