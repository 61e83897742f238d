import type { Tree } from '../../src/policy/tree.ts';
import { type TreeEntry, treeOf } from '../../src/policy/tree-of.ts';

/** What a test says of a path: its text or bytes, or what kind of entry it is. */
export type FileSpec =
  | string
  | Uint8Array
  | { readonly link: string }
  | { readonly submodule: true }
  | { readonly unread: string };

/** A repository as git tracks it, written down in a test: paths with contents. */
export function repository(files: Readonly<Record<string, FileSpec>>): Tree {
  return treeOf(Object.entries(files).map(([path, spec]) => entryOf(path, spec)));
}

function entryOf(path: string, spec: FileSpec): TreeEntry {
  if (typeof spec === 'string') return { path, kind: 'file', bytes: new TextEncoder().encode(spec) };
  if (spec instanceof Uint8Array) return { path, kind: 'file', bytes: spec };
  if ('link' in spec) return { path, kind: 'symlink', link: spec.link };
  if ('submodule' in spec) return { path, kind: 'submodule' };
  return { path, kind: 'file', unread: spec.unread };
}
