import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { makeSigner, NoteError, openNote, parseVerifierKey, signNote } from '../../src/tlog/note.ts';

interface Vectors {
  readonly name: string;
  readonly seed_hex: string;
  readonly keyhash: string;
  readonly public_hex: string;
  readonly vkey: string;
  readonly witness_vkey: string;
  readonly witness_name: string;
  readonly witness_seed_hex: string;
  readonly cases: { case: string; msg: string; keys: string[]; outcome: string }[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../fixtures/audit/note.json', import.meta.url), 'utf8'),
) as Vectors;

function outcome(msg: string | Uint8Array, keys: readonly string[]): string {
  try {
    const note = openNote(Buffer.from(msg as string), keys);
    return `ok sigs=${note.signatures.length} unverified=${note.unverified.length}`;
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    return `error: ${error.message}`;
  }
}

test('there are the eleven cases', () => expect(vectors.cases).toHaveLength(11));

test.each(vectors.cases)('$case', ({ msg, keys, outcome: want }) => {
  expect(outcome(msg, keys)).toBe(want);
});

describe('signing', () => {
  const log = makeSigner(vectors.name, Buffer.from(vectors.seed_hex, 'hex'));
  const witness = makeSigner(vectors.witness_name, Buffer.from(vectors.witness_seed_hex, 'hex'));

  test('gives the keys and the bytes of the vectors', () => {
    expect(log.vkey).toBe(vectors.vkey);
    expect(witness.vkey).toBe(vectors.witness_vkey);
    expect(log.signer.keyHash).toBe(vectors.keyhash);
    const both =
      vectors.cases.find(row => row.case === 'checkpoint, log and witness, both keys known')?.msg ?? '';
    const text = both.slice(0, both.indexOf('\n\n') + 1);
    expect(signNote(text, [log.signer, witness.signer]).toString()).toBe(both);
  });

  test('a text without final newline cannot be signed', () => {
    expect(() => signNote('x', [log.signer])).toThrow('malformed note');
  });
});

describe('hostile notes', () => {
  const { signer, vkey } = makeSigner('a.test', Buffer.alloc(32, 7));
  const good = signNote('text\n\nmore\n', [signer]).toString();
  const signature = good.slice(good.lastIndexOf('\n\n') + 2);

  test('the good one is good, its text is all before the last blank line', () => {
    expect(openNote(Buffer.from(good), [vkey]).text).toBe('text\n\nmore\n');
  });

  test.each([
    ['a control character', good.replace('more', 'mo\u001bre')],
    ['a hundred and one signatures', `text\n\n${signature.repeat(101)}`],
    ['text behind the signatures', `${good}x\n`],
    ['a signature that is too short', 'text\n\n— a.test AAAA\n'],
    ['a signature that is not base64', 'text\n\n— a.test ****\n'],
    ['a name with a plus', `text\n\n— a+b ${'A'.repeat(92)}\n`],
    ['no name', `text\n\n— ${'A'.repeat(92)}\n`],
    ['nothing', ''],
  ])('%s is malformed', (_, msg) => {
    expect(outcome(msg, [vkey])).toBe('error: malformed note');
  });

  test('bytes that are no UTF-8 are malformed', () => {
    expect(outcome(Buffer.concat([Buffer.of(0xff), Buffer.from(good)]), [vkey])).toBe(
      'error: malformed note',
    );
  });

  test('one key twice is ambiguous', () => {
    expect(outcome(good, [vkey, vkey])).toMatch(/^error: ambiguous key a\.test\+/);
  });

  test('no change of a byte of text or signature is accepted', () => {
    const bytes = Buffer.from(good);
    for (let at = 0; at < bytes.length; at++) {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
      expect(outcome(flipped, [vkey]), `byte ${at}`).toMatch(/^error: /);
    }
  });
});

test.each([
  ['', 'malformed verifier id'],
  ['a.test', 'malformed verifier id'],
  ['a.test+00000000+', 'malformed verifier id'],
  [vectors.vkey.replace('+1e8bcc0f+', '+1e8bcc0e+'), 'invalid verifier hash'],
  [vectors.vkey.replace('audit.', 'other.'), 'invalid verifier hash'],
  [vectors.vkey.replace('audit.', 'au dit.'), 'malformed verifier id'],
  ['a.test+d3a7d5b8+AgECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g', 'invalid verifier hash'],
])('the key %j is refused: %s', (key, why) => {
  expect(() => parseVerifierKey(key)).toThrow(why);
});
