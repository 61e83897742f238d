import { createHash } from 'node:crypto';
import type { Blob } from '../git/blobs.ts';
import { GitError } from '../git/command.ts';
import type { GitEntry } from '../git/listing.ts';
import type { Objects } from '../git/objects.ts';
import { indexOf, type Repository, treeOfCommit } from '../git/repository.ts';
import type { ReadContents } from './collect.ts';
import { CheckoutFiles } from './disk.ts';
import { walk } from './walk.ts';

/** What is checked: paths, how to read them, and what the reader must know about where they come from. */
export interface Head {
  readonly entries: readonly GitEntry[];
  readonly read: ReadContents;
  readonly warnings: readonly string[];
}

/** Paths of git's index, or of HEAD where there is no index that can be read. Throws GitError. */
export async function headOf(objects: Objects): Promise<Head> {
  const { repository } = objects;
  const { git, head, bare } = repository;
  const read = readCheckout(objects);
  const fromHead = async (warnings: readonly string[]): Promise<Head> => ({
    entries: head === undefined ? [] : await treeOfCommit(git, head),
    read,
    warnings,
  });
  if (bare) return await fromHead(['this is a bare repository; the tree of HEAD is checked']);
  try {
    return { entries: await indexOf(repository), read, warnings: [] };
  } catch (error) {
    if (!(error instanceof GitError) || head === undefined) throw error;
    return await fromHead([
      `the index cannot be read (${error.message}); the files of HEAD are checked instead; to mend it: remove .git/index and run git reset`,
    ]);
  }
}

/** The files of a directory that git knows nothing of. */
export function headOnDisk(root: string): Head {
  const { entries, links, cut, unreadable } = walk(root);
  const files = new CheckoutFiles(root);
  const warnings: string[] = [];
  if (cut) warnings.push('there are more files than a check without git looks at; not all of them were read');
  const [first] = unreadable;
  if (first !== undefined) {
    warnings.push(
      `${unreadable.length} directories could not be read and were left out, the first is ${first}`,
    );
  }
  const read: ReadContents = async wanted => {
    const contents = new Map<string, Blob>();
    for (const { path, kind } of wanted) {
      const link = kind === 'symlink' ? links.get(path) : undefined;
      const found = link === undefined ? files.read(path) : { bytes: Buffer.from(link) };
      if (found !== undefined) contents.set(path, found);
    }
    return contents;
  };
  return { entries, read, warnings };
}

/**
 * Reads what a build would see: the file of the checkout. What is not there as a regular file (left out by a
 * sparse checkout, removed, replaced by something else) and what links say comes from git.
 */
function readCheckout(objects: Objects): ReadContents {
  const { root, bare } = objects.repository;
  const files = bare ? undefined : new CheckoutFiles(root);
  return async wanted => {
    const contents = new Map<string, Blob>();
    const inGit: GitEntry[] = [];
    for (const entry of wanted) {
      const onDisk = entry.kind === 'file' && !entry.sparse && entry.exact;
      const found = onDisk ? files?.read(entry.path) : undefined;
      if (found === undefined) inGit.push(entry);
      else contents.set(entry.path, found);
    }
    const blobs = await objects.blobs(inGit.map(({ oid }) => oid));
    for (const { path, oid } of inGit) {
      const blob = blobs.get(oid);
      if (blob !== undefined) contents.set(path, blob);
    }
    return contents;
  };
}

/** Reads a commit's files from git; those that were read from the checkout already are not asked for again. */
export function readCommit(
  objects: Objects,
  head: Head,
  seen: ReadonlyMap<string, Uint8Array>,
): ReadContents {
  const oids = new Map(head.entries.map(({ path, oid }) => [path, oid]));
  const { hash } = objects.repository;
  return async wanted => {
    const contents = new Map<string, Blob>();
    const inGit: GitEntry[] = [];
    for (const entry of wanted) {
      const bytes = oids.get(entry.path) === entry.oid ? seen.get(entry.path) : undefined;
      // The checkout may hold something else than the index says.
      if (bytes !== undefined && blobId(bytes, hash) === entry.oid) {
        contents.set(entry.path, { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) });
      } else inGit.push(entry);
    }
    const blobs = await objects.blobs(inGit.map(({ oid }) => oid));
    for (const { path, oid } of inGit) {
      const blob = blobs.get(oid);
      if (blob !== undefined) contents.set(path, blob);
    }
    return contents;
  };
}

function blobId(bytes: Uint8Array, hash: Repository['hash']): string {
  return createHash(hash).update(`blob ${bytes.byteLength}\0`).update(bytes).digest('hex');
}
