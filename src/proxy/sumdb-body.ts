import { NoteError, openNote } from '../tlog/note.ts';
import { parseRecord } from '../tlog/record.ts';
import { parseTilePath } from '../tlog/tile.ts';
import { WrongBody } from './upstream/transfer.ts';

const HASH_BYTES = 32;

/**
 * What can be told of one answer of the checksum database by itself: the length of a tile, the form of a
 * record, the signature of a tree head. A broken answer is then asked for again where it broke, and only what
 * the proofs alone can find starts a whole look-up anew.
 *
 * @param path as on the wire: `/lookup/...`, `/tile/...`, `/latest`, `/supported`
 * @param key the database's verifier key
 * @throws WrongBody
 */
export function checkSumDbBody(path: string, body: Buffer, key: string): Buffer {
  if (path.startsWith('/tile/')) checkTile(path, body);
  else if (path.startsWith('/lookup/')) {
    const record = parseRecord(body);
    if (record === undefined) throw new WrongBody('the answer is no record of the checksum database');
    checkHead(record.head, key);
  } else if (path === '/latest') checkHead(body, key);
  return body;
}

function checkTile(path: string, body: Buffer): void {
  const tile = parseTilePath(path.slice(1));
  if (tile === undefined || tile.level < 0) return;
  const size = tile.width * HASH_BYTES;
  if (body.length !== size) throw new WrongBody(`the tile has ${body.length} bytes instead of ${size}`);
}

function checkHead(head: Uint8Array, key: string): void {
  try {
    openNote(head, [key]);
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    throw new WrongBody(`the tree head in the answer is not what the database signed (${error.message})`);
  }
}
