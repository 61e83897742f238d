import { type NoteSignature, openNote, type Signer, signNote, type Verifier } from '../../tlog/note.ts';
import { formatHash, MAX_TREE_SIZE, parseHash, type Tree } from '../../tlog/tree.ts';

/** Longest checkpoint that is read, bytes: three lines, a time, and some signatures. */
export const MAX_CHECKPOINT = 16 * 1024;

/** What a collector signs: a tree, and when it had that size. */
export interface Checkpoint {
  /** Name of the log, which is the name of its key. */
  readonly origin: string;
  readonly tree: Tree;
  /** RFC 3339, UTC: by the collector's clock. */
  readonly time: string;
}

const TIME = /^time (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)$/;

/** Signed bytes: origin, size and hash as in every transparency log's checkpoint, and the time as an extension line. */
export function signCheckpoint({ origin, tree, time }: Checkpoint, signer: Signer): Buffer {
  return signNote(`${origin}\n${tree.size}\n${formatHash(tree.hash)}\ntime ${time}\n`, [signer]);
}

/** What stands in the text of a checkpoint, of which nothing is verified; undefined when it is none. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const [origin = '', size = '', base64 = '', ...extensions] = text.split('\n');
  const hash = parseHash(base64);
  if (origin === '' || !/^(?:0|[1-9]\d{0,15})$/.test(size) || hash === undefined) return undefined;
  if (Number(size) > MAX_TREE_SIZE || extensions.pop() !== '') return undefined;
  const time = extensions.map(line => TIME.exec(line)?.[1]).find(found => found !== undefined);
  return time === undefined ? undefined : { origin, tree: { size: Number(size), hash }, time };
}

/**
 * A checkpoint with a right signature by one of the keys, of the log that the key is named after. Throws NoteError,
 * NotACheckpoint.
 */
export function openCheckpoint(
  msg: Uint8Array,
  keys: readonly (string | Verifier)[],
): Checkpoint & { readonly signatures: readonly NoteSignature[] } {
  const { text, signatures } = openNote(msg.subarray(0, MAX_CHECKPOINT), keys);
  const checkpoint = parseCheckpoint(text);
  if (checkpoint === undefined) throw new NotACheckpoint('the note is signed and is no checkpoint of a log');
  if (signatures.some(({ name }) => name === checkpoint.origin)) return { ...checkpoint, signatures };
  throw new NotACheckpoint(
    `the checkpoint is of the log ${checkpoint.origin}, and the signature by ${signatures[0]?.name}`,
  );
}

/** A note that is signed and says nothing of the log whose key signed it. */
export class NotACheckpoint extends Error {
  override readonly name = 'NotACheckpoint';
  readonly code = 'malformed';
}

/** A checkpoint that came from a store, if it may be shown anywhere: nothing but the characters that one has. */
export function showableCheckpoint(text: string): string | undefined {
  if (text.length > MAX_CHECKPOINT || !/^[A-Za-z0-9+/=:. _\n—-]+$/.test(text)) return undefined;
  const body = text.slice(0, text.indexOf('\n\n') + 1);
  return parseCheckpoint(body) === undefined || !text.endsWith('\n') ? undefined : text;
}
