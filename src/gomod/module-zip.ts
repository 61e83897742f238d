import { foldCase } from './case-fold.ts';
import { quote } from './go-text.ts';
import { checkFilePath, checkModule } from './module-path.ts';
import { canonicalModuleVersion } from './version.ts';
import type { ZipMember } from './zip-directory.ts';
import { ZipError } from './zip-error.ts';

/** What go demands of the names and sizes in a module zip before it unpacks one (`module/zip.CheckZip`). */

/**
 * Go's limits in bytes: of the zip, of its unpacked content, of a go.mod and of a LICENSE in it. Ours: of a
 * name, which no system could unpack if it were longer, and of all directory names together, which a zip of
 * deep paths would otherwise multiply.
 */
export interface ModuleZipLimits {
  readonly maxZipBytes: number;
  readonly maxContentBytes: number;
  readonly maxGoModBytes: number;
  readonly maxLicenseBytes: number;
  readonly maxNameBytes: number;
  readonly maxTreeBytes: number;
}

export const MODULE_ZIP_LIMITS: ModuleZipLimits = {
  maxZipBytes: 500 << 20,
  maxContentBytes: 500 << 20,
  maxGoModBytes: 16 << 20,
  maxLicenseBytes: 16 << 20,
  maxNameBytes: 4096,
  maxTreeBytes: 256 << 20,
};

/** Finds names that differ only in case, files named twice, and names that are file and directory at once. */
class CollisionChecker {
  readonly #seen = new Map<string, { readonly path: string; readonly isDir: boolean }>();
  /** Characters that may still be remembered. */
  #budget: number;

  constructor(budget: number) {
    this.#budget = budget;
  }

  check(path: string, isDir: boolean): string | undefined {
    const key = foldCase(path);
    const other = this.#seen.get(key);
    if (other !== undefined) {
      if (other.path !== path) {
        return `case-insensitive file name collision: ${quote(other.path)} and ${quote(path)}`;
      }
      if (other.isDir !== isDir) return `entry ${quote(path)} is both a file and a directory`;
      // The parents of a directory that was checked before were checked with it.
      return isDir ? undefined : `multiple entries for file ${quote(path)}`;
    }
    this.#budget -= key.length;
    if (this.#budget < 0)
      throw new ZipError('too-large', 'the module zip has too many or too deep directories');
    this.#seen.set(key, { path, isDir });
    const slash = path.lastIndexOf('/');
    return slash < 0 ? undefined : this.check(path.slice(0, slash), true);
  }
}

function checkGoModName(name: string): string | undefined {
  const base = name.slice(name.lastIndexOf('/') + 1);
  if (base.toLowerCase() !== 'go.mod') return undefined;
  if (base !== name) return 'go.mod file not in module root directory';
  return name === 'go.mod' ? undefined : 'go.mod files must have lowercase names';
}

/** `path.Clean(name) == name` of what `checkFilePath` lets pass, and the collisions. */
function checkName(name: string, isDir: boolean, collisions: CollisionChecker): string | undefined {
  return checkFilePath(name) ?? collisions.check(name, isDir) ?? (isDir ? undefined : checkGoModName(name));
}

/**
 * Checks the members of the zip of a module version by names and declared sizes; no data is read.
 *
 * @param zipBytes size of the zip file itself
 * @throws ZipError `bad-module`, `bad-name` or `too-large`
 */
export function checkModuleZip(
  members: readonly ZipMember[],
  zipBytes: number,
  mv: { readonly path: string; readonly version: string },
  limits: Partial<ModuleZipLimits> = {},
): void {
  const { maxZipBytes, maxContentBytes, maxGoModBytes, maxLicenseBytes, maxNameBytes, maxTreeBytes } = {
    ...MODULE_ZIP_LIMITS,
    ...limits,
  };
  const why =
    canonicalModuleVersion(mv.version) === mv.version
      ? checkModule(mv.path, mv.version)
      : `version ${quote(mv.version)} is not canonical`;
  if (why !== undefined) throw new ZipError('bad-module', why);
  const tooLarge = (what: string, limit: number) =>
    new ZipError('too-large', `${what} (max size is ${limit} bytes)`);
  if (zipBytes > maxZipBytes) throw tooLarge(`module zip file is too large, ${zipBytes} bytes`, maxZipBytes);

  const prefix = `${mv.path}@${mv.version}/`;
  const collisions = new CollisionChecker(maxTreeBytes);
  let total = 0;
  for (const { name: full, uncompressedSize } of members) {
    const refuse = (reason: string) => new ZipError('bad-name', `${quote(full)} in module zip: ${reason}`);
    if (!full.startsWith(prefix)) throw refuse(`path does not have prefix ${quote(prefix)}`);
    const inner = full.slice(prefix.length);
    if (inner === '') continue;
    if (Buffer.byteLength(inner) > maxNameBytes) {
      throw new ZipError('bad-name', `a name in the module zip is longer than ${maxNameBytes} bytes`);
    }
    const isDir = inner.endsWith('/');
    const name = isDir ? inner.slice(0, -1) : inner;
    const reason = checkName(name, isDir, collisions);
    if (reason !== undefined) throw refuse(reason);
    if (isDir) continue;
    total += uncompressedSize;
    if (total > maxContentBytes)
      throw tooLarge('total uncompressed size of module contents too large', maxContentBytes);
    if (name === 'go.mod' && uncompressedSize > maxGoModBytes)
      throw tooLarge('go.mod file too large', maxGoModBytes);
    if (name === 'LICENSE' && uncompressedSize > maxLicenseBytes) {
      throw tooLarge('LICENSE file too large', maxLicenseBytes);
    }
  }
}
