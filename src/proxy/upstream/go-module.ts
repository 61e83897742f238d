/** What a child is about. */
export interface Subject {
  readonly module: string;
  /** `MODULE@VERSION` or another request in words. */
  readonly what: string;
}

/** What `go list -m -json` and `go mod download -json` say of a module, as far as it is used. */
export interface GoModule {
  readonly Path?: string;
  readonly Version?: string;
  readonly Time?: string;
  readonly Versions?: readonly string[];
  readonly Origin?: { readonly URL?: string; readonly Subdir?: string };
  readonly Info?: string;
  readonly GoMod?: string;
  readonly Zip?: string;
  readonly Error?: string | { readonly Err?: string };
}

/** The modules that go printed one after the other; what is no JSON is left out. */
export function parseModules(stdout: string): GoModule[] {
  return stdout.split(/(?<=^\})\r?\n/m).flatMap(text => {
    try {
      return text.trim() === '' ? [] : [JSON.parse(text) as GoModule];
    } catch {
      return [];
    }
  });
}

/**
 * The path at which the repository of a module begins; undefined where it has no other modules, as far as this one
 * tells. Pure.
 */
export function repositoryOf(module: string, { Origin }: GoModule): string | undefined {
  const subdir = Origin?.Subdir ?? '';
  if (subdir === '') return undefined;
  const suffix = `/${subdir}`;
  // A major version may be a part of the path and no directory.
  for (const path of [module, module.replace(/\/v\d+$/, '')]) {
    if (path.endsWith(suffix)) return path.slice(0, -suffix.length);
  }
  return undefined;
}
