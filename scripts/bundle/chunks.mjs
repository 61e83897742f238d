import path from 'node:path';

/**
 * Names the chunk of every module, so that a change in one room of src/ or one dependency changes one file
 * of dist/ and no name. Names hold no hash and no counter.
 *
 * A room (`src/store/...`) is one chunk for the modules that every session loads (`store`), one for each further stage
 * of a session (`store-proxy`), one for the others that need no dependency (`store-later`), and one more for each set of
 * dependencies that others of its modules need (`store_undici`): only so does a lazy `import()` in the sources stay
 * lazy in dist/, because a chunk never pulls in a dependency that its modules do not need, and no process parses a
 * megabyte to say hello. As imports between rooms go downwards only, and what a module imports is of the same stage or
 * an earlier one, chunks cannot import each other in a circle.
 *
 * @param {string} root absolute path of the repository
 * @param {string[]} entries absolute paths of the entry modules; they stay in their own files
 * @param {[suffix: string, roots: string[]][]} stages where the code of each begins, absolute paths, in order
 * @param {string[]} dependencies names of the direct dependencies
 * @returns {(id: string, ctx: {getModuleInfo(id: string): any}) => string | null} for a rolldown group
 */
export function chunkNamer(root, entries, stages, dependencies) {
  const src = path.join(root, 'src') + path.sep;
  const entrySet = new Set(entries);
  const vendorSets = new Map();
  let owners;
  let closures;

  return (id, ctx) => {
    if (entrySet.has(id)) return null;
    const pkg = packageOf(id);
    if (pkg !== null) {
      owners ??= ownersOfPackages(root, dependencies, entries, ctx);
      return `vendor/${owners.get(pkg.dir) ?? ownName(pkg.dir)}`;
    }
    if (!id.startsWith(src)) return 'lib/root';
    const room = id.slice(src.length).includes(path.sep) ? id.slice(src.length).split(path.sep)[0] : 'root';
    const vendors = [...vendorsNeeded(id, ctx, vendorSets)].sort();
    if (vendors.length > 0) return `lib/${[room, ...vendors].join('_')}`;
    closures ??= stages.map(([suffix, roots]) => [suffix, staticClosure(roots, ctx)]);
    const [suffix] = closures.find(([, closure]) => closure.has(id)) ?? ['-later'];
    return `lib/${room}${suffix}`;
  };
}

/**
 * The name of a chunk that the bundler makes by itself: its runtime, and the door through which a lazy
 * `import()` enters a chunk that holds other modules too. Null for a chunk that `chunkNamer` named.
 */
export function lazyName(root, chunk) {
  if (/^(lib|vendor)\//.test(chunk.name)) return null;
  if (chunk.name === 'rolldown-runtime') return 'vendor/rolldown-runtime';
  const id = chunk.facadeModuleId;
  if (!id) return null;
  const pkg = packageOf(id);
  if (pkg) return `vendor/lazy/${ownName(pkg.dir)}`;
  const source = path.relative(path.join(root, 'src'), id).replaceAll('\\', '/');
  return `lib/lazy/${source.replace(/\.ts$/, '').replaceAll('/', '-')}`;
}

/** The package that a file lies in: its name and directory, or null for a file outside node_modules. */
export function packageOf(id) {
  const parts = id.replace(/^\0+/, '').replace(/\?.*$/, '').split(/[\\/]/);
  const at = parts.lastIndexOf('node_modules');
  if (at < 0) return null;
  const length = parts[at + 1]?.startsWith('@') ? 2 : 1;
  return {
    name: parts.slice(at + 1, at + 1 + length).join('/'),
    dir: parts.slice(0, at + 1 + length).join('/'),
  };
}

/** The chunk name of a package; a copy that lies inside another package is not the one at the top. */
function ownName(dir) {
  const [name, ...holders] = dir.split('node_modules/').slice(1).reverse();
  return [name, ...holders.map(holder => holder.replace(/\/$/, ''))].map(fileName).join('-of-');
}

function fileName(packageName) {
  return packageName.replace('@', '').replaceAll('/', '-');
}

/** Names of the packages that a module of ours and all it statically imports take code from. */
function vendorsNeeded(id, ctx, memo) {
  const known = memo.get(id);
  if (known) return known;
  const found = new Set();
  for (const seen of staticClosure([id], ctx, next => packageOf(next) === null)) {
    const pkg = packageOf(seen);
    if (pkg) found.add(ownName(pkg.dir));
  }
  memo.set(id, found);
  return found;
}

/** Everything reached by static imports; `follow` tells whether to go on from a module. */
function staticClosure(start, ctx, follow = () => true) {
  const seen = new Set(start);
  for (const id of seen) {
    if (!follow(id)) continue;
    for (const next of ctx.getModuleInfo(id)?.importedIds ?? []) seen.add(next);
  }
  return seen;
}

/**
 * Package directory -> chunk: a direct dependency has its own; what only one of them brings with it goes
 * with that one; what several bring has a chunk of its own name.
 */
function ownersOfPackages(root, dependencies, entries, ctx) {
  const bringers = new Map();
  const direct = new Map(
    dependencies.map(name => [path.join(root, 'node_modules', name).replaceAll('\\', '/'), name]),
  );
  for (const id of allModules(entries, ctx)) {
    const from = packageOf(id);
    if (!from || !direct.has(from.dir)) continue;
    const name = direct.get(from.dir);
    // Another direct dependency has a chunk of its own, and what it brings is its own too.
    const stop = next => {
      const dir = packageOf(next)?.dir;
      return dir === undefined || dir === from.dir || !direct.has(dir);
    };
    for (const reached of allModules([id], ctx, stop)) {
      const dir = packageOf(reached)?.dir;
      if (dir === undefined || direct.has(dir)) continue;
      bringers.set(dir, (bringers.get(dir) ?? new Set()).add(name));
    }
  }
  const owners = new Map([...direct].map(([dir, name]) => [dir, fileName(name)]));
  for (const [dir, names] of bringers) if (names.size === 1) owners.set(dir, fileName([...names][0]));
  return owners;
}

/** Everything reached by static or dynamic imports. */
function allModules(start, ctx, follow = () => true) {
  const seen = new Set(start);
  for (const id of seen) {
    if (!follow(id)) continue;
    const info = ctx.getModuleInfo(id);
    for (const next of [...(info?.importedIds ?? []), ...(info?.dynamicallyImportedIds ?? [])])
      seen.add(next);
  }
  return seen;
}
