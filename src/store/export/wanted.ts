import { TOOLCHAIN } from '../../gomod/toolchain.ts';
import { FILE_KINDS } from '../layout.ts';
import type { FileKind, ModVer, StoredVersion } from '../types.ts';
import type { Missing, Selection } from './types.ts';

/** A file that a checkout or a go.sum asks for. */
export interface Need extends ModVer {
  readonly kind: FileKind;
  /** Whether work stops without it; else it is taken where it is. */
  readonly required: boolean;
  /** The file that asks for it. */
  readonly from: string;
}

export interface WantedOptions {
  /** Only what is asked for; undefined: all there is. */
  readonly needs?: Iterable<Need>;
  /** Releases of Go like `go1.26.3`, whose toolchains are taken for every platform that is there. */
  readonly toolchains?: ReadonlySet<string>;
  /** Modules that are taken at all. */
  readonly modules?: (path: string) => boolean;
  /** Only what was used since then, milliseconds since the epoch. */
  readonly usedSince?: number;
}

interface Asked {
  readonly kinds: Map<FileKind, { readonly required: boolean; readonly from: string }>;
}

/** Chooses by what is asked for, by module and by use, and knows what of it was not there. */
export class Wanted implements Selection {
  readonly #asked: Map<string, Asked & ModVer> | undefined;
  readonly #options: WantedOptions;

  constructor(options: WantedOptions) {
    this.#options = options;
    if (options.needs === undefined) return;
    this.#asked = new Map();
    for (const need of options.needs) this.#add(this.#asked, need);
  }

  #add(all: Map<string, Asked & ModVer>, { path, version, kind, required, from }: Need): void {
    const key = `${path}@${version}`;
    const asked = all.get(key) ?? { path, version, kinds: new Map() };
    const before = asked.kinds.get(kind);
    if (before === undefined || (required && !before.required)) asked.kinds.set(kind, { required, from });
    all.set(key, asked);
  }

  kinds({ path, version, lastUse }: StoredVersion): readonly FileKind[] {
    const { modules, usedSince, toolchains } = this.#options;
    if (modules?.(path) === false) return [];
    if (usedSince !== undefined && lastUse < usedSince) return [];
    if (this.#asked === undefined) return FILE_KINDS;
    const asked = this.#asked.get(`${path}@${version}`)?.kinds;
    const release = path === TOOLCHAIN ? releaseOf(version) : undefined;
    if (release !== undefined && toolchains?.has(release) === true) return ['zip'];
    return FILE_KINDS.filter(kind => asked?.has(kind) === true);
  }

  took({ path, version }: ModVer, kind: FileKind): void {
    this.#asked?.get(`${path}@${version}`)?.kinds.delete(kind);
  }

  missing(): readonly Missing[] {
    const missing: Missing[] = [];
    for (const { path, version, kinds } of this.#asked?.values() ?? []) {
      if (this.#options.modules?.(path) === false) continue;
      for (const [kind, { required, from }] of kinds)
        if (required) missing.push({ path, version, kind, from });
    }
    return missing;
  }
}

/** The release that a version of the toolchain module is: `v0.0.1-go1.26.3.linux-amd64` to `go1.26.3`. */
export function releaseOf(version: string): string | undefined {
  return /^v0\.0\.1-(go1[^-]*)\.[a-z0-9]+-[a-z0-9]+$/.exec(version)?.[1];
}
