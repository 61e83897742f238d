import { hash } from 'node:crypto';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { formatEntry } from '../../src/store/index-entry.ts';
import { versionKeys } from '../../src/store/layout.ts';
import { madeModule } from './made-module.mjs';

const VERSIONS_A_MODULE = 10;
const MODULES_AN_OWNER = 25;
const DAY_MS = 86_400_000;
/** Every second version was unused for that long. */
export const OLD_DAYS = 200;

/**
 * A store of small files as a company has it after years: modules of many owners with ten versions each, hashed and
 * indexed as modgate does it, half of them long unused.
 *
 * @param {string} dir new directory
 * @param {number} versions of three files each
 * @returns {{versions: number, old: number, zips: string[]}} how many are old; a few zips, as files
 */
export function makeStore(dir, versions) {
  const now = Date.now();
  const zips = [];
  let old = 0;
  for (let made = 0; made < versions; made++) {
    const module = Math.floor(made / VERSIONS_A_MODULE);
    const mv = {
      path: `example.com/owner${Math.floor(module / MODULES_AN_OWNER)}/m${module}`,
      version: `v1.${made % VERSIONS_A_MODULE}.0`,
    };
    const keys = versionKeys(mv);
    if (made % VERSIONS_A_MODULE === 0) {
      for (const key of [keys.dir, keys.indexDir]) mkdirSync(path.join(dir, key), { recursive: true });
    }
    const { info, mod, zip, h1, goModH1 } = madeModule(mv.path, mv.version);
    writeFileSync(path.join(dir, keys.files.info), info);
    writeFileSync(path.join(dir, keys.files.mod), mod);
    writeFileSync(path.join(dir, keys.files.zip), zip);
    const original = facts(zip);
    const entry = formatEntry({
      v: 1,
      module: mv.path,
      version: mv.version,
      h1,
      goModH1,
      info: facts(info),
      mod: facts(mod),
      zip: { ...original, representation: 'original', original },
      vouchedBy: { zip: 'sumdb', mod: 'sumdb' },
      firstSeen: new Date(now - (OLD_DAYS + (made % 500)) * DAY_MS).toISOString(),
    });
    writeFileSync(path.join(dir, keys.index), entry);
    const aged = made % 2 === 1;
    // None of the last hour: prune would leave those to the jobs that may be running.
    const used = (now - (aged ? OLD_DAYS : 1) * DAY_MS) / 1000;
    for (const key of [...Object.values(keys.files), keys.index]) utimesSync(path.join(dir, key), used, used);
    if (aged) old++;
    if (made % Math.ceil(versions / 3) === 0) zips.push(path.join(dir, keys.files.zip));
  }
  return { versions, old, zips };
}

function facts(bytes) {
  return { sha256: hash('sha256', bytes, 'hex'), size: bytes.length };
}
