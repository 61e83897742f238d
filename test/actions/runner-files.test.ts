import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandData, fileEntry, runnerOf } from '../../src/actions/runner-files.ts';
import { readRunnerFile } from '../support/github/runner-file.ts';
import { tempDir } from '../support/temp.ts';

describe('fileEntry', () => {
  it.each(['x', 'two\nlines', 'GOPROXY<<EOF\nevil\nEOF', 'a=b', ''])('carries %j whole', value => {
    expect(readRunnerFile(fileEntry('NAME', value, 'delimiter_1'))).toEqual({ NAME: value });
  });

  it('refuses a value that contains the delimiter, and a name that is none', () => {
    expect(() => fileEntry('NAME', 'a\nEOF\nEVIL=1', 'EOF')).toThrow(/contains the delimiter/);
    expect(() => fileEntry('NAME\nEVIL', 'x', 'EOF')).toThrow(/cannot be the name/);
  });
});

it('appends entries with a delimiter that cannot be guessed', async () => {
  await using dir = await tempDir('runner');
  writeFileSync(dir.join('env'), 'BEFORE=1\n');
  const runner = runnerOf({ GITHUB_ENV: dir.join('env') }, () => {});
  runner.exportVariable('A', '1');
  runner.exportVariable('B', '2\n3');
  const text = readFileSync(dir.join('env'), 'utf8');
  expect(readRunnerFile(text)).toEqual({ BEFORE: '1', A: '1', B: '2\n3' });
  const delimiters = [...text.matchAll(/<<(modgate_[0-9a-f-]{36})$/gm)].map(match => match[1]);
  expect(new Set(delimiters).size).toBe(2);
});

it('says which file is missing', () => {
  expect(() => runnerOf({}, () => {}).setOutput('a', 'b')).toThrow(/GITHUB_OUTPUT is not set/);
});

it('lets no text become a second command', () => {
  const lines: string[] = [];
  const runner = runnerOf({}, line => lines.push(line));
  runner.warning('x\n::add-mask::y');
  runner.info('::set-output name=a::b');
  runner.error('100% \u001b[31m');
  expect(lines).toEqual([
    '::warning::x\\n: :add-mask: :y',
    ': :set-output name=a: :b',
    '::error::100%25 \\u001b[31m',
  ]);
  expect(commandData('a%\r\n')).toBe('a%25%0D%0A');
});

it('says no secret of its environment, and masks what it is told to', async () => {
  await using dir = await tempDir('runner');
  const env = { VAULT_TOKEN: 'of 100% a vault', GITHUB_STEP_SUMMARY: dir.join('summary') };
  const lines: string[] = [];
  const runner = runnerOf(env, line => lines.push(line));
  runner.mask(env.VAULT_TOKEN);
  for (const say of [runner.info, runner.warning, runner.error, runner.raw]) say(`<${env.VAULT_TOKEN}>`);
  runner.addSummary(`| ${encodeURIComponent(env.VAULT_TOKEN)} |\n`);
  expect(lines).toEqual([
    '::add-mask::of 100%25 a vault',
    '<***>',
    '::warning::<***>',
    '::error::<***>',
    '<***>',
  ]);
  expect(readFileSync(dir.join('summary'), 'utf8')).toBe('| *** |\n');
});
