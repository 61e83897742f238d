import { matchGlobs } from '../gomod/module-path.ts';

interface Pattern<T> {
  readonly glob: string;
  /** What every match starts with. */
  readonly prefix: string;
  readonly item: T;
}

const META = /[*?[\\]/;

/**
 * Many GOPRIVATE globs, asked for many paths: patterns without wildcards are looked up by each leading part of
 * a path, those whose first element has no wildcard by that element, and only the rest is tried one by one.
 * Patterns are well-formed; the configuration was refused otherwise.
 */
export class PatternIndex<T> {
  readonly #exact = new Map<string, T[]>();
  readonly #byHost = new Map<string, Pattern<T>[]>();
  readonly #loose: Pattern<T>[] = [];
  /** Elements of the longest pattern without wildcards. */
  #elements = 0;

  constructor(entries: Iterable<readonly [pattern: string, item: T]>) {
    for (const [pattern, item] of entries) this.#add(pattern.replace(/\/$/, ''), item);
  }

  #add(glob: string, item: T): void {
    if (glob === '') return;
    const meta = glob.search(META);
    if (meta < 0) {
      append(this.#exact, glob, item);
      this.#elements = Math.max(this.#elements, glob.split('/').length);
      return;
    }
    const pattern = { glob, prefix: glob.slice(0, meta), item };
    const slash = pattern.prefix.indexOf('/');
    if (slash < 0) this.#loose.push(pattern);
    else append(this.#byHost, glob.slice(0, slash), pattern);
  }

  /** What belongs to the patterns that match a prefix of the path: those without wildcards first, longest first. */
  matches(path: string): T[] {
    const found: T[] = [];
    let end = -1;
    for (let n = 0; n < this.#elements; n++) {
      end = path.indexOf('/', end + 1);
      const part = end < 0 ? path : path.slice(0, end);
      found.unshift(...(this.#exact.get(part) ?? []));
      if (end < 0) break;
    }
    const slash = path.indexOf('/');
    const candidates = slash < 0 ? undefined : this.#byHost.get(path.slice(0, slash));
    for (const pattern of candidates ?? []) {
      if (path.startsWith(pattern.prefix) && matchGlobs(pattern.glob, path)) found.push(pattern.item);
    }
    for (const pattern of this.#loose) {
      if (path.startsWith(pattern.prefix) && matchGlobs(pattern.glob, path)) found.push(pattern.item);
    }
    return found;
  }
}

function append<T>(map: Map<string, T[]>, key: string, item: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [item]);
  else list.push(item);
}
