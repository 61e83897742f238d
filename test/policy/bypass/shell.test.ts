import { describe, expect, it } from 'vitest';
import { marks } from './marked.ts';

const QUIET: readonly (readonly [string, string])[] = [
  ['an export', 'export GOSUMDB=«off»\n'],
  ['an export of several', 'export CGO_ENABLED=0 GOSUMDB="«off»" GOOS=linux\n'],
  ['a prefix', 'GOSUMDB=«off» go build ./...\n'],
  ['a prefix of another program', "GOINSECURE='«*.lab.example.com»' make build\n"],
  ['a plain assignment', 'set -eu\nGOSUMDB=«off»\nexport GOSUMDB\n'],
  ['env and sudo', 'sudo -E env GOSUMDB=«off» go test ./...\n'],
  ['declare', 'declare -x GOINSECURE=«lab.example.com»\n'],
  ['go env -w', 'go env -w GOSUMDB=«off» GOFLAGS=«-modfile=x.mod»\n'],
  ['a path to go', '/usr/local/go/bin/go env -w GOSUMDB=«off»\n'],
  ['go in a variable', `"$GO" build «-modfile=x.mod» ./...\n\${GO_CMD} test «-overlay=o.json»\n`],
  ['a version of go', 'go1.26.1 build «-toolexec=./wrap» ./...\n'],
  ['two dashes', 'go build «--modfile=x.mod»\n'],
  ['flag and value apart', 'go build -o out «-modfile tools.mod» ./...\n'],
  ['a quoted flag', 'go build "«-overlay=$(pwd)/o.json»"\n'],
  ['a subcommand of mod', 'go mod tidy «-modfile=vendor.mod»; go mod vendor «-modfile=vendor.mod»\n'],
  ['go -C', 'go -C sub build «-modfile=x.mod»\n'],
  ['a continuation', 'go build \\\n  -v \\\n  «-modfile=x.mod» \\\n  ./...\n'],
  ['a continuation with CRLF', 'go build \\\r\n  «-modfile=x.mod» \\\r\n  ./...\r\n'],
  ['a continued export', 'export \\\n  GOSUMDB=«off»\n'],
  ['several flags', 'GOFLAGS="-mod=vendor «-modfile=a.mod» «-overlay=o.json»" go build\n'],
  ['a flag with a quoted value', `GOFLAGS="'«-toolexec=/bin/x -y»'" go build\n`.replace(' -y', '')],
  ['single quotes', "export GOFLAGS='«-toolexec=/bin/x»'\n"],
  ['appended', 'export GOFLAGS="$GOFLAGS «-modfile=x.mod»"\n'],
  ['appended by the shell', 'GOFLAGS+=" «-modfile=x.mod»"\n'],
  ['a default', `export GOSUMDB=\${GOSUMDB:-«off»}\n`],
  ['a substitution', 'VERSION=$(GOSUMDB=«off» go list -m)\n'],
  ['backticks', 'VERSION=`GOSUMDB=«off» go list -m`\n'],
  ['a substitution in quotes', 'echo "v$(go list «-modfile=x.mod» -m)"\n'],
  ['a subshell', '(cd sub && GOSUMDB=«off» go build)\n'],
  ['a function', 'build() {\n  GOSUMDB=«off» go build\n}\n'],
  ['after a condition', 'if GOSUMDB=«off» go vet; then echo ok; fi\n'],
  ['behind a pipe', 'cat list | xargs go test «-toolexec=./x»\n'],
  ['behind &&', 'true && go build «-modfile=x.mod» || false\n'],
  ['a script in a word', `bash -c 'export GOSUMDB=«off»; go build'\n`],
  ['a script in double quotes', `sh -ec "cd sub && go build «-modfile=x.mod» ./..."\n`],
  ['eval', `eval 'export GOSUMDB=«off»'\n`],
  ['docker run', 'docker run --rm -e GOSUMDB=«off» -v $PWD:/src golang go build «-modfile=x.mod»\n'],
  ['docker build', 'docker build --build-arg GOSUMDB=«off» .\n'],
  ['docker run glued', 'docker run --env=GOSUMDB=«off» -eGOINSECURE=«*» golang\n'],
  ['a here-document for a shell', 'bash <<EOF\nexport GOSUMDB=«off»\nEOF\n'],
  ['a variable for flags', 'FLAGS="-v «-modfile=x.mod»"\ngo build $FLAGS\n'],
  ['an array', `args=(-v «-modfile=x.mod»)\ngo build "\${args[@]}"\n`],
  ['an array that grows', 'args+=("«-toolexec=$PWD/x»")\n'],
  ['another tool', 'gotestsum -- «-toolexec=x» ./...\n'],
  ['the environment of later steps', 'echo "GOSUMDB=«off»" >> "$GITHUB_ENV"\n'],
  ['with braces', `echo GOSUMDB=«off» >> \${GITHUB_ENV}\n`],
  ['in a group', '{\n  echo "CGO_ENABLED=0"\n  echo "GOSUMDB=«off»"\n} >> "$GITHUB_ENV"\n'],
  ['by tee', 'echo "GOSUMDB=«off»" | tee -a "$GITHUB_ENV"\n'],
  ['by cat', 'cat >> "$GITHUB_ENV" <<EOF\nA=b\nGOSUMDB=«off»\nEOF\n'],
  ['by printf', "printf 'A=b\\nGOSUMDB=«off»\\n' >> $BASH_ENV\n"],
  ['a profile', 'echo "export GOSUMDB=«off»" >> ~/.bashrc\n'],
  ['setenv', 'setenv GOSUMDB «off»\n'],
  ['fish', 'set -gx GOSUMDB «off»\n'],
  ['unfinished quotes', 'export GOSUMDB="«off»\n'],
  ['no line end', 'export GOSUMDB=«off»'],
];

const NOTHING: readonly string[] = [
  '# export GOSUMDB=off\n',
  'go build ./... # never -modfile=x.mod\n',
  'echo "set GOSUMDB=off to build"\n',
  'echo GOSUMDB=off\n',
  'echo "go build -modfile=x.mod" >&2\n',
  'printf "%s\\n" "GOFLAGS=-modfile=x.mod"\n',
  'cat <<EOF\nUsage: GOSUMDB=off go build -modfile=x\nEOF\n',
  'cat > README.md <<EOF\nGOSUMDB=off\nEOF\n',
  'unset GOSUMDB\n',
  'go env GOSUMDB GOFLAGS\n',
  'go env -u GOSUMDB\n',
  'go env GOSUMDB=off\n',
  'export GOSUMDB\n',
  'export GOSUMDB=\n',
  'export GOFLAGS=""\n',
  'export GOFLAGS=-mod=vendor\n',
  'GOFLAGS="-mod=readonly -trimpath -buildvcs=false" go build\n',
  `export GOFLAGS="\${GOFLAGS} -mod=vendor"\n`,
  'export GOFLAGS="-ldflags=-X=main.version=$VERSION"\n',
  'export GOSUMDB="$GOSUMDB"\n',
  'export GOSUMDB=$(go env GOSUMDB)\n',
  'go run ./cmd/tool -overlay=x -modfile=y\n',
  'go run . -- -overlay=x\n',
  'go test ./... -args -overlay=x\n',
  'mount -t overlay -o lowerdir=/a overlay /b\n',
  'ffmpeg -overlay=x\n',
  'git commit -m "GOSUMDB=off"\n',
  'if [ "$GOSUMDB" = off ]; then exit 1; fi\n',
  'grep -r "GOSUMDB=off" .\n',
  "sed -i 's/GOSUMDB=off//' Dockerfile\n",
  'curl --insecure https://example.com\n',
  'case $x in GOSUMDB=off) ;; esac\n',
  'GOINSECURE= go build\n',
  'MYGOSUMDB=off GOSUMDB_URL=off go build\n',
  'export GOPROXY=https://proxy.example.com GOPRIVATE=example.com GONOSUMDB=example.com\n',
  'go build -mod=mod ./... && go get -insecure example.com/x\n',
];

describe('shell', () => {
  it.each(QUIET)('%s', async (_, text) => {
    const { found, wanted } = await marks('build.sh', text);
    expect(found).toBe(wanted);
  });

  it.each(NOTHING)('nothing in %j', async text => {
    expect((await marks('build.sh', text)).found).toBe(text);
  });

  it.each([
    'export GOPROXY=«direct»\n',
    'export GOPROXY=«https://proxy.example.com,direct»\n',
    'GOPRIVATE=«example.com» GONOSUMDB=«example.com» GONOPROXY=«example.com» go get\n',
    'export GOSUMDB=«sum.example.com»\n',
    `export GOWORK=«/tmp/go.work» GOENV=«/tmp/env» GOAUTH='«git /src»' GOVCS=«*:all»\n`,
    'export GO111MODULE=«off» GOTOOLCHAIN=«auto»\n',
    'export GONOSUMCHECK=«1»\n',
    'go build «-mod=mod» && go get «-insecure» example.com/x\n',
    'GOFLAGS="«-mod=mod» «-insecure»" go build\n',
    'export GOPROXY="«$MIRROR»"\n',
    'export GOPROXY="$GOPROXY"\n',
    `export GOPROXY=\${GOPROXY:-https://proxy.example.com}\n`,
    'export GOWORK=off GOENV=off GOPROXY=off GOVCS=*:off GOTOOLCHAIN=local GO111MODULE=on GONOPROXY=none\n',
    'export GOPROXY= GOPRIVATE= GOWORK=\n',
    'go build "«-mod=$MODE»"\n',
    'docker build --build-arg GOPROXY=$GOPROXY .\n',
    'docker build --build-arg GOPROXY .\n',
  ])('with all: %j', async text => {
    const { found, wanted } = await marks('build.sh', text, { all: true });
    expect(found).toBe(wanted);
  });

  it.each([
    ['build.ps1', "$env:GOSUMDB = '«off»'\n"],
    ['build.ps1', '$env:GOSUMDB="«off»"\n'],
    ['build.ps1', 'if ($x) {\n  $Env:GOFLAGS = "«-modfile=x.mod»"\n}\n'],
    ['build.ps1', '$env:GOFLAGS = "$env:GOFLAGS «-modfile=x.mod»"\n'],
    ['build.ps1', 'Add-Content -Path $env:GITHUB_ENV -Value "GOSUMDB=«off»"\n'],
    ['build.ps1', '"GOSUMDB=«off»" | Out-File -FilePath $env:GITHUB_ENV -Append\n'],
    ['build.bat', 'set GOSUMDB=«off»\r\ngo build\r\n'],
    ['build.cmd', 'setx GOSUMDB «off»\r\n'],
    ['build.cmd', 'echo GOSUMDB=«off»>> %GITHUB_ENV%\r\n'],
  ])('other shells: %s %j', async (file, text) => {
    const { found, wanted } = await marks(file, text);
    expect(found).toBe(wanted);
  });
});

describe('what is not known', () => {
  it.each([
    'export GOSUMDB="«$DB»"\n',
    'export GOFLAGS="-v «$EXTRA»"\n',
    'export GOFLAGS=«$(cat flags)»\n',
    'export GOINSECURE=«$HOSTS»\n',
  ])('is a note and says so: %j', async text => {
    const { found, wanted, findings } = await marks('build.sh', text);
    expect(found).toBe(wanted);
    expect(findings).toMatchObject([
      { level: 'note', message: expect.stringContaining('is not known before the job runs') },
    ]);
  });

  it('counts as the rule does when everything is asked for', async () => {
    const { findings } = await marks('build.sh', 'export GOSUMDB="$DB"\n', { all: true });
    expect(findings).toHaveLength(1);
    expect(findings[0]?.level).toBeUndefined();
  });
});

describe('scripts without an extension', () => {
  it('are read when their first line names a shell', async () => {
    expect(
      (await marks('hack/build', '#!/usr/bin/env bash\nGOSUMDB=«off» go build\n')).findings,
    ).toHaveLength(1);
    expect((await marks('hack/build', '#!/usr/bin/env python3\nGOSUMDB=off\n')).findings).toEqual([]);
    expect((await marks('hack/build', 'GOSUMDB=off\n')).findings).toEqual([]);
  });
});
