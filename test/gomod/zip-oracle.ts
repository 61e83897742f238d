import { writeFile } from 'node:fs/promises';
import { type GoWorld, goWorld, realUpstream, writeProject } from '../support/go.ts';
import { runOk } from '../support/process.ts';

/** What Go's own libraries say of a zip: the h1 or why there is none, and why it is no module zip. */
export interface OracleAnswer {
  readonly h1?: string;
  readonly hashError?: string;
  readonly zipError?: string;
}

const SOURCE = `package main

import (
	"bufio"
	"encoding/json"
	"os"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/zip"
)

func main() {
	in := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var answer struct{ H1, HashError, ZipError string }
		h1, err := dirhash.HashZip(in.Text(), dirhash.Hash1)
		answer.H1 = h1
		if err != nil {
			answer.HashError = err.Error()
		}
		m := module.Version{Path: os.Args[1], Version: os.Args[2]}
		if checked, err := zip.CheckZip(m, in.Text()); err != nil {
			answer.ZipError = err.Error()
		} else if err := checked.Err(); err != nil {
			answer.ZipError = err.Error()
		}
		out.Encode(answer)
	}
}
`;

/** A Go program around \`golang.org/x/mod\`, built once; dispose it to remove it. */
export class ZipOracle implements AsyncDisposable {
  readonly #world: GoWorld;
  #asked = 0;

  private constructor(world: GoWorld) {
    this.#world = world;
  }

  static async build(): Promise<ZipOracle> {
    const world = await goWorld(await realUpstream());
    const cwd = world.dir.join('oracle');
    await writeProject(cwd, {
      'go.mod': 'module oracle.test\n\ngo 1.25\n\nrequire golang.org/x/mod v0.42.0\n',
      'main.go': SOURCE,
    });
    await world.goOk(['build', '-mod=mod', '-o', '../oracle.exe', '.'], { cwd });
    return new ZipOracle(world);
  }

  /** Asks about zips of one module version. */
  async ask(path: string, version: string, zips: readonly Buffer[]): Promise<OracleAnswer[]> {
    const names = zips.map(() => this.#world.dir.join(`${this.#asked++}.zip`));
    await Promise.all(zips.map((zip, i) => writeFile(names[i] ?? '', zip)));
    const done = await this.#run(path, version, `${names.join('\n')}\n`);
    const rows = done.split('\n').filter(line => line !== '');
    return rows.map(line => {
      const { H1, HashError, ZipError } = JSON.parse(line) as Record<string, string>;
      return {
        ...(H1 && { h1: H1 }),
        ...(HashError && { hashError: HashError }),
        ...(ZipError && { zipError: ZipError }),
      };
    });
  }

  async #run(path: string, version: string, input: string): Promise<string> {
    const done = await runOk(this.#world.dir.join('oracle.exe'), [path, version], { input });
    return done.stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#world[Symbol.asyncDispose]();
  }
}
