import { describe, expect, it } from 'vitest';
import { bypasses } from './marked.ts';

/** Pieces that open something and never close it, or make a reader look ahead. */
const PIECES = [
  'a ',
  '"',
  "'",
  '`',
  '$(',
  `\${a:-`,
  '((',
  '$((',
  '(',
  '{ ',
  'cat <<X\n',
  '\\',
  '\\\n',
  'GOSUMDB=off\n',
  'GOSUMDB=',
  'a;',
  'go build -modfile=x ',
  '- ',
  '[',
  '{',
  'a: ',
  '? ',
  '&a ',
  '*a ',
  `\${{`,
  '{{',
  '!x ',
  '\t',
  '$',
  '$$',
  '$(a,',
  'RUN <<X\n',
  'RUN \\\n',
  'ENV GOSUMDB off\n',
  '#',
  '/*',
  '"a":',
  '\n',
  '\r\n',
  ' ',
  '|\n ',
  '>\n ',
  'bash -c "',
  "eval '",
  '<<',
  '<(',
  '{ echo GOSUMDB=off; ',
  'echo GOSUMDB=off | ',
  '\0',
  '\ufffd',
  '\ud800',
  'define X\n',
];

const FILES = [
  '.github/workflows/a.yml',
  '.gitlab-ci.yml',
  'Dockerfile',
  'Makefile',
  'a.sh',
  '.env',
  '.devcontainer.json',
];

describe('hostile files', () => {
  // A square of 60 KB in any of them would not end within the runner's patience.
  it.each(FILES)(
    '%s ends for every piece, with bounded findings and words',
    async file => {
      for (const piece of PIECES) {
        const text = `GOSUMDB: off\n${piece.repeat(Math.ceil(60_000 / piece.length))}`;
        const found = await bypasses({ [file]: text }, { all: true });
        expect(found.length, JSON.stringify(piece)).toBeLessThanOrEqual(201);
        for (const { message, why, fix, key = '' } of found) {
          expect(Math.max(message.length, why.length, fix.length, key.length)).toBeLessThanOrEqual(500);
          expect(message).not.toMatch(/[\0-\x1f\x7f]/);
        }
      }
    },
    60_000,
  );

  it('a line of 5 MB and 100,000 lines are read to their ends', async () => {
    const long = await bypasses({ 'a.sh': `${'x '.repeat(2_500_000)}; export GOSUMDB=off` });
    expect(long.map(({ place }) => place.column)).toEqual([5_000_018]);
    const many = await bypasses({ Makefile: `${'a:\n\techo\n'.repeat(50_000)}export GOSUMDB = off\n` });
    expect(many.map(({ place }) => place.line)).toEqual([100_001]);
  });

  it('lists the first of very many and counts the rest', async () => {
    const found = await bypasses({ 'a.sh': 'GOSUMDB=off go build\n'.repeat(1000) });
    expect(found).toHaveLength(201);
    expect(found.at(-1)?.message).toBe('800 more settings of go in this script are not listed');
  });

  it('says that a YAML file is too large to be searched, if it names anything', async () => {
    const filler = 'a: b\n'.repeat(60_000);
    const found = await bypasses({ '.gitlab-ci.yml': `${filler}GOSUMDB: off\n`, 'b.gitlab-ci.yml': filler });
    expect(found.map(({ place, message }) => `${place.file} ${message}`)).toEqual([
      '.gitlab-ci.yml this GitLab CI file was not searched for settings of go: it is larger than 256 KiB',
    ]);
  });

  it('an alias bomb costs its own size', async () => {
    const lines = ['a0: &a0 {GOSUMDB: off}'];
    for (let i = 1; i < 40; i++) lines.push(`a${i}: &a${i} [${`*a${i - 1}, `.repeat(10)}]`);
    expect(await bypasses({ '.gitlab-ci.yml': lines.join('\n') })).toHaveLength(1);
  });

  it('no text of a file leaves it unescaped', async () => {
    const nasty = '::error::x \u001b[31m \u202e ##[error] <b> `x` [a](b)';
    const found = await bypasses({ 'a.sh': `export GOINSECURE='${nasty}'\n` });
    expect(found).toHaveLength(1);
    const words = `${found[0]?.message}${found[0]?.fix}`;
    expect(words).not.toContain('\u001b');
    expect(words).not.toContain('\u202e');
    expect(words).toContain('\\u202e');
  });

  it.each([
    ['binary', Buffer.from([0, 255, 254, 71, 79, 83, 85, 77, 68, 66, 61, 111, 102, 102, 10])],
    ['UTF-16', Buffer.from('GOSUMDB=off\n', 'utf16le')],
    ['empty', Buffer.alloc(0)],
  ])('%s files do no harm', async (_, bytes) => {
    for (const file of FILES)
      expect(Array.isArray(await bypasses({ [file]: bytes }, { all: true }))).toBe(true);
  });
});
