import { describe, expect, it } from 'vitest';
import {
  compareGoVersions,
  goLanguage,
  goVersionOfToolchain,
  isGoLanguage,
  isGoVersion,
} from '../../src/gomod/go-version.ts';
import { goEnv, writeProject } from '../support/go.ts';
import { runOk } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';

const VERSIONS = [
  ...[
    '',
    'x',
    '1',
    '1.0',
    '1.1',
    '1.5',
    '1.6',
    '1.6.1',
    '1.10',
    '1.19',
    '1.19.0',
    '1.19.1',
    '1.19rc1',
    '1.19rc2',
  ],
  ...[
    '1.19alpha3',
    '1.19beta2',
    '1.20',
    '1.20rc1',
    '1.20.0',
    '1.21',
    '1.21rc1',
    '1.21rc',
    '1.21.0',
    '1.21.3',
  ],
  ...[
    '1.99999999999999998',
    '1.99999999999999999',
    '1.999testmod',
    '2',
    '2.0',
    '01.2',
    '1.02',
    '1.2.3rc1',
    '1.2.3.4',
  ],
  ...[
    '1.',
    '.1',
    '1.2.',

    '1.21RC1',
    '1.21rc01',
    'v1.2',
    '1.2.3 ',
    ' 1.2',
    '1.2\n',
    '1.22rc1.2',
    '0',
    '0.1',
  ],
];

/** Asks the library of go itself; its versions have `go` in front, and it takes off a suffix like `-acme`. */
const ORACLE = `package main

import (
	"encoding/json"
	"go/version"
	"os"
)

func main() {
	var versions []string
	if err := json.NewDecoder(os.Stdin).Decode(&versions); err != nil {
		panic(err)
	}
	type answer struct {
		Valid bool
		Lang  string
		Order []int
	}
	answers := []answer{}
	for _, x := range versions {
		a := answer{Valid: version.IsValid("go" + x), Lang: version.Lang("go" + x)}
		for _, y := range versions {
			a.Order = append(a.Order, version.Compare("go"+x, "go"+y))
		}
		answers = append(answers, a)
	}
	json.NewEncoder(os.Stdout).Encode(answers)
}
`;

interface Answer {
  readonly Valid: boolean;
  readonly Lang: string;
  readonly Order: readonly number[];
}

describe('versions of Go', () => {
  it('are valid, ordered and cut to their language as go/version does it', async () => {
    await using dir = await tempDir('go-version');
    await writeProject(dir.path, { 'go.mod': 'module oracle\n\ngo 1.24\n', 'main.go': ORACLE });
    const { GOROOT = '' } = await goEnv();
    expect(GOROOT).not.toBe('');
    const { stdout } = await runOk('go', ['run', '.'], {
      cwd: dir.path,
      env: { ...process.env, GOFLAGS: '', GOWORK: 'off', GOTOOLCHAIN: 'local' },
      input: JSON.stringify(VERSIONS),
    });
    const answers = JSON.parse(stdout) as readonly Answer[];
    expect(answers).toHaveLength(VERSIONS.length);
    expect(answers.filter(answer => answer.Valid).length).toBeGreaterThan(25);
    for (const [i, x] of VERSIONS.entries()) {
      const answer = answers[i];
      const mine = {
        Valid: isGoVersion(x),
        Lang: goLanguage(x) === '' ? '' : `go${goLanguage(x)}`,
        Order: VERSIONS.map(y => compareGoVersions(x, y)),
      };
      expect({ x, ...mine }).toEqual({ x, ...answer });
    }
  });

  // From internal/gover's own test, which no program outside of go can call.
  it.each([
    ['1.2rc3', false],
    ['1.2.3', false],
    ['1.999testmod', false],
    ['1.22', true],
    ['1.21', true],
    ['1.20', false],
    ['1.3', false],
    ['x', false],
  ])('%s is a language: %s', (version, expected) => {
    expect(isGoLanguage(version)).toBe(expected);
  });

  // From the comment of cmd/go/internal/gover.FromToolchain.
  it.each([
    ['go1.2.3', '1.2.3'],
    ['go1.2.3-bigcorp', '1.2.3'],
    ['go1.21rc1 linux', '1.21rc1'],
    ['go1.2.3-a/b', ''],
    ['go1.2.3-a\\b', ''],
    ['invalid', ''],
    ['default', ''],
    ['1.2.3', ''],
    ['gox', ''],
  ])('the toolchain %s is of version %s', (name, version) => {
    expect(goVersionOfToolchain(name)).toBe(version);
  });

  it('takes no suffix for a version', () => {
    expect(isGoVersion('1.26.3-acme')).toBe(false);
  });

  it('takes numbers and names of any length', () => {
    const long = `1.${'9'.repeat(100_000)}`;
    expect(compareGoVersions(long, '1.26')).toBe(1);
    expect(isGoVersion(`1.${'a'.repeat(100_000)}!`)).toBe(false);
  });
});
