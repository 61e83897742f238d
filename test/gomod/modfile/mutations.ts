import fc from 'fast-check';
import type { Input } from './oracle.ts';

/** Ways to damage a go.mod or go.work, in bytes, tokens, lines, Unicode, quotes and line ends. Text is a byte a character. */

const WORDS = [
  ...[
    'module',
    'go',
    'toolchain',
    'godebug',
    'require',
    'exclude',
    'replace',
    'retract',
    'tool',
    'ignore',
    'use',
  ],
  ...[
    '=>',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    ',',
    '( )',
    '()',
    '//',
    '/*',
    '#',
    ';',
    '=',
    '@',
    '\\',
    '/',
    '.',
    '..',
  ],
  ...[
    'v1',
    'v1.2',
    'v1.2.3',
    'v2.0.0',
    'v0.0.0-20200101000000-abcdefabcdef',
    'v2.0.0+incompatible',
    'v1.0.0+meta',
  ],
  ...['v1.0.0-01', 'v01.0.0', '1.2.3', 'latest', 'master', 'none', '', '""', '"', '`', "'", '"(', '"["'],
  ...[
    '1.26',
    '1.26.8',
    '1.26rc1',
    '1',
    '01.2',
    'v1.21',
    '1.20-pre',
    'go1.26.8',
    'default',
    'local',
    'go1x',
    'go1.x',
  ],
  ...[
    'a=b',
    '=b',
    'a=',
    'default=go1.21',
    'a,b',
    './x',
    '../x',
    '/x',
    '.\\x',
    'C:\\x',
    'c:/x',
    'x',
    '.x',
    '...',
    '~/x',
  ],
  ...[
    'example.com/a',
    'example.com/a/v2',
    'example.com/a/v1',
    'gopkg.in/yaml.v3',
    'gopkg.in/yaml',
    'gopkg.in/a.v0',
  ],
  ...['gopkg.in/a.v2-unstable', 'foo', 'example.com/a@v1.0.0', 'https://example.com/a', 'Deprecated: gone'],
];

const COMMENTS = [
  ...[
    '// indirect',
    '//indirect',
    '// indirect; why',
    '// indirect;',
    '// indirect why',
    '/// indirect',
    '//',
  ],
  ...[
    '// Deprecated: use another',
    '// because of a bug',
    '/* no */',
    '// \u00c2\u00a0indirect',
    '//\tindirect\r',
  ],
];

const RUNES = [
  0x00, 0x07, 0x0b, 0x0c, 0x1b, 0x7f, 0x85, 0xa0, 0xad, 0xe9, 0x378, 0x456, 0x600, 0x1680, 0x180e, 0x200b,
  0x200d, 0x200e, 0x2028, 0x202e, 0x2060, 0x3000, 0xd7ff, 0xe000, 0xfeff, 0xfffd, 0xffff, 0x10000, 0x105c0,
  0x16100, 0x1c89, 0x1f600, 0x2ebf0, 0x323b0, 0xa7cb, 0xa7ce, 0xe0041, 0x10ffff,
];

const ESCAPES = [
  '\\n',
  '\\x41',
  '\\xff',
  '\\377',
  '\\400',
  '\\u0041',
  '\\U0001F600',
  '\\ud800',
  '\\"',
  "\\'",
  '\\0',
  '\\\n',
];

const LINES = [
  ...[
    'require (',
    ')',
    'require (\n)',
    'require ()',
    'replace (',
    'retract (',
    'module (',
    'tool (',
    'use (',
    'godebug (',
  ],
  ...[
    '',
    '// a comment',
    '\t// a comment',
    '// Deprecated: gone',
    ' ',
    '\t',
    '\r',
    'retract v1.0.0 // bad',
    'retract [v1, v1.2]',
  ],
  ...[
    'exclude example.com/a v1.0.0',
    'replace example.com/a => ../a',
    'replace example.com/a v1 => example.com/b v2.0.0',
  ],
  ...[
    'replace example.com/a v1.0.0 => example.com/b v1.1.0',
    'godebug default=go1.21',
    'tool example.com/a/cmd/x',
  ],
  ...[
    'ignore ./node_modules',
    'require "example.com/q" "v1.2.3"',
    'toolchain go1.26.8',
    'go 1.26',
    'module example.com/m',
  ],
  ...[
    'use ./a',
    'use "./b c"',
    'require "\\\nx" v1 // indirect',
    'foo "\\\nx" // indirect',
    'foo ( // why',
    'foo () // why',
  ],
];

/** Where in a list or text, as a fraction: stays meaningful when the text shrinks. */
const where = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

type Edit = (text: string) => string;

function at(fraction: number, length: number): number {
  return Math.floor(fraction * length);
}

function splice(text: string, from: number, remove: number, insert: string): string {
  return text.slice(0, from) + insert + text.slice(from + remove);
}

function utf8(rune: number): string {
  return Buffer.from(String.fromCodePoint(rune), 'utf8').toString('latin1');
}

function tokens(text: string): { start: number; end: number }[] {
  const found = [...text.matchAll(/[^\s()[\]{},]+|[()[\]{},]/g)];
  return found.map(match => ({ start: match.index, end: match.index + match[0].length }));
}

/** Replaces one token; `change` gets it and another one of the file. */
function onToken(one: number, other: number, change: (token: string, another: string) => string): Edit {
  return text => {
    const all = tokens(text);
    const [token, another] = [all[at(one, all.length)], all[at(other, all.length)]];
    if (token === undefined || another === undefined) return text;
    const changed = change(text.slice(token.start, token.end), text.slice(another.start, another.end));
    return splice(text, token.start, token.end - token.start, changed);
  };
}

function onLine(one: number, other: number, change: (lines: string[], i: number, j: number) => void): Edit {
  return text => {
    const lines = text.split('\n');
    change(lines, at(one, lines.length), at(other, lines.length));
    return lines.join('\n');
  };
}

const byteEdit = fc.tuple(where, fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 2 })).map(
  ([place, byte, kind]): Edit =>
    text =>
      splice(
        text,
        at(place, text.length + 1),
        kind === 0 ? 0 : 1,
        kind === 1 ? '' : String.fromCharCode(byte),
      ),
);

const runeEdit = fc
  .tuple(
    where,
    fc.oneof(
      fc.constantFrom(...RUNES),
      fc.integer({ min: 0x80, max: 0xd7ff }),
      fc.integer({ min: 0x10000, max: 0x3ffff }),
    ),
  )
  .map(
    ([place, rune]): Edit =>
      text =>
        splice(text, at(place, text.length + 1), 0, utf8(rune)),
  );

const tokenEdit = fc
  .tuple(where, where, fc.constantFrom(...WORDS), fc.integer({ min: 0, max: 5 }))
  .map(([one, other, word, kind]) =>
    onToken(one, other, (token, another) => {
      switch (kind) {
        case 0:
          return '';
        case 1:
          return `${token} ${another}`;
        case 2:
          return another;
        case 3:
          return word;
        case 4:
          return `${token} ${word}`;
        default:
          return token + word;
      }
    }),
  );

const quoteEdit = fc
  .tuple(where, fc.constantFrom('"', '`', "'"), fc.constantFrom('', ...ESCAPES), where)
  .map(([one, quote, escaped, inside]) =>
    onToken(one, 0, token => quote + splice(token, at(inside, token.length + 1), 0, escaped) + quote),
  );

const lineEdit = fc
  .tuple(where, where, fc.constantFrom(...LINES), fc.integer({ min: 0, max: 5 }))
  .map(([one, other, line, kind]) =>
    onLine(one, other, (lines, i, j) => {
      const own = lines[i] ?? '';
      if (kind === 0) lines.splice(i, 1);
      else if (kind === 1) lines.splice(j, 0, own);
      else if (kind === 2) lines.splice(i, 2, `${own} ${lines[i + 1] ?? ''}`);
      else if (kind === 3) lines.splice(j, 0, ...lines.splice(i, 1));
      else lines.splice(i, 0, ...line.split('\n'));
    }),
  );

const commentEdit = fc.tuple(where, fc.constantFrom(...COMMENTS), fc.boolean()).map(([one, comment, glued]) =>
  onLine(one, 0, (lines, i) => {
    lines[i] = `${lines[i] ?? ''}${glued ? '' : ' '}${comment}`;
  }),
);

const lineEndEdit = fc.tuple(where, fc.integer({ min: 0, max: 4 })).map(([one, kind]): Edit => {
  switch (kind) {
    case 0:
      return text => text.replaceAll('\n', '\r\n');
    case 1:
      return text => text.replace(/\n+$/, '');
    case 2:
      return onLine(one, 0, (lines, i) => lines.splice(i, 1, `${lines[i] ?? ''}\r`));
    case 3:
      return onLine(one, 0, (lines, i) => lines.splice(i, 2, `${lines[i] ?? ''}\r${lines[i + 1] ?? ''}`));
    default:
      return onLine(one, 0, (lines, i) => lines.splice(i, 2, `${lines[i] ?? ''}\\\n${lines[i + 1] ?? ''}`));
  }
});

const anyEdit = fc.oneof(
  byteEdit,
  runeEdit,
  tokenEdit,
  tokenEdit,
  quoteEdit,
  lineEdit,
  lineEdit,
  commentEdit,
  lineEndEdit,
);

/** One of the files with one to four edits; mostly one, so that many stay valid. */
export function mutated(files: readonly Input[]): fc.Arbitrary<Input> {
  const edits = fc.oneof(
    { weight: 3, arbitrary: anyEdit.map(edit => [edit]) },
    fc.array(anyEdit, { minLength: 2, maxLength: 4 }),
  );
  return fc.tuple(fc.constantFrom(...files), edits).map(([{ dialect, bytes }, list]) => {
    const text = list.reduce((before, edit) => edit(before), Buffer.from(bytes).toString('latin1'));
    return { dialect, bytes: Buffer.from(text, 'latin1') };
  });
}
