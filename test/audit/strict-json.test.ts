import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLine } from '../../src/audit/strict-json.ts';

const wide = (fields: number) =>
  `{"a":{${Array.from({ length: fields }, (_, at) => `"f${at}":${at}`).join(',')}}}`;
const nested = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;

describe('a line', () => {
  it('is read as JSON reads it', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 }),
        value => {
          fc.pre(!JSON.stringify(value).includes('__proto__'));
          const line = JSON.stringify(value);
          expect(parseLine(line)).toEqual(JSON.parse(line));
          // What other writers put between the tokens changes nothing.
          const spaced = JSON.stringify(value, null, 1).replaceAll('\n', '\t');
          expect(parseLine(spaced)).toEqual(JSON.parse(line));
        },
      ),
    );
  });

  it.each([
    ['names in the order of numbers', '{"2":1,"1":2}', { 1: 2, 2: 1 }],
    ['numbers in another form', '{"a":1.0e0,"b":-0}', { a: 1, b: -0 }],
    [
      'a name of one object in another, and as a value',
      '{"a":{"a":["a","a"]},"b":{"a":"a"}}',
      { a: { a: ['a', 'a'] }, b: { a: 'a' } },
    ],
    [
      'brackets, quotes and backslashes in text',
      '{"a":"{\\"a\\":[\\\\" ,"b":"]}:,"}',
      { a: '{"a":[\\', b: ']}:,' },
    ],
    ['line separators and NUL', '{"a":"\u2028\\u2028\\u0000"}', { a: '\u2028\u2028\u0000' }],
    ['half of a surrogate pair', '{"a":"\\ud800"}', { a: '\ud800' }],
    [
      'names of a prototype that are none',
      '{"constructor":1,"prototype":2}',
      { constructor: 1, prototype: 2 },
    ],
    ['sixteen levels', nested(16), JSON.parse(nested(16))],
    ['a thousand fields', wide(1000), JSON.parse(wide(1000))],
  ])('may have %s', (_, line, value) => {
    expect(parseLine(line)).toEqual(value);
  });

  it.each([
    ['a name twice', '{"a":1,"a":1}', 'twice'],
    ['a name twice, written otherwise', '{"a":1,"\\u0061":2}', 'twice'],
    ['an object of too many fields', wide(1001), 'more than 1000 fields'],
    ['a name twice, deep inside', '{"x":[{"y":{"a":1,"b":[],"a":2}}]}', 'twice'],
    ['a name twice, after spaces', '{"a" : 1 , "a" : 2}', 'twice'],
    ['a prototype', '{"__proto__":{"kind":"req"}}', '__proto__'],
    ['a prototype, written otherwise', '{"\\u005f_proto__":1}', '__proto__'],
    ['a prototype, deep inside', '{"a":[{"__proto__":1}]}', '__proto__'],
    ['seventeen levels', nested(17), 'nested'],
    ['fifty thousand levels', nested(50_000), 'nested'],
    ['a mark of byte order', '\ufeff{}', 'no JSON object'],
    ['a carriage return behind it', '{}\r', 'no JSON object'],
    ['a space before it', ' {}', 'no JSON object'],
    ['two objects', '{}{}', 'no JSON'],
    ['no end', '{"a":1', 'no JSON object'],
    ['a raw NUL', '{"a":"\u0000"}', 'no JSON'],
    ['nothing', '', 'no JSON object'],
    ['an array', '[{}]', 'no JSON object'],
    ['NaN', '{"a":NaN}', 'no JSON'],
  ])('must not have %s', (_, line, why) => {
    expect(() => parseLine(line)).toThrow(SyntaxError);
    expect(() => parseLine(line)).toThrow(why);
  });

  it('with any name twice is refused, wherever it stands', () => {
    const key = fc.string({ unit: 'binary', maxLength: 6 }).filter(text => text !== '__proto__');
    const entries = fc.uniqueArray(fc.tuple(key, fc.jsonValue({ maxDepth: 2 })), {
      minLength: 1,
      maxLength: 6,
      selector: ([name]) => name,
    });
    fc.assert(
      fc.property(entries, fc.nat(), fc.nat(), (list, which, where) => {
        const twice = list[which % list.length];
        if (twice === undefined) throw new Error('no entry');
        const all = [...list];
        all.splice(where % (list.length + 1), 0, twice);
        const write = (some: typeof list) =>
          `{${some.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
        fc.pre(!write(list).includes('__proto__'));
        expect(() => parseLine(write(list))).not.toThrow();
        expect(() => parseLine(write(all))).toThrow('twice');
      }),
    );
  });

  it('has its content in no message', () => {
    for (const line of ['{"secret":1,"secret":2}', '{secret}', 'secret']) {
      expect(() => parseLine(line)).toThrow(/^(?!.*secret)/);
    }
  });
});
