import type { Comment, CommentThread } from './thread.ts';

/** Comments of a thread that are looked through: a bound on what a long discussion can cost. */
const MAX_COMMENTS = 3_000;

export interface StickyComment {
  /** First line of the body, which tells our comment from others; an HTML comment. */
  readonly marker: string;
  readonly body: string;
  /** Whether there is something to say. Without it a comment is only updated, never made. */
  readonly failed: boolean;
}

export type Posted = 'created' | 'updated' | 'unchanged' | 'none';

/**
 * Keeps one comment up to date: made at the first failure, changed in place, changed to its resolved form when
 * all is well. A comment counts as ours when it begins with the marker and our own account wrote it, because
 * anybody can copy a marker. Throws CommentError.
 */
export async function postSticky(thread: CommentThread, comment: StickyComment): Promise<Posted> {
  const ours = await findOurs(thread, comment.marker);
  if (ours === undefined) {
    if (!comment.failed) return 'none';
    await thread.create(comment.body);
    return 'created';
  }
  if (sameText(ours.body, comment.body)) return 'unchanged';
  await thread.update(ours.id, comment.body);
  return 'updated';
}

async function findOurs(thread: CommentThread, marker: string): Promise<Comment | undefined> {
  let seen = 0;
  let me: string | undefined;
  for await (const comment of thread.list()) {
    if (++seen > MAX_COMMENTS) return undefined;
    if (comment.body.split(/\r?\n/, 1)[0] !== marker) continue;
    me ??= await thread.me();
    if (comment.author === me) return comment;
  }
  return undefined;
}

/** Forges normalise line ends and drop space at the end. */
function sameText(a: string, b: string): boolean {
  const plain = (text: string) => text.replaceAll('\r\n', '\n').trimEnd();
  return plain(a) === plain(b);
}
