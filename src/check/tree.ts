import { loadSurfaceParsers } from '../policy/bypass/parsers.ts';
import type { Tree } from '../policy/tree.ts';
import { treeOf } from '../policy/tree-of.ts';
import { type Collected, collect } from './files/collect.ts';
import { type Head, readCommit } from './files/head.ts';
import type { Scope } from './files/scope.ts';
import type { Objects } from './git/objects.ts';

/** A tree that can be judged, and what is known about how it was read. */
export interface ReadTree extends Omit<Collected, 'entries'> {
  readonly tree: Tree;
  /** What was read, by path. */
  readonly bytes: ReadonlyMap<string, Uint8Array>;
}

export async function readHead(head: Head, scope: Scope): Promise<ReadTree> {
  return await made(await collect(head.entries, scope, head.read));
}

/** The tree of a commit that `Objects.need` was called for. Throws GitError. */
export async function readBase(
  objects: Objects,
  commit: string,
  scope: Scope,
  head: Head,
  seen: ReadonlyMap<string, Uint8Array>,
): Promise<ReadTree> {
  const entries = await objects.entries(commit);
  return await made(await collect(entries, scope, readCommit(objects, head, seen)));
}

async function made({ entries, ...about }: Collected): Promise<ReadTree> {
  const tree = treeOf(entries);
  await loadSurfaceParsers(tree.texts);
  const bytes = new Map<string, Uint8Array>();
  for (const { path, bytes: content } of entries) if (content !== undefined) bytes.set(path, content);
  return { ...about, tree, bytes };
}
