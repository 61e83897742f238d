import { writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globProblem } from '../../src/gomod/glob-syntax.ts';
import { run } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';

const PROGRAM = `package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var glob string
		if err := json.Unmarshal(lines.Bytes(), &glob); err != nil {
			panic(err)
		}
		_, err := path.Match(glob, "")
		fmt.Println(err == nil)
	}
}
`;

describe('the syntax of a glob', () => {
  it('is what path.Match of Go takes it for', async () => {
    const globs = fc.sample(
      fc
        .array(fc.constantFrom('a', '[', ']', '^', '-', '\\', '*', '?', '/', 'é', '😀'), { maxLength: 9 })
        .map(parts => parts.join('')),
      { numRuns: 4_000, seed: 7 },
    );
    await using dir = await tempDir('glob');
    await writeFile(dir.join('main.go'), PROGRAM);
    const input = globs.map(glob => JSON.stringify(glob)).join('\n');
    const built = await run('go', ['build', '-o', dir.join('match.exe'), 'main.go'], {
      cwd: dir.path,
      env: { ...process.env, GOFLAGS: '', GO111MODULE: 'off' },
    });
    expect(built.stderr).toBe('');
    const { stdout } = await run(dir.join('match.exe'), [], { env: process.env, input: `${input}\n` });
    const go = stdout
      .trim()
      .split('\n')
      .map(line => line === 'true');
    expect(go).toHaveLength(globs.length);
    expect(go.filter(Boolean).length).toBeGreaterThan(500);
    expect(go.filter(ok => !ok).length).toBeGreaterThan(500);
    const differ = globs.filter((glob, i) => (globProblem(glob) === undefined) !== go[i]);
    expect(differ).toEqual([]);
  });
});
