import type { Tree } from './tree.ts';

/** Paths of a repository as git's index has them: relative to its root, with `/`, the same on every system. */

/** Whether a directory of a replace or use is absolute on any system: `/x`, `\x`, `\\host\x`, `C:x`. */
export function isAbsolutePath(path: string): boolean {
  return /^(?:[/\\]|[A-Za-z]:)/.test(path);
}

/**
 * A relative path from a directory of the repository, cleaned as Go does before it looks at the disk: so
 * `./link/../lib` never follows `link`. Empty for the root; begins with `..` when it leaves the repository.
 */
export function cleanPath(dir: string, path: string): string {
  const out: string[] = [];
  for (const part of `${dir}/${path.replaceAll('\\', '/')}`.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && out.length > 0 && out.at(-1) !== '..') out.pop();
    else out.push(part);
  }
  return out.join('/');
}

/** Whether a cleaned path leaves the repository. */
export function isOutside(path: string): boolean {
  return path === '..' || path.startsWith('../');
}

/** Where a path leads when the symbolic links that git tracks are followed. */
export type Resolved =
  | { readonly kind: 'inside'; readonly path: string }
  /** A git submodule, or below one: another repository's files. */
  | { readonly kind: 'submodule'; readonly path: string }
  /** A link on the way leads out of the repository. */
  | { readonly kind: 'outside'; readonly link: string; readonly target: string }
  /** Links that lead in a circle, or more of them than a system follows. */
  | { readonly kind: 'loop'; readonly link: string };

/** As many as Linux follows. */
const MAX_LINKS = 40;

/** Longer than any system lets a link be. */
const MAX_LINK_TEXT = 4096;

/** Follows tracked links component by component from a cleaned path inside the repository. */
export function resolveLinks(tree: Pick<Tree, 'kind' | 'link'>, path: string): Resolved {
  // A stack: the next component is the last.
  const todo = components(path);
  let at = '';
  let followed = path;
  for (let links = 0; ; ) {
    const part = todo.pop();
    if (part === undefined) return { kind: 'inside', path: at };
    if (part === '..') {
      if (at === '') return { kind: 'outside', link: followed, target: '..' };
      at = at.slice(0, Math.max(0, at.lastIndexOf('/')));
      continue;
    }
    const next = at === '' ? part : `${at}/${part}`;
    const kind = tree.kind(next);
    if (kind === undefined) {
      // Nothing below it is tracked, so no more links: the rest is arithmetic, however long it is.
      const last = cleanPath(next, todo.reverse().join('/'));
      return isOutside(last)
        ? { kind: 'outside', link: followed, target: last }
        : { kind: 'inside', path: last };
    }
    if (kind === 'submodule') return { kind, path: next };
    const target = kind === 'symlink' ? tree.link(next) : undefined;
    if (target === undefined) {
      at = next;
      continue;
    }
    if (++links > MAX_LINKS) return { kind: 'loop', link: next };
    if (isAbsolutePath(target)) return { kind: 'outside', link: next, target };
    followed = next;
    todo.push(...components(target.slice(0, MAX_LINK_TEXT)));
  }
}

function components(path: string): string[] {
  return path
    .split('/')
    .filter(part => part !== '' && part !== '.')
    .reverse();
}
