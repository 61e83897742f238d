import { describe, expect, it } from 'vitest';
import { readFix } from '../../src/report/fix.ts';

describe('a fix', () => {
  it.each([
    ['go mod tidy', '', 'go mod tidy', ''],
    [
      'Choose a version of that range: go get x@VERSION.',
      'Choose a version of that range:',
      'go get x@VERSION',
      '',
    ],
    ['Test it: go list ./...', 'Test it:', 'go list ./...', ''],
    [
      "Remove it: go mod edit -dropreplace='a; b, or c' sub/go.mod; for work on your machine use a go.work.",
      'Remove it:',
      "go mod edit -dropreplace='a; b, or c' sub/go.mod",
      'For work on your machine use a go.work.',
    ],
    [
      'Take the line out, then let go say what is missing: go mod download',
      'Take the line out, then let go say what is missing:',
      'go mod download',
      '',
    ],
  ])('has its command apart: %s', (fix, words, command, after) => {
    expect(readFix(fix)).toEqual({ words, command, after });
  });

  it.each([
    'Leave one of them: go work edit -dropuse=DIRECTORY go.work takes one out.',
    'git rm --cached go.work, and list it in .gitignore.',
    'Run: go mod tidy and push',
    'Remove the line.',
    'rules:\n  sum/missing: off',
    '',
  ])('is a sentence: %s', fix => {
    expect(readFix(fix)).toEqual({ words: fix, command: undefined, after: '' });
  });
});
