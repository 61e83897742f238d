import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { goEnv, withoutGo } from '../../support/go.ts';
import { type Finished, run, runOk } from '../../support/process.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';
import { goToolchain } from '../../support/tools.ts';

/** How a file is read: as go.mod of a main module, as go.mod of a dependency, as go.work. */
export type Dialect = 'mod' | 'lax' | 'work';

export interface Input {
  readonly dialect: Dialect;
  readonly bytes: Uint8Array;
}

/** What go says of a file: its JSON, or all the lines of its error, a character a byte. */
export type Answer = { readonly json: unknown } | { readonly error: string };

export type GoLine = '1.26' | '1.27';

const SOURCE = `package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

type pair struct{ Key, Value string }
type requirement struct {
	Path, Version string
	Indirect      bool \`json:",omitempty"\`
}
type replacement struct{ Old, New module.Version }
type retraction struct {
	Low, High, Rationale string \`json:",omitempty"\`
}
type one struct{ Path string }
type disk struct{ DiskPath string }

type answer struct {
	Error []byte \`json:",omitempty"\`
	Json  any    \`json:",omitempty"\`
}

type modJSON struct {
	Module struct {
		Path       string
		Deprecated string \`json:",omitempty"\`
	}
	Go, Toolchain string \`json:",omitempty"\`
	GoDebug       []pair
	Require       []requirement
	Exclude       []module.Version
	Replace       []replacement
	Retract       []retraction
	Tool, Ignore  []one
}

func mod(data []byte, parse func(string, []byte, modfile.VersionFixer) (*modfile.File, error)) answer {
	f, err := parse("go.mod", data, nil)
	if err != nil {
		return answer{Error: []byte(err.Error())}
	}
	f.SortBlocks()
	f.Cleanup()
	var j modJSON
	if f.Module != nil {
		j.Module.Path, j.Module.Deprecated = f.Module.Mod.Path, f.Module.Deprecated
	}
	if f.Go != nil {
		j.Go = f.Go.Version
	}
	if f.Toolchain != nil {
		j.Toolchain = f.Toolchain.Name
	}
	for _, d := range f.Godebug {
		j.GoDebug = append(j.GoDebug, pair{d.Key, d.Value})
	}
	for _, r := range f.Require {
		j.Require = append(j.Require, requirement{r.Mod.Path, r.Mod.Version, r.Indirect})
	}
	for _, x := range f.Exclude {
		j.Exclude = append(j.Exclude, x.Mod)
	}
	for _, r := range f.Replace {
		j.Replace = append(j.Replace, replacement{r.Old, r.New})
	}
	for _, r := range f.Retract {
		j.Retract = append(j.Retract, retraction{r.Low, r.High, r.Rationale})
	}
	for _, t := range f.Tool {
		j.Tool = append(j.Tool, one{t.Path})
	}
	for _, i := range f.Ignore {
		j.Ignore = append(j.Ignore, one{i.Path})
	}
	return answer{Json: j}
}

func work(data []byte) answer {
	f, err := modfile.ParseWork("go.work", data, nil)
	if err != nil {
		return answer{Error: []byte(err.Error())}
	}
	f.SortBlocks()
	f.Cleanup()
	var j struct {
		Go, Toolchain string \`json:",omitempty"\`
		Godebug       []pair
		Use           []disk
		Replace       []replacement
	}
	if f.Go != nil {
		j.Go = f.Go.Version
	}
	if f.Toolchain != nil {
		j.Toolchain = f.Toolchain.Name
	}
	for _, d := range f.Godebug {
		j.Godebug = append(j.Godebug, pair{d.Key, d.Value})
	}
	for _, u := range f.Use {
		j.Use = append(j.Use, disk{u.Path})
	}
	for _, r := range f.Replace {
		j.Replace = append(j.Replace, replacement{r.Old, r.New})
	}
	return answer{Json: j}
}

func main() {
	in := bufio.NewReader(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	for {
		line, err := in.ReadString('\\n')
		if err != nil {
			return
		}
		dialect, encoded, _ := strings.Cut(strings.TrimSuffix(line, "\\n"), " ")
		data, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			panic(err)
		}
		switch dialect {
		case "mod":
			encoder.Encode(mod(data, modfile.Parse))
		case "lax":
			encoder.Encode(mod(data, modfile.ParseLax))
		case "work":
			encoder.Encode(work(data))
		}
	}
}
`;

/** So many bytes are given to one run of the program: its output has to fit into the memory of the tests. */
const MOST_AT_ONCE = 2 << 20;

/**
 * The parser that is inside a release of the go command: its own copy of golang.org/x/mod, around which a small
 * program is built, because ten thousand runs of go itself would take minutes. That it says the same as go itself is
 * for the tests to check, with `goItself`.
 */
export class Oracle implements AsyncDisposable {
  readonly line: GoLine;
  readonly #dir: TempDir;
  readonly #go: string;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(line: GoLine, dir: TempDir, go: string, env: Readonly<Record<string, string>>) {
    this.line = line;
    this.#dir = dir;
    this.#go = go;
    this.#env = env;
  }

  /** Builds it with the go on PATH when that is of the line, else with the toolchain of the line. */
  static async build(line: GoLine): Promise<Oracle> {
    const machine = await goEnv();
    const own = machine.GOVERSION?.startsWith(`go${line}.`) === true;
    const env = {
      ...withoutGo(process.env),
      ...Object.fromEntries(
        ['GOPROXY', 'GOSUMDB', 'GOCACHE', 'GOMODCACHE'].map(name => [name, machine[name] ?? '']),
      ),
      GOENV: 'off',
      GOFLAGS: '',
      GOWORK: 'off',
      GOTOOLCHAIN: own ? 'local' : await goToolchain(line),
    };
    const root = (await runOk('go', ['env', 'GOROOT'], { env })).stdout.trim();
    const dir = await tempDir(`oracle-${line}`);
    const vendored = path.join(root, 'src', 'cmd', 'vendor', 'golang.org', 'x', 'mod');
    for (const name of ['modfile', 'module', 'semver', 'internal']) {
      await cp(path.join(vendored, name), dir.join('mod', name), { recursive: true });
    }
    await writeFile(dir.join('mod', 'go.mod'), 'module golang.org/x/mod\n\ngo 1.25\n');
    await mkdir(dir.join('mod', 'oracle'));
    await writeFile(dir.join('mod', 'oracle', 'main.go'), SOURCE);
    const go = path.join(root, 'bin', process.platform === 'win32' ? 'go.exe' : 'go');
    const local = { ...env, GOTOOLCHAIN: 'local' };
    await runOk(go, ['build', '-o', dir.join('oracle.exe'), './oracle'], {
      cwd: dir.join('mod'),
      env: local,
    });
    return new Oracle(line, dir, go, local);
  }

  /** An answer for each input, in order. Empty lists are null. */
  async ask(inputs: readonly Input[]): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (const batch of batches(inputs)) {
      const lines = batch.map(
        ({ dialect, bytes }) => `${dialect} ${Buffer.from(bytes).toString('base64')}\n`,
      );
      const { stdout } = await runOk(this.#dir.join('oracle.exe'), [], { input: lines.join('') });
      const got = stdout.split('\n').filter(line => line !== '');
      if (got.length !== batch.length) throw new Error(`${batch.length} asked, ${got.length} answered`);
      answers.push(...got.map(toAnswer));
    }
    return answers;
  }

  /**
   * What `go mod edit -json` or `go work edit -json` itself says: the JSON as it is printed, the error as text (bytes
   * that are no UTF-8 are replaced).
   */
  async goItself({ dialect, bytes }: Input, name: string): Promise<Answer> {
    const file = dialect === 'work' ? 'go.work' : 'go.mod';
    const dir = this.#dir.join(name);
    await mkdir(dir, { recursive: true });
    await writeFile(path.join(dir, file), bytes);
    const verb = dialect === 'work' ? 'work' : 'mod';
    const done = await run(this.#go, [verb, 'edit', '-json', file], { cwd: dir, env: this.#env });
    return done.code === 0 ? { json: JSON.parse(done.stdout) } : { error: errorLines(done, file) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dir[Symbol.asyncDispose]();
  }
}

function* batches(inputs: readonly Input[]): Generator<readonly Input[]> {
  let batch: Input[] = [];
  let bytes = 0;
  for (const input of inputs) {
    batch.push(input);
    bytes += input.bytes.length;
    if (bytes < MOST_AT_ONCE) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

function toAnswer(line: string): Answer {
  const { Error: error, Json: json } = JSON.parse(line) as { Error?: string; Json?: unknown };
  return error === undefined ? { json } : { error: Buffer.from(error, 'base64').toString('latin1') };
}

/** What stands below the headings of an error of go. */
function errorLines({ stderr }: Finished, file: string): string {
  const at = stderr.split('\n').findIndex(line => line.startsWith(`${file}:`));
  if (at < 0) throw new Error(`go failed without a place:\n${stderr}`);
  return stderr.split('\n').slice(at).join('\n').trimEnd();
}
