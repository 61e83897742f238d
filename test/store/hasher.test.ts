import * as fsp from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHasher, type Hasher } from '../../src/store/hasher.ts';
import { run } from '../support/process.ts';
import { type RealModule, realModules } from '../support/store-modules.ts';
import { tempDir } from '../support/temp.ts';

let modules: RealModule[];
let hasher: Hasher;

beforeAll(async () => {
  modules = await realModules();
  hasher = createHasher();
});
afterAll(() => hasher.close());

function first(): RealModule {
  const [module] = modules;
  if (module === undefined) throw new Error('no modules');
  return module;
}

test('h1, digest and size of real zips are those of go', async () => {
  for (const m of modules) {
    const found = await hasher.hashZip(m.zip, m).result;
    expect(found).toMatchObject({ h1: m.h1, ...m.facts });
    expect(found.members).toBeGreaterThan(0);
    expect(await hasher.sha256File(m.zip)).toEqual(m.facts);
  }
});

test('a zip of another version, nonsense, a link and nothing at all are told apart', async () => {
  await using temp = await tempDir('hash');
  const m = first();
  await fsp.writeFile(temp.join('bad.zip'), 'PK nonsense');
  await fsp.symlink(m.zip, temp.join('link.zip'));
  const hash = (file: string, version = m.version) => hasher.hashZip(file, { path: m.path, version }).result;
  await expect(hash(m.zip, 'v9.9.9')).rejects.toMatchObject({ name: 'HashError', code: 'bad-zip' });
  await expect(hash(temp.join('bad.zip'))).rejects.toMatchObject({ code: 'bad-zip', detail: 'not-a-zip' });
  await expect(hash(temp.join('link.zip'))).rejects.toMatchObject({ code: 'absent' });
  await expect(hash(temp.join('none.zip'))).rejects.toMatchObject({ code: 'absent' });
  await expect(hasher.sha256File(temp.path)).rejects.toMatchObject({ code: 'absent' });
});

test('the stored form of a zip comes with digest and size of its own, and the same h1', async () => {
  await using temp = await tempDir('hash');
  for (const [at, m] of modules.entries()) {
    const file = temp.join(`${at}.zip`);
    const { stored, ...found } = await hasher.hashZip(m.zip, m, 'now', file).result;
    expect(found).toMatchObject({ h1: m.h1, ...m.facts });
    expect(stored).toEqual(await hasher.sha256File(file));
    expect((await hasher.hashZip(file, m).result).h1).toBe(m.h1);
    const { h1, uncompressed } = found;
    expect(await hasher.hashMembers(file, m).result).toEqual({ h1, members: found.members, uncompressed });
  }
});

test('of what is no zip, or where nothing can be written, no stored form is left', async () => {
  await using temp = await tempDir('hash');
  const m = first();
  const bytes = await fsp.readFile(m.zip);
  bytes.fill(0x55, 60, 120);
  await fsp.writeFile(temp.join('bad.zip'), bytes);
  const bad = hasher.hashZip(temp.join('bad.zip'), m, 'now', temp.join('form')).result;
  await expect(bad).rejects.toMatchObject({ code: 'bad-zip' });
  const nowhere = await hasher.hashZip(m.zip, m, 'now', temp.join('none/form')).result;
  expect(nowhere).toMatchObject({ h1: m.h1, ...m.facts });
  expect(nowhere.stored).toBeUndefined();
  await fsp.writeFile(temp.join('taken'), 'mine');
  expect((await hasher.hashZip(m.zip, m, 'now', temp.join('taken')).result).stored).toBeUndefined();
  expect((await fsp.readdir(temp.path)).sort()).toEqual(['bad.zip', 'taken']);
  expect(await fsp.readFile(temp.join('taken'), 'utf8')).toBe('mine');
});

test('what a thread that died had written of a stored form is removed', async () => {
  await using temp = await tempDir('hash');
  const pool = createHasher({ threads: 1, workerUrl: await puppet(temp.path) });
  await fsp.writeFile(temp.join('form'), 'half of it');
  const died = pool.hashZip('die', first(), 'now', temp.join('form')).result;
  await expect(died).rejects.toMatchObject({ code: 'crashed' });
  expect(await fsp.readdir(temp.path)).toEqual(['puppet.mjs']);
  await pool.close();
});

/** A worker that dies, hangs or answers with the file's name, as the file's name says. */
const PUPPET = `
import { parentPort } from 'node:worker_threads';
parentPort.on('message', ({ file }) => {
  if (file === 'die') process.exit(3);
  if (file === 'throw') throw new Error('out of something');
  if (file === 'hang') for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  parentPort.postMessage({ ok: true, facts: { sha256: file, size: 0 }, zip: { h1: file, members: 1, uncompressed: 0 } });
});
`;

async function puppet(dir: string): Promise<URL> {
  await fsp.writeFile(`${dir}/puppet.mjs`, PUPPET);
  return pathToFileURL(`${dir}/puppet.mjs`);
}

test.each(['die', 'throw'])('a thread that crashes (%s) rejects its own job and is replaced', async how => {
  await using temp = await tempDir('hash');
  const pool = createHasher({ threads: 1, workerUrl: await puppet(temp.path) });
  const jobs = ['a', how, 'b'].map(file => pool.sha256File(file));
  const [a, crashed, b] = await Promise.allSettled(jobs);
  expect(a).toMatchObject({ value: { sha256: 'a' } });
  expect(crashed).toMatchObject({ reason: { name: 'HashError', code: 'crashed', file: how } });
  expect(b).toMatchObject({ value: { sha256: 'b' } });
  await pool.close();
});

test('a job that takes too long is given up and its thread replaced', async () => {
  await using temp = await tempDir('hash');
  const pool = createHasher({ threads: 1, workerUrl: await puppet(temp.path), timeoutMs: 300 });
  await expect(pool.sha256File('hang')).rejects.toMatchObject({ code: 'timeout' });
  expect(await pool.sha256File('next')).toMatchObject({ sha256: 'next' });
  await pool.close();
});

test('what is wanted now goes before what is wanted later, and a job can be promoted', async () => {
  await using temp = await tempDir('hash');
  const pool = createHasher({ threads: 1, workerUrl: await puppet(temp.path) });
  const mv = first();
  const order: string[] = [];
  const note = (file: string) => order.push(file);
  const jobs = ['first', 'later1', 'later2', 'later3'].map(file => pool.hashZip(file, mv, 'later'));
  const urgent = pool.hashZip('now', mv, 'now');
  jobs[3]?.promote();
  await Promise.all([...jobs, urgent].map(job => job.result.then(({ h1 }) => note(h1))));
  expect(order).toEqual(['first', 'now', 'later3', 'later1', 'later2']);
  await pool.close();
});

test('close rejects what is unfinished and what comes after', async () => {
  await using temp = await tempDir('hash');
  const pool = createHasher({ threads: 1, workerUrl: await puppet(temp.path) });
  const jobs = [pool.sha256File('hang'), pool.sha256File('waiting')].map(job => job.catch((e: unknown) => e));
  await pool.close();
  for (const job of [...jobs, pool.sha256File('late').catch((e: unknown) => e)]) {
    expect(await job).toMatchObject({ code: 'closed' });
  }
});

test('idle threads do not keep a process alive', async () => {
  const source = new URL('../../src/store/hasher.ts', import.meta.url).href;
  const program = `
    const { createHasher } = await import(${JSON.stringify(source)});
    const { sha256 } = await createHasher().sha256File(${JSON.stringify(first().zip)});
    console.log(sha256);
  `;
  const done = await run(process.execPath, ['--input-type=module', '-e', program], { timeoutMs: 30_000 });
  expect([done.code, done.stdout.trim()]).toEqual([0, first().facts.sha256]);
});
