// Writes src/gomod/modfile/ident-ranges.ts from what the Go releases themselves say:
//   node scripts/ident-ranges.mjs go1.26.8 go1.27.4
// (the releases for Unicode 15 and 17; the go command fetches those that are not there).
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = `package main

import (
	"fmt"
	"unicode"
)

func main() {
	fmt.Println(unicode.Version)
	for c := rune(0); c <= unicode.MaxRune; c++ {
		if unicode.IsPrint(c) && !unicode.IsSpace(c) {
			fmt.Println(c)
		}
	}
}
`;

const TARGET = fileURLToPath(new URL('../src/gomod/modfile/ident-ranges.ts', import.meta.url));

const releases = process.argv.slice(2);
if (releases.length !== 2) {
  process.stderr.write('usage: node scripts/ident-ranges.mjs go1.26.N go1.27.N\n');
  process.exit(2);
}
const [older, newer] = releases.map(printable);
if (older.version !== '15.0.0' || newer.version !== '17.0.0') {
  throw new Error(`Unicode 15.0.0 and 17.0.0 are wanted, these have ${older.version} and ${newer.version}.`);
}
const known = new Set(older.runes);
const kept = new Set(newer.runes);
if (older.runes.some(c => !kept.has(c)))
  throw new Error('The newer release took runes away: one list is not enough.');
writeFileSync(
  TARGET,
  `// Written by scripts/ident-ranges.mjs from ${releases.join(' and ')}.

/**
 * Runes that Go prints and that are no space. Distances, in turn to the first rune of a range and to the first behind
 * it.
 */
export const PRINTABLE_15: readonly number[] = [${distances(older.runes).join(', ')}];

/** What Unicode 17 has more. */
export const ADDED_IN_17: readonly number[] = [${distances(newer.runes.filter(c => !known.has(c))).join(', ')}];
`,
);
execFileSync(process.execPath, [
  fileURLToPath(new URL('../node_modules/@biomejs/biome/bin/biome', import.meta.url)),
  'format',
  '--write',
  TARGET,
]);

function printable(release) {
  const dir = mkdtempSync(path.join(tmpdir(), 'modgate-runes-'));
  try {
    writeFileSync(path.join(dir, 'main.go'), PROGRAM);
    const env = { ...process.env, GOTOOLCHAIN: release, GOWORK: 'off', GOFLAGS: '' };
    const [version, ...runes] = execFileSync('go', ['run', 'main.go'], {
      cwd: dir,
      env,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    })
      .trim()
      .split('\n');
    return { version, runes: runes.map(Number) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function distances(runes) {
  const edges = runes.flatMap((c, i) => [
    ...(runes[i - 1] === c - 1 ? [] : [c]),
    ...(runes[i + 1] === c + 1 ? [] : [c + 1]),
  ]);
  return edges.map((edge, i) => edge - (edges[i - 1] ?? 0));
}
