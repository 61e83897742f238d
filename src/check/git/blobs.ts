import { type Git, GitError } from './command.ts';

/** The largest file that is read: no module file comes near it. */
export const MAX_FILE = 16 * 2 ** 20;
/** What one process hands over at once. */
const BATCH = 64 * 2 ** 20;
/** All that is read of one tree. */
const MAX_TOTAL = 2 ** 30;

/** A blob, or why there is none, in words that follow a path and a colon. */
export type Blob =
  | { readonly bytes: Buffer }
  | {
      readonly why: string;
      /** Set when the repository does not have it: a partial clone, or a damaged one. */
      readonly missing?: true;
    };

/**
 * Contents of blobs by object id. The sizes are asked first, so that no file of a stranger decides how much
 * memory is used. Throws GitError when git cannot be asked at all.
 */
export async function readBlobs(git: Git, oids: Iterable<string>): Promise<Map<string, Blob>> {
  const wanted = [...new Set(oids)].filter(oid => /^[0-9a-f]{40,64}$/.test(oid));
  const blobs = new Map<string, Blob>();
  if (wanted.length === 0) return blobs;
  const sizes = await sizesOf(git, wanted);
  if (sizes === undefined) return new Map(wanted.map(oid => [oid, { why: NOT_THERE, missing: true }]));
  let batch: string[] = [];
  let size = 0;
  let total = 0;
  const flush = async () => {
    if (batch.length > 0) await readBatch(git, batch, size, blobs);
    batch = [];
    size = 0;
  };
  for (const line of sizes.split('\n')) {
    const [oid = '', type, length] = line.split(' ');
    if (oid === '') continue;
    const bytes = Number(length);
    if (type !== 'blob') blobs.set(oid, { why: NOT_THERE, missing: true });
    else if (!(bytes <= MAX_FILE)) blobs.set(oid, { why: TOO_LARGE });
    else if (total + bytes > MAX_TOTAL) blobs.set(oid, { why: 'the files before it were too large in all' });
    else {
      if (size + bytes > BATCH) await flush();
      batch.push(oid);
      size += bytes;
      total += bytes;
    }
  }
  await flush();
  return blobs;
}

const NOT_THERE = 'git does not have its contents; fetch them, or run git fsck';
export const TOO_LARGE = 'it is larger than 16 MiB, which no such file is';

/** What `--batch-check` says of each; undefined when a partial clone lacks one of them, which stops git. */
async function sizesOf(git: Git, wanted: readonly string[]): Promise<string | undefined> {
  try {
    return (await git.run(['cat-file', '--batch-check'], { input: lines(wanted) })).toString('latin1');
  } catch (error) {
    if (error instanceof GitError && /could not fetch|promisor/.test(error.detail)) return undefined;
    throw error;
  }
}

async function readBatch(
  git: Git,
  oids: readonly string[],
  size: number,
  into: Map<string, Blob>,
): Promise<void> {
  // The header of an object is an id, a type and a length.
  const maxBytes = size + oids.length * 128;
  const out = await git.run(['cat-file', '--batch'], { input: lines(oids), maxBytes });
  for (let at = 0; at < out.length; ) {
    const end = out.indexOf(10, at);
    if (end < 0) break;
    const [oid = '', type, length] = out.toString('latin1', at, end).split(' ');
    at = end + 1;
    if (type !== 'blob') continue;
    into.set(oid, { bytes: out.subarray(at, at + Number(length)) });
    at += Number(length) + 1;
  }
}

function lines(oids: readonly string[]): string {
  return `${oids.join('\n')}\n`;
}
