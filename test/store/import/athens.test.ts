import { mkdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recognise } from '../../../src/store/import/recognise.ts';
import { athensStorage } from './athens-storage.ts';
import { type ImportWorld, importWorld, shortly } from './world.ts';

let world: ImportWorld;
beforeAll(async () => {
  world = await importWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const ERRORS = 'github.com/pkg/errors/v0.9.1';
const TOML = 'github.com/BurntSushi/toml/v1.3.2';
const UUID = 'github.com/google/uuid/v1.6.0';

describe('a disk storage of Athens', () => {
  it('is recognised, and all of it comes in, paths with upper case too', async () => {
    const dir = await athensStorage(world.dir.join('athens'), world.modules);
    expect(await recognise(dir)).toMatchObject({ kind: 'athens' });
    const { report, store } = await world.import(dir);
    expect(shortly(report)).toEqual([]);
    expect(report.imported.files).toBe(3 * world.modules.length);
    for (const module of world.modules) expect((await store.entry(module))?.h1).toBe(module.h1);
  });

  it('versions that it did not finish are told, and nothing of them comes in', async () => {
    const dir = await athensStorage(world.dir.join('athens-half'), world.modules);
    const at = (name: string) => path.join(dir, name);
    await rm(at(`${ERRORS}/v0.9.1.info`));
    await rm(at(`${TOML}/source.zip`));
    await rm(at(`${TOML}/v1.3.2.info`));
    await truncate(at(`${UUID}/source.zip`), 5000);
    await mkdir(at('github.com/empty/one/v1.0.0'), { recursive: true });
    const { report, store } = await world.import(dir);
    expect(shortly(report)).toEqual([
      `damaged ${UUID}/source.zip`,
      `not-whole ${TOML}`,
      `not-whole github.com/empty/one/v1.0.0`,
      `not-whole ${ERRORS}`,
    ]);
    expect(report.findings.find(({ path: name }) => name === TOML)?.what).toBe(
      'it has no source.zip and no v1.3.2.info: Athens did not finish writing it',
    );
    expect(await store.entry({ path: 'github.com/pkg/errors', version: 'v0.9.1' })).toBeUndefined();
    expect((await store.entry({ path: 'github.com/google/uuid', version: 'v1.6.0' }))?.zip).toBeUndefined();
  });

  it('another version in the place of one is refused by its hash; foreign files and links are told', async () => {
    const dir = await athensStorage(world.dir.join('athens-wrong'), world.modules);
    const at = (name: string) => path.join(dir, name);
    const [other] = world.modules.filter(({ path: name }) => name === 'gopkg.in/yaml.v3');
    await writeFile(at(`${ERRORS}/go.mod`), await readFile(at(`${TOML}/go.mod`)));
    await writeFile(at(`${UUID}/source.zip`), await readFile(other?.zip ?? ''));
    await writeFile(at('github.com/notes.txt'), 'x');
    await writeFile(at(`${TOML}/extra`), 'x');
    await mkdir(at('No Such/module/v1.0.0'), { recursive: true });
    await writeFile(at('No Such/module/v1.0.0/source.zip'), 'x');
    await symlink(world.dir.join('athens'), at('github.com/loop'));
    const { report } = await world.import(dir);
    expect(shortly(report)).toEqual([
      `damaged ${UUID}/source.zip`,
      'foreign No Such/module/v1.0.0/source.zip',
      `foreign ${TOML}/extra`,
      'foreign github.com/loop',
      'foreign github.com/notes.txt',
      `wrong-hash ${ERRORS}/go.mod`,
    ]);
  });
});
