import { relative } from 'node:path';
import { compareGoVersions, isGoVersion } from '../gomod/go-version.ts';
import { readGoMod } from '../gomod/modfile/read-mod.ts';
import { needsOf } from '../session/policy/needs.ts';
import { findModuleFiles, readBounded } from '../session/workspace.ts';

/** What the go.mod files of a checkout say, as far as it matters here. */
export interface CheckoutModules {
  /** Paths of the modules that they require, nearest file first. */
  readonly requires: readonly string[];
  /** The newest Go that one of them wants. */
  readonly newest: { readonly file: string; readonly version: string } | undefined;
}

const MOD_BYTES = 4 * 1024 * 1024;
const MAX_FILES = 50;

/** Reads the go.mod files of a checkout, up to fifty of them. Never rejects: what cannot be read says nothing. */
export async function readCheckout(workspace: string): Promise<CheckoutModules> {
  const requires = new Set<string>();
  let newest: CheckoutModules['newest'];
  const { goMods } = await findModuleFiles(workspace);
  for (const path of goMods.slice(0, MAX_FILES)) {
    const bytes = await readBounded(path, MOD_BYTES);
    if (bytes === undefined) continue;
    const { mod } = readGoMod(bytes);
    for (const { path: required } of needsOf(mod).requires) requires.add(required);
    const version = mod.go?.value.value ?? '';
    if (isGoVersion(version) && compareGoVersions(version, newest?.version ?? '') > 0) {
      newest = { file: relative(workspace, path), version };
    }
  }
  return { requires: [...requires], newest };
}
