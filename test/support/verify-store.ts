import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { unescapePath, unescapeVersion } from '../../src/gomod/module-path.ts';
import { goEnv, goWorld, realUpstream } from './go.ts';
import { tempDir } from './temp.ts';
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
 * by what it says. A zip may differ where no hash of go's looks (its members not deflated, a date in a header), so
 * those that differ are hashed by go itself. Nothing of modgate's own hashing is used: it cannot vouch for itself.
 */
export async function verifyStore(store: string): Promise<Verified> {
  const caches = [path.join((await goEnv()).GOMODCACHE ?? '', 'cache', 'download')];
  const real = new RecordedTree(RECORDED, caches, await realUpstream());
  const files: string[] = [];
  const bad: string[] = [];
  const differing: string[] = [];
  const bytes = async (name: string) => {
    const answer = await real.answer(name);
    if (answer.status !== 200) return undefined;
    return 'file' in answer ? await readFile(answer.file) : answer.bytes;
  };
  for (const name of await moduleFiles(store)) {
    files.push(name);
    const right = await bytes(name);
    if (right === undefined) {
      bad.push(`${name}: the mirror has no such file`);
      continue;
    }
    const found = await readFile(path.join(store, ...name.split('/')));
    if (!name.endsWith('.info')) {
      if (found.equals(right)) continue;
      if (name.endsWith('.zip')) differing.push(name);
      else bad.push(`${name}: ${found.length} bytes differ from the mirror's ${right.length}`);
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
  for (const name of await otherToGo(store, differing, bytes)) {
    bad.push(`${name}: go computes another sum of it than of the mirror's`);
  }
  return { files, bad };
}

/** Of zips that a store has in other bytes than the mirror: those of which go computes another sum. */
async function otherToGo(
  store: string,
  names: readonly string[],
  real: (name: string) => Promise<Buffer | undefined>,
): Promise<readonly string[]> {
  if (names.length === 0) return [];
  await using temp = await tempDir('verify');
  const trees = [temp.join('ours'), temp.join('theirs')] as const;
  for (const name of names) {
    for (const [at, tree] of trees.entries()) {
      const base = path.join(tree, ...name.slice(0, -'zip'.length).split('/'));
      await mkdir(path.dirname(base), { recursive: true });
      // A store that was pruned may have the zip alone, which is nothing that go could ask for.
      for (const kind of ['info', 'mod']) {
        await writeFile(`${base}${kind}`, (await real(name.replace(/zip$/, kind))) ?? '');
      }
      const zip = at === 0 ? await readFile(path.join(store, ...name.split('/'))) : await real(name);
      await writeFile(`${base}zip`, zip ?? '');
    }
  }
  const wanted = new Map(names.map(name => [name, moduleOf(name)]));
  const [ours, theirs] = await Promise.all(
    trees.map(tree => sumsByGo(pathToFileURL(tree).href, [...wanted.values()])),
  );
  return names.filter(name => {
    const module = wanted.get(name) ?? '';
    const sum = ours?.get(module);
    return sum === undefined || sum !== theirs?.get(module);
  });
}

function moduleOf(name: string): string {
  const [escaped = '', file = ''] = name.split('/@v/');
  return `${unescapePath(escaped)}@${unescapeVersion(file.slice(0, -'.zip'.length))}`;
}

/** Sums by module@version; one that go refuses has none. */
async function sumsByGo(proxy: string, wanted: readonly string[]): Promise<ReadonlyMap<string, string>> {
  await using world = await goWorld(proxy, { GOSUMDB: 'off' });
  const { stdout } = await world.go(['mod', 'download', '-json', ...wanted], { cwd: world.dir.path });
  const told = stdout.split(/^}$/m).filter(text => text.trim() !== '');
  return new Map(
    told.flatMap(text => {
      const { Path, Version, Sum } = JSON.parse(`${text}}`) as Record<string, string>;
      return Sum === undefined ? [] : [[`${Path}@${Version}`, Sum] as const];
    }),
  );
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
