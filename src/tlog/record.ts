import { isUtf8 } from 'node:buffer';
import { formatHash, parseHash } from './hash.ts';
import { MAX_TREE_SIZE, type Tree } from './tree.ts';

/** The texts of the checksum database: tree heads and records (`golang.org/x/mod/sumdb/tlog/note.go`). */

const TREE_PREFIX = 'go.sum database tree\n';
const CONTROL = /[\x00-\x09\x0b-\x1f]/;

/** The text of a tree head; sign it with `signNote`. */
export function formatTree(tree: Tree): string {
  return `${TREE_PREFIX}${tree.size}\n${formatHash(tree.hash)}\n`;
}

/** Reads the text of a tree head; lines after the hash are ignored. Undefined when malformed. */
export function parseTree(text: string): Tree | undefined {
  if (!text.startsWith(TREE_PREFIX) || text.length > 1e6) return undefined;
  const [, size = '', base64 = '', ...rest] = text.split('\n', 4);
  const hash = parseHash(base64);
  if (rest.length === 0 || !/^(?:0|[1-9][0-9]{0,15})$/.test(size) || hash === undefined) return undefined;
  return Number(size) > MAX_TREE_SIZE ? undefined : { size: Number(size), hash };
}

/** A record as `/lookup` answers: its number, its text (what is hashed), and the signed tree head behind it. */
export interface LookupRecord {
  readonly id: number;
  readonly text: Buffer;
  readonly head: Buffer;
}

/** Takes a `/lookup` answer apart; undefined when malformed. Nothing is verified. */
export function parseRecord(msg: Uint8Array): LookupRecord | undefined {
  const bytes = Buffer.from(msg.buffer, msg.byteOffset, msg.byteLength);
  const newline = bytes.indexOf(10);
  const id = newline < 0 ? '' : bytes.toString('latin1', 0, Math.min(newline, 20));
  if (!/^[0-9]{1,15}$/.test(id)) return undefined;
  const end = bytes.indexOf('\n\n', newline + 1, 'latin1');
  if (end < 0) return undefined;
  const text = bytes.subarray(newline + 1, end + 1);
  if (!isUtf8(text) || CONTROL.test(text.toString('utf8'))) return undefined;
  return { id: Number(id), text, head: bytes.subarray(end + 2) };
}

/** A `/lookup` answer without its tree head: append a signed one. */
export function formatRecord(id: number, text: string): string {
  return `${id}\n${text}\n`;
}
