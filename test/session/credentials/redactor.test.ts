import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Redactor, redactDeep } from '../../../src/session/credentials/redactor.ts';

function redactorFor(...secrets: string[]): Redactor {
  const redactor = new Redactor();
  redactor.add(secrets);
  return redactor;
}

/** Ways in which a secret gets into a text. Each is found wherever it stands. */
const SPELLINGS: Readonly<Record<string, (secret: string) => string>> = {
  'as it is': secret => secret,
  'in a URL': secret => encodeURIComponent(secret),
  'in a URL, lower case': secret =>
    encodeURIComponent(secret).replaceAll(/%[0-9A-F]{2}/g, found => found.toLowerCase()),
  'as user information': secret => {
    const url = new URL('https://a.example.test');
    url.password = secret;
    return url.password;
  },
  'in a form': secret => new URLSearchParams({ a: secret }).toString().slice(2),
  'percent-encoded, every byte': secret =>
    [...Buffer.from(secret)].map(byte => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  'in JSON': secret => JSON.stringify(secret).slice(1, -1),
  'in JSON in JSON': secret => JSON.stringify(JSON.stringify(secret)).slice(3, -3),
  'in JSON of a language that escapes more': secret =>
    JSON.stringify(secret)
      .slice(1, -1)
      .replaceAll(/[<>&\u0080-\uffff]/g, found => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`),
  'in HTML': secret =>
    secret.replaceAll(
      /[&<>"']/g,
      found => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[found] ?? '',
    ),
  'as ASCII': secret => secret.replaceAll(/[^\x20-\x7e]/g, '?'),
};

/** One line without white space around it, as a credential has to be; long enough to be told from words in base64. */
const secretText = fc
  .string({ unit: 'grapheme', minLength: 9, maxLength: 24 })
  .filter(text => !/[\0-\x1f\x7f]/.test(text) && text.trim() === text && text.length >= 9);
const around = fc.string({ maxLength: 40 });
/** Few characters, so that one text is a part of another by chance. */
const knot = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom('a', 'b', '*', '\\', '"', '%', '2'), minLength, maxLength });

describe('no secret is in a text that was redacted', () => {
  it.each(Object.entries(SPELLINGS))('%s', (_, spell) => {
    fc.assert(
      fc.property(fc.array(secretText, { minLength: 1, maxLength: 2 }), around, around, (secrets, a, b) => {
        const { redact } = redactorFor(...secrets);
        const shown = redact(secrets.map(secret => a + spell(secret) + b).join(''));
        for (const secret of secrets) {
          expect(shown).not.toContain(secret);
          expect(shown).not.toContain(spell(secret));
        }
      }),
      { numRuns: 40 },
    );
  });

  it('as base64 behind and before anything, in both alphabets', () => {
    fc.assert(
      fc.property(secretText, around, around, fc.boolean(), (secret, a, b, url) => {
        const coded = Buffer.from(a + secret + b).toString(url ? 'base64url' : 'base64');
        const shown = redactorFor(secret).redact(`Authorization: Basic ${coded}.`);
        expect(shown).not.toContain(coded);
        // What is left decodes to nothing that has the secret, at whatever character a reader begins.
        for (const piece of shown.split(/[^A-Za-z0-9+/_-]+/)) {
          for (const offset of [0, 1, 2, 3]) {
            expect(Buffer.from(piece.slice(offset), 'base64').includes(secret)).toBe(false);
          }
        }
      }),
      { numRuns: 80 },
    );
  });

  it('though they overlap, hold each other, or spell one with the stars that hide another', () => {
    fc.assert(
      fc.property(fc.array(knot(4, 9), { minLength: 1, maxLength: 4 }), knot(0, 60), (secrets, text) => {
        const shown = redactorFor(...secrets).redact(text);
        for (const secret of secrets) expect(shown).not.toContain(secret);
      }),
      { numRuns: 500 },
    );
  });

  it('in the texts of a value, at any depth', () => {
    const { redact } = redactorFor('hunter22', 'tr0ub4dor');
    const value = { a: 'hunter22', b: [{ c: 'x tr0ub4dor y', n: 3, none: null }], d: true };
    expect(redactDeep(value, redact)).toEqual({ a: '***', b: [{ c: 'x *** y', n: 3, none: null }], d: true });
  });
});

describe('a redactor', () => {
  it('leaves everything else as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), text => {
        expect(new Redactor().redact(text)).toBe(text);
        expect(redactorFor('glpat-0123456789abcdef0123').redact(text)).toBe(text);
      }),
    );
  });

  it('takes nothing that is too short for a secret, and learns more later', () => {
    const redactor = redactorFor('', 'abc');
    expect(redactor.redact('abc, a later secret')).toBe('abc, a later secret');
    redactor.add(['later secret']);
    expect(redactor.redact('abc, a later secret')).toBe('abc, a ***');
  });

  it('hides the longer of two that begin alike', () => {
    expect(redactorFor('token-one', 'token-one-long').redact('token-one-long token-one')).toBe('*** ***');
  });

  it('is done soon with texts and secrets that are made to keep it busy', () => {
    const secret = `${'\\'.repeat(200)}"${'\\'.repeat(200)}x`;
    const text = '\\'.repeat(5_000) + 'a'.repeat(30_000);
    expect(redactorFor(secret, 'aaaaaaaaaaaaaaab').redact(text)).toBe(text);
  });
});
