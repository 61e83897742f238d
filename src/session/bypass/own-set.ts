import { dirname, join } from 'node:path';
import { memberOf } from '../../audit/inventory.ts';
import { parseModulesTxt } from '../../gomod/modfile/modules-txt.ts';
import { readSumFiles } from '../fetch/read-sums.ts';
import { findModuleFiles, readBounded } from '../workspace.ts';
import type { ServedZips } from './served.ts';
import type { Compared } from './unserved.ts';

/** What the checkout says of the modules that it is built from. */
export interface Checkout {
  /** Hashes of zips that its go.sum and go.work.sum files list, by `module@version`. */
  readonly sums: ReadonlyMap<string, ReadonlySet<string>>;
  /** `module@version` of what its vendor directories say they hold. */
  readonly vendored: ReadonlySet<string>;
}

const MAX_LINES = 400_000;
const MODULES_TXT_BYTES = 16 << 20;
const MAX_VENDOR_DIRS = 200;

/** Reads the checkout as it is now. Never rejects: what cannot be read lists nothing. */
export async function readCheckout(workspace: string): Promise<Checkout> {
  const { goMods, goWorks, goSums } = await findModuleFiles(workspace);
  const sums = new Map<string, Set<string>>();
  let lines = 0;
  for await (const { entries } of readSumFiles(goSums)) {
    lines += entries.length;
    if (lines > MAX_LINES) break;
    for (const { module, version, file, h1 } of entries) {
      if (file !== 'zip') continue;
      const key = `${module}@${version}`;
      const known = sums.get(key);
      if (known === undefined) sums.set(key, new Set([h1]));
      else known.add(h1);
    }
  }
  const vendored = new Set<string>();
  const dirs = new Set([...goMods, ...goWorks].map(dirname));
  for (const dir of [...dirs].slice(0, MAX_VENDOR_DIRS)) {
    const bytes = await readBounded(join(dir, 'vendor', 'modules.txt'), MODULES_TXT_BYTES);
    if (bytes === undefined) continue;
    for (const { path, version, replacement, packages } of parseModulesTxt(bytes).modules) {
      // What stands there for its version alone is not compiled; a directory has no version.
      if (packages.length === 0) continue;
      const [name, number] =
        replacement === undefined ? [path, version] : [replacement.path, replacement.version];
      if (number !== '') vendored.add(`${name}@${number}`);
    }
  }
  return { sums, vendored };
}

/**
 * The members of this job's own set: what came in while it ran, what the proxy served, what lay in the module cache
 * before and a go.sum of the checkout lists with the same hash, and what is vendored and listed there. A persistent
 * module cache holds modules of other repositories, too; those are not this job's. Pure.
 */
export function ownMembers(
  caches: readonly Compared[],
  served: ServedZips,
  { sums, vendored }: Checkout,
): Set<string> {
  const members = new Set<string>();
  for (const { fresh, old } of caches) {
    for (const version of fresh) members.add(memberOf(version));
    for (const version of old) {
      if (sums.get(`${version.module}@${version.version}`)?.has(version.h1)) members.add(memberOf(version));
    }
  }
  for (const { key, h1 } of served.all()) members.add(`${key} ${h1}`);
  for (const key of vendored) for (const h1 of sums.get(key) ?? []) members.add(`${key} ${h1}`);
  return members;
}
