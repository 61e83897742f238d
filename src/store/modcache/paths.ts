import path from 'node:path';
import { escapePath, escapeVersion } from '../../gomod/module-path.ts';
import { canonicalModuleVersion } from '../../gomod/version.ts';
import type { ModVer } from '../types.ts';

/** Where go keeps one version in a GOMODCACHE; relative to it, with the separator of this system. */
export interface ModcachePaths {
  readonly mod: string;
  readonly zip: string;
  readonly ziphash: string;
  /** While this file is there go takes the directory for half unpacked and makes it anew. */
  readonly partial: string;
  readonly tree: string;
}

/** Undefined for what go would not keep: a malformed path, a version that is not canonical. */
export function modcachePaths({ path: module, version }: ModVer): ModcachePaths | undefined {
  if (canonicalModuleVersion(version) !== version) return undefined;
  try {
    const escaped = escapePath(module).split('/');
    const name = escapeVersion(version);
    const stem = path.join('cache', 'download', ...escaped, '@v', name);
    return {
      mod: `${stem}.mod`,
      zip: `${stem}.zip`,
      ziphash: `${stem}.ziphash`,
      partial: `${stem}.partial`,
      tree: `${path.join(...escaped)}@${name}`,
    };
  } catch {
    return undefined;
  }
}
