import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { unescapePath, unescapeVersion } from '../../src/gomod/module-path.ts';
import { goEnv, goWorld, realUpstream } from './go.ts';
import { RecordedTree } from './upstream/recorded-tree.ts';

const RECORDED = fileURLToPath(new URL('../../.tools/upstream', import.meta.url));

export interface Verified {
  /** Store-relative names of the module files, sorted. */
  readonly files: readonly string[];
  /** What is wrong, a line each. */
  readonly bad: readonly string[];
}

/**
 * Compares every module file of a store with what the real mirror serves: .mod and .zip byte for byte, .info
 * by what it says. A zip may differ where no hash of go's looks (a date in a header), so one that differs is
 * hashed by go itself. Nothing of modgate's own hashing is used: it cannot vouch for itself.
 */
export async function verifyStore(store: string): Promise<Verified> {
  const caches = [path.join((await goEnv()).GOMODCACHE ?? '', 'cache', 'download')];
  const real = new RecordedTree(RECORDED, caches, await realUpstream());
  const files: string[] = [];
  const bad: string[] = [];
  for (const name of await moduleFiles(store)) {
    files.push(name);
    const answer = await real.answer(name);
    if (answer.status !== 200) {
      bad.push(`${name}: the mirror has no such file`);
      continue;
    }
    const right = 'file' in answer ? await readFile(answer.file) : answer.bytes;
    const found = await readFile(path.join(store, ...name.split('/')));
    if (!name.endsWith('.info')) {
      if (!found.equals(right) && !(name.endsWith('.zip') && (await sameToGo(store, name)))) {
        bad.push(`${name}: ${found.length} bytes differ from the mirror's ${right.length}`);
      }
      continue;
    }
    const [ours, theirs] = [found, right].map(bytes => JSON.parse(bytes.toString()) as InfoJson);
    if (
      ours?.Version !== theirs?.Version ||
      Date.parse(ours?.Time ?? '') !== Date.parse(theirs?.Time ?? '')
    ) {
      bad.push(`${name}: ${found.toString()} instead of ${right.toString()}`);
    }
  }
  return { files, bad };
}

/** Whether go computes the same sum of a zip in the store as of the mirror's. */
async function sameToGo(store: string, name: string): Promise<boolean> {
  const [escaped = '', file = ''] = name.split('/@v/');
  const wanted = `${unescapePath(escaped)}@${unescapeVersion(file.slice(0, -'.zip'.length))}`;
  const [ours, theirs] = await Promise.all(
    [pathToFileURL(store).href, await realUpstream()].map(proxy => sumByGo(proxy, wanted)),
  );
  return ours === theirs;
}

async function sumByGo(proxy: string, wanted: string): Promise<string> {
  await using world = await goWorld(proxy, { GOSUMDB: 'off' });
  const done = await world.goOk(['mod', 'download', '-json', wanted], { cwd: world.dir.path });
  const { Sum } = JSON.parse(done.stdout) as { readonly Sum?: string };
  if (Sum === undefined) throw new Error(`go gave no sum of ${wanted}: ${done.stdout}`);
  return Sum;
}

interface InfoJson {
  readonly Version: string;
  readonly Time?: string;
}

async function moduleFiles(store: string): Promise<string[]> {
  const names = await readdir(store, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .map(name => name.split(path.sep).join('/'))
    .filter(name => !name.startsWith('modgate/') && /\/@v\/[^/]+\.(?:info|mod|zip)$/.test(name))
    .toSorted();
}
