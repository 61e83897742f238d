import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { goEnv, withoutGo, writeProject } from '../../support/go.ts';
import { runOk } from '../../support/process.ts';
import { tempDir } from '../../support/temp.ts';
import { bypasses } from './marked.ts';

/**
 * Scripts that print what the real go makes of them: a line of its own with `off`, `example.com/alt` or
 * `lab.example.com` is a setting in force, and then the rule must have found it; else it must be silent.
 */
const SCRIPTS: readonly string[] = [
  'export GOSUMDB=off\ngo env GOSUMDB',
  'GOSUMDB=off\nexport GOSUMDB\ngo env GOSUMDB',
  'GOSUMDB=off go env GOSUMDB',
  'env GOSUMDB=off go env GOSUMDB',
  'declare -x GOSUMDB=off; go env GOSUMDB',
  'set -a; GOSUMDB="o"ff; set +a; go env GOSUMDB',
  'f() {\n  local GOSUMDB=off\n  export GOSUMDB\n  go env GOSUMDB\n}\nf',
  '(export GOSUMDB=off; go env GOSUMDB)',
  '{ export GOSUMDB=off; }; go env GOSUMDB',
  'if true; then GOSUMDB=off go env GOSUMDB; fi',
  'for i in 1; do GOSUMDB=off go env GOSUMDB; done',
  "bash -c 'GOSUMDB=off go env GOSUMDB'",
  `bash -c "GOSUMDB=off go env GOSUMDB"`,
  "eval 'export GOSUMDB=off'\ngo env GOSUMDB",
  'echo "$(GOSUMDB=off go env GOSUMDB)"',
  'echo `GOSUMDB=off go env GOSUMDB`',
  'bash <<EOF\nexport GOSUMDB=off\ngo env GOSUMDB\nEOF',
  "bash <<-'EOF'\n\texport GOSUMDB=off\n\tgo env GOSUMDB\n\tEOF",
  'export \\\n  GOSUMDB=off\ngo env GOSUMDB',
  `export GOSUMDB="\${GOSUMDB:-off}"\ngo env GOSUMDB`,
  `export GOSUMDB=\${NOPE-off}\ngo env GOSUMDB`,
  'echo "export GOSUMDB=off" > x.env\n. ./x.env\ngo env GOSUMDB',
  'go env -w GOSUMDB=off\ngo env GOSUMDB',
  'go env -w GOINSECURE=lab.example.com && go env GOINSECURE',
  "GOINSECURE='lab.example.com' go env GOINSECURE",
  'go list -modfile=alt.mod -m',
  'go list -modfile alt.mod -m',
  'go list --modfile=alt.mod -m',
  'go list -m -modfile="alt.mod"',
  'go -C . list -modfile=alt.mod -m',
  'GO=go; $GO list -modfile=alt.mod -m',
  `args=(-modfile=alt.mod)\ngo list "\${args[@]}" -m`,
  'FLAGS="-modfile=alt.mod"\ngo list $FLAGS -m',
  'GOFLAGS=-modfile=alt.mod go list -m',
  `GOFLAGS="'-modfile=alt.mod'" go list -m`,
  'export GOFLAGS="-v $GOFLAGS -modfile=alt.mod"\ngo list -m',
  'export GOFLAGS=-v; GOFLAGS+=" -modfile=alt.mod"\ngo list -m',
  'true | GOFLAGS=-modfile=alt.mod go list -m',
  'echo -m | xargs go list -modfile=alt.mod',
  // What go does not see must not be reported.
  '# export GOSUMDB=off\ngo env GOSUMDB',
  'echo "GOSUMDB=off" > /dev/null\ngo env GOSUMDB',
  'GOSUMDB=$(go env GOSUMDB) go env GOSUMDB',
  'export GOSUMDB=""\ngo env GOSUMDB',
  'unset GOSUMDB; go env GOSUMDB',
  'cat > /dev/null <<EOF\nexport GOSUMDB=off\nEOF\ngo env GOSUMDB',
  'export GOFLAGS="$GOFLAGS -mod=mod"\ngo list -m',
  'export GOFLAGS="-trimpath"\ngo list -m # -modfile=alt.mod',
  'go run . -modfile=alt.mod',
  'go run . -- -modfile=alt.mod',
  'printf "%s\\n" "go list -modfile=alt.mod" > /dev/null; go list -m',
  'GOSUMDB_NOTE=off go env GOSUMDB',
];

const IN_FORCE = /^(?:off|example\.com\/alt|lab\.example\.com)$/m;

async function world(name: string) {
  const dir = await tempDir(name);
  await writeProject(dir.path, {
    'go.mod': 'module example.com/real\n\ngo 1.24\n',
    'alt.mod': 'module example.com/alt\n\ngo 1.24\n',
    'main.go': 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("ran") }\n',
  });
  const { GOCACHE = '' } = await goEnv();
  const env = { ...withoutGo(process.env), GOENV: dir.join('goenv'), GOTOOLCHAIN: 'local', GOCACHE };
  return { dir, env, [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose]() };
}

describe('bash and go say the same', () => {
  it.each(SCRIPTS)('%j', async script => {
    await using place = await world('bypass');
    const { stdout } = await runOk('bash', ['-ec', script], { cwd: place.dir.path, env: place.env });
    const found = await bypasses({ 'build.sh': `${script}\n` });
    expect({ script, found: found.length > 0 }).toEqual({ script, found: IN_FORCE.test(stdout) });
  });

  it('on both sides', () => {
    expect(SCRIPTS.length).toBeGreaterThan(40);
  });
});

const MAKEFILES: readonly string[] = [
  'export GOSUMDB = off\nall:\n\t@go env GOSUMDB\n',
  'GOSUMDB := off\nexport GOSUMDB\nall:\n\t@go env GOSUMDB\n',
  'all: export GOSUMDB = off\nall:\n\t@go env GOSUMDB\n',
  'all:\n\t@GOSUMDB=off go env GOSUMDB\n',
  'GO = GOSUMDB=off go\nall:\n\t@$(GO) env GOSUMDB\n',
  'all: ; @GOSUMDB=off go env GOSUMDB\n',
  'all:\n\t@go list \\\n\t  -modfile=alt.mod -m\n',
  'FLAGS = -modfile=alt.mod\nall:\n\t@go list $(FLAGS) -m\n',
  'all:\n\t@$(foreach m,alt,go list -modfile=$(m).mod -m)\n',
  'all:\n\t@for m in alt; do go list -modfile=$$m.mod -m; done\n',
  'define RUN\ngo list -modfile=alt.mod -m\nendef\nall:\n\t@$(RUN)\n',
  'V := $(shell GOSUMDB=off go env GOSUMDB)\nall:\n\t@echo $(V)\n',
  '# export GOSUMDB = off\nall:\n\t@go env GOSUMDB\n',
  'export GOSUMDB =\nall:\n\t@go env GOSUMDB\n',
  'all:\n\t@# GOSUMDB=off\n\t@go env GOSUMDB\n',
  'all:\n\t@echo "GOSUMDB=off" > /dev/null\n\t@go env GOSUMDB\n',
  'GOFLAGS ?= -mod=mod\nall:\n\t@go list $(GOFLAGS) -m\n',
];

describe('make and go say the same', () => {
  it.each(MAKEFILES)('%j', async text => {
    await using place = await world('bypass-make');
    await writeProject(place.dir.path, { Makefile: text });
    const { stdout } = await runOk('make', ['-s', 'all'], { cwd: place.dir.path, env: place.env });
    const found = await bypasses({ Makefile: text });
    expect({ text, found: found.length > 0 }).toEqual({ text, found: IN_FORCE.test(stdout) });
  });
});

describe('go env -w and its file', () => {
  it('is read as go reads it', async () => {
    await using place = await world('bypass-env');
    await runOk(
      'go',
      ['env', '-w', 'GOSUMDB=off', 'GOFLAGS=-modfile=alt.mod', 'GOINSECURE=lab.example.com'],
      {
        cwd: place.dir.path,
        env: place.env,
      },
    );
    const text = await readFile(place.dir.join('goenv'), 'utf8');
    const found = await bypasses({ 'go.env': text });
    expect(found.map(({ message }) => message.split(' ')[0]).toSorted()).toEqual([
      'GOFLAGS',
      'GOINSECURE="lab.example.com"',
      'GOSUMDB="off"',
    ]);
  });

  it('finds what go ships to be common practice', async () => {
    const { GOROOT = '' } = await goEnv();
    const text = await readFile(path.join(GOROOT, 'go.env'), 'utf8');
    expect(await bypasses({ 'go.env': text })).toEqual([]);
    expect((await bypasses({ 'go.env': text }, { all: true })).length).toBeGreaterThanOrEqual(2);
  });
});
