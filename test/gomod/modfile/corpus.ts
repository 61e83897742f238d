import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { copyProject, goEnv } from '../../support/go.ts';
import { runOk } from '../../support/process.ts';
import { tempDir } from '../../support/temp.ts';
import { jsonLines } from '../vectors.ts';
import type { Dialect, Input } from './oracle.ts';

const FEWEST = 300;
const FIXTURES = new URL('../../fixtures/gomod/', import.meta.url);

/** Every go.mod in the module cache of this machine; fetches those of a larger project when there are too few. */
export async function realGoMods(): Promise<Buffer[]> {
  const cache = path.join((await goEnv()).GOMODCACHE ?? '', 'cache', 'download');
  let files = await modFiles(cache);
  if (files.length < FEWEST) {
    await using dir = await tempDir('corpus');
    await copyProject('test/fixtures/bench-project', dir.path);
    await runOk('go', ['mod', 'graph'], { cwd: dir.path });
    files = await modFiles(cache);
  }
  if (files.length < FEWEST) throw new Error(`only ${files.length} go.mod files in ${cache}`);
  return Promise.all(files.map(file => readFile(file)));
}

async function modFiles(cache: string): Promise<string[]> {
  const names = await readdir(cache, { recursive: true }).catch(() => []);
  return names
    .filter(name => name.endsWith('.mod'))
    .sort()
    .map(name => path.join(cache, name));
}

/** go.work files of real modules. */
export function realGoWorks(): Buffer[] {
  const dir = new URL('work/', FIXTURES);
  return readdirSync(dir)
    .filter(name => name.endsWith('.work'))
    .map(name => readFileSync(new URL(name, dir)));
}

/** The inputs of the recorded cases: small files, each with an oddity. */
export function oddInputs(): Input[] {
  return jsonLines<{ file: string; input_b64: string }>('gomod/cases.jsonl').map(({ file, input_b64 }) => ({
    dialect: (file === 'go.work' ? 'work' : 'mod') as Dialect,
    bytes: Buffer.from(input_b64, 'base64'),
  }));
}
