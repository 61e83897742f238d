import { isUtf8 } from 'node:buffer';
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { hasSpace } from '../gomod/go-text.ts';
import { decodeBase64 } from './hash.ts';

/** Signed notes (`golang.org/x/mod/sumdb/note`): text, a blank line, and Ed25519 signatures. */

export type NoteErrorCode =
  | 'malformed'
  | 'invalid-signature'
  | 'unverified'
  | 'ambiguous-key'
  | 'malformed-key'
  | 'unknown-algorithm'
  | 'wrong-key-hash';

/** A note or a key that cannot be trusted; messages are Go's. */
export class NoteError extends Error {
  override readonly name = 'NoteError';
  readonly code: NoteErrorCode;
  constructor(code: NoteErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A public key by which a note's signature is known. */
export interface Verifier {
  readonly name: string;
  /** 8 hex digits. */
  readonly keyHash: string;
  verify(text: Uint8Array, signature: Uint8Array): boolean;
}

/** A private key to sign notes with. */
export interface Signer {
  readonly name: string;
  readonly keyHash: string;
  sign(text: Uint8Array): Uint8Array;
}

export interface NoteSignature {
  readonly name: string;
  readonly keyHash: string;
  readonly base64: string;
}

export interface Note {
  /** What was signed, with its final newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
  /** Signatures by keys that are not known. */
  readonly unverified: readonly NoteSignature[];
}

const ED25519 = 1;
const SIGNATURE_PREFIX = '— ';
const MAX_SIGNATURES = 100;
const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

function isName(name: string): boolean {
  return name !== '' && !hasSpace(name) && !name.includes('+');
}

/** The first four bytes of SHA-256(name, newline, key) in hex; the key starts with its algorithm's byte. */
export function keyHash(name: string, key: Uint8Array): string {
  return createHash('sha256').update(`${name}\n`, 'utf8').update(key).digest('hex').slice(0, 8);
}

function cut(text: string): [before: string, after: string] {
  const at = text.indexOf('+');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** Reads `name+hash+base64`. Throws `NoteError`. */
export function parseVerifierKey(vkey: string): Verifier {
  const malformed = () => new NoteError('malformed-key', 'malformed verifier id');
  const [name, rest] = cut(vkey);
  const [hash, base64] = cut(rest);
  const key = decodeBase64(base64);
  if (!/^[0-9a-fA-F]{8}$/.test(hash) || !isName(name) || key === undefined || key.length === 0)
    throw malformed();
  if (hash.toLowerCase() !== keyHash(name, key))
    throw new NoteError('wrong-key-hash', 'invalid verifier hash');
  if (key[0] !== ED25519) throw new NoteError('unknown-algorithm', 'unknown verifier algorithm');
  if (key.length !== 33) throw malformed();
  const spki = Buffer.concat([SPKI_ED25519, key.subarray(1)]);
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  return {
    name,
    keyHash: hash.toLowerCase(),
    verify: (text, signature) => signature.length === 64 && verify(null, text, publicKey, signature),
  };
}

function signerOf(name: string, seed: Uint8Array): { readonly signer: Signer; readonly publicKey: Buffer } {
  const der = Buffer.concat([PKCS8_ED25519, seed]);
  const privateKey: KeyObject = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const publicKey = Buffer.concat([Uint8Array.of(ED25519), spki.subarray(SPKI_ED25519.length)]);
  const signer = {
    name,
    keyHash: keyHash(name, publicKey),
    sign: (text: Uint8Array) => sign(null, text, privateKey),
  };
  return { signer, publicKey };
}

/** A signer of a 32-byte Ed25519 seed, and the verifier key that belongs to it. Throws `NoteError`. */
export function makeSigner(
  name: string,
  seed: Uint8Array,
): { readonly signer: Signer; readonly vkey: string } {
  if (!isName(name) || seed.length !== 32)
    throw new NoteError('malformed-key', 'malformed signer: name or seed');
  const { signer, publicKey } = signerOf(name, seed);
  return { signer, vkey: `${name}+${signer.keyHash}+${publicKey.toString('base64')}` };
}

function signatureLines(block: string): string[] {
  const malformed = new NoteError('malformed', 'malformed note');
  if (!block.endsWith('\n')) throw malformed;
  const lines = block.slice(0, -1).split('\n', MAX_SIGNATURES + 1);
  if (lines.length > MAX_SIGNATURES || lines.some(line => !line.startsWith(SIGNATURE_PREFIX)))
    throw malformed;
  return lines.map(line => line.slice(SIGNATURE_PREFIX.length));
}

function parseSignature(line: string): NoteSignature & { readonly signature: Buffer } {
  const space = line.indexOf(' ');
  const name = space < 0 ? line : line.slice(0, space);
  const base64 = space < 0 ? '' : line.slice(space + 1);
  const bytes = decodeBase64(base64);
  if (bytes === undefined || bytes.length < 5 || !isName(name))
    throw new NoteError('malformed', 'malformed note');
  return { name, keyHash: bytes.toString('hex', 0, 4), base64, signature: bytes.subarray(4) };
}

function findVerifier(known: readonly Verifier[], name: string, hash: string): Verifier | undefined {
  const found = known.filter(key => key.name === name && key.keyHash === hash);
  if (found.length > 1) throw new NoteError('ambiguous-key', `ambiguous key ${name}+${hash}`);
  return found[0];
}

function splitNote(msg: Uint8Array): { readonly text: string; readonly lines: readonly string[] } {
  const malformed = new NoteError('malformed', 'malformed note');
  if (!isUtf8(msg)) throw malformed;
  const whole = Buffer.from(msg.buffer, msg.byteOffset, msg.byteLength).toString('utf8');
  if (/[\x00-\x09\x0b-\x1f]/.test(whole)) throw malformed;
  const split = whole.lastIndexOf('\n\n');
  if (split < 0) throw malformed;
  return { text: whole.slice(0, split + 1), lines: signatureLines(whole.slice(split + 2)) };
}

/**
 * Opens a signed note as Go's `note.Open`: every signature by a known key must be right, and there must be
 * one.
 *
 * @param keys verifier keys (`name+hash+base64`), or verifiers that were parsed before
 * @throws NoteError
 */
export function openNote(msg: Uint8Array, keys: readonly (string | Verifier)[]): Note {
  const known = keys.map(key => (typeof key === 'string' ? parseVerifierKey(key) : key));
  const { text, lines } = splitNote(msg);
  const signed = Buffer.from(text, 'utf8');
  const signatures = new Map<string, NoteSignature>();
  const unverified = new Map<string, NoteSignature>();
  for (const line of lines) {
    const { signature, ...parsed } = parseSignature(line);
    const id = `${parsed.name}+${parsed.keyHash}`;
    const verifier = findVerifier(known, parsed.name, parsed.keyHash);
    if (verifier === undefined) {
      unverified.set(line, unverified.get(line) ?? parsed);
      continue;
    }
    if (signatures.has(id)) continue;
    if (!verifier.verify(signed, signature)) {
      throw new NoteError('invalid-signature', `invalid signature for key ${id}`);
    }
    signatures.set(id, parsed);
  }
  if (signatures.size === 0) throw new NoteError('unverified', 'note has no verifiable signatures');
  return { text, signatures: [...signatures.values()], unverified: [...unverified.values()] };
}

/** Signs a text that ends with a newline. Throws `NoteError` when it does not. */
export function signNote(text: string, signers: readonly Signer[]): Buffer {
  if (!text.endsWith('\n')) throw new NoteError('malformed', 'malformed note');
  const signed = Buffer.from(text, 'utf8');
  const lines = signers.map(signer => {
    const blob = Buffer.concat([Buffer.from(signer.keyHash, 'hex'), signer.sign(signed)]);
    return `${SIGNATURE_PREFIX}${signer.name} ${blob.toString('base64')}\n`;
  });
  return Buffer.from(`${text}\n${lines.join('')}`, 'utf8');
}
