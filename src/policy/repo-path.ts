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
  /** A link on the way leads out of the repository. */
  | { readonly kind: 'outside'; readonly link: string; readonly target: string }
  /** Links that lead in a circle, or more of them than a system follows. */
  | { readonly kind: 'loop'; readonly link: string };

/** As many as Linux follows. */
const MAX_LINKS = 40;

/** Follows tracked links component by component from a cleaned path inside the repository. */
export function resolveLinks(tree: Pick<Tree, 'kind' | 'link'>, path: string): Resolved {
  let rest = path.split('/').filter(part => part !== '');
  let at = '';
  for (let links = 0; rest.length > 0; ) {
    const [part = '', ...behind] = rest;
    const next = at === '' ? part : `${at}/${part}`;
    if (part === '..') {
      if (at === '') return { kind: 'outside', link: path, target: rest.join('/') };
      at = at.slice(0, Math.max(0, at.lastIndexOf('/')));
      rest = behind;
      continue;
    }
    const target = tree.kind(next) === 'symlink' ? tree.link(next) : undefined;
    if (target === undefined) {
      at = next;
      rest = behind;
      continue;
    }
    if (++links > MAX_LINKS) return { kind: 'loop', link: next };
    if (isAbsolutePath(target)) return { kind: 'outside', link: next, target };
    rest = [...target.split('/').filter(word => word !== '' && word !== '.'), ...behind];
  }
  return { kind: 'inside', path: at };
}
