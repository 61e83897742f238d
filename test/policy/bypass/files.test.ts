import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { isSurface } from '../../../src/policy/bypass/surfaces.ts';
import { type BypassOptions, bypasses, marks } from './marked.ts';

async function same(path: string, marked: string, options: BypassOptions = {}): Promise<void> {
  const { found, wanted } = await marks(path, marked, options);
  expect(found).toBe(wanted);
}

describe('Dockerfiles', () => {
  it('sees ENV, ARG and RUN', async () => {
    await same(
      'build/Dockerfile.ci',
      `# syntax=docker/dockerfile:1
# ENV GOSUMDB=off
FROM golang:1.26 AS build
ARG GOSUMDB=«off»
ARG GOINSECURE
ENV GOSUMDB=«off» CGO_ENABLED=0
ENV GOSUMDB «off»
ENV GOFLAGS -v «-modfile=x.mod»
ENV GOFLAGS="-mod=vendor «-overlay=o.json»" \\
    # a comment between
    GOINSECURE='«lab.example.com»'
ENV GOSUMDB=$GOSUMDB
ENV GOINSECURE=«\${HOSTS}»
RUN --mount=type=cache,target=/root/.cache go build \\
      «-modfile=y.mod» \\

      ./... && \\
    GOSUMDB=«off» go test
RUN ["go", "build", "«-modfile=z.mod»", "./..."]
RUN ["sh", "-c", "GOSUMDB=«off» go build"]
RUN <<EOF
export GOSUMDB=«off»
go build
EOF
RUN echo "GOSUMDB=off"
onbuild run go install «-toolexec=x» ./...
CMD go run «-modfile=m.mod» .
LABEL note="GOSUMDB=off go build -modfile=x"
`,
    );
  });

  it('takes a proxy with its bar as one value', async () => {
    await same('Dockerfile', 'FROM golang\r\nENV GOPROXY=«https://proxy.example.com|direct»\r\n', {
      all: true,
    });
  });

  it('knows the other escape', async () => {
    await same('Containerfile', '# escape=`\nFROM golang\nRUN go build `\n  «-modfile=x.mod»\n');
  });
});

describe('Makefiles', () => {
  it('sees assignments, exports and recipes', async () => {
    await same(
      'Makefile',
      `# GOSUMDB = off
export GOSUMDB := «off»
GOFLAGS ?= -mod=vendor «-modfile=tools/go.mod» # why
GO := GOSUMDB=«off» go
GOBUILD = $(GO) build «-modfile=x.mod»
TOOLFLAGS := -v «-modfile=$(TOOLS)/go.mod»
test: export GOINSECURE = «x.example.com»
test: GOFLAGS += «-overlay=o.json»
ifeq ($(GOSUMDB),off)
endif
build: deps
	@GOSUMDB=«off» $(GO) build ./...
	-go build «-modfile=y.mod» \\
	  «-overlay=$(OVERLAY)» ./...
	@echo "GOSUMDB=off"
	# GOSUMDB=off go build
	cd sub && $(foreach v,$(wildcard *.go),go build «-modfile=z.mod» $(v);)
	for m in a b; do GOSUMDB=«off» go test $$m; done
	v=$$(GOSUMDB=«off» go list -m)
	$(MAKE) GOSUMDB=«off» build
all: ; go vet «-toolexec=x»
define RUN
go generate «-modfile=g.mod»
endef
VERSION != GOSUMDB=«off» go list -m
`,
    );
  });

  it.each([
    'GOFLAGS ?=\n',
    'GOFLAGS := -mod=vendor $(GOFLAGS)\n',
    'export GOSUMDB\n',
    'unexport GOSUMDB\n',
    'GOSUMDB ?=\n',
    'GOPROXY ?= https://proxy.example.com\nGOPROXY := $(shell go env GOPROXY)\n',
    'docker-dns-test-insecure-run:\n\techo\n',
  ])('nothing in %j', async text => {
    await same('rules.mk', text, { all: true });
  });
});

describe('environment files', () => {
  it.each(['.env', 'ci/build.env', 'go.env', '.env.local'])('sees lines of %s', async file => {
    await same(
      file,
      `# GOSUMDB=off
GOSUMDB=«off»
export GOINSECURE="«lab.example.com»"
GOFLAGS=-mod=vendor «-modfile=x.mod» # why
GOSUMDB=«$DB»
GOFLAGS=$GOFLAGS -v
 GOSUMDB='«off»'
MY_GOSUMDB=off
GOSUMDB=
`,
    );
  });

  it('reads .envrc as a script', async () => {
    await same('.envrc', 'use flake\nexport GOSUMDB=«off»\nPATH_add bin\nlog_status "GOSUMDB=off"\n');
  });
});

describe('surfaces', () => {
  it.each([
    ['.github/workflows/ci.yaml', 'workflow'],
    ['.github/workflows/deep/ci.yml', undefined],
    ['sub/.github/workflows/ci.yml', undefined],
    ['action.yml', 'action'],
    ['.github/actions/setup/action.yaml', 'action'],
    ['.gitlab-ci.yml', 'gitlab'],
    ['.gitlab/ci/build.yml', 'gitlab'],
    ['ci/go.gitlab-ci.yml', 'gitlab'],
    ['Dockerfile', 'dockerfile'],
    ['a/b/Dockerfile.alpine', 'dockerfile'],
    ['build.dockerfile', 'dockerfile'],
    ['Containerfile', 'dockerfile'],
    ['Dockerfile.dockerignore', undefined],
    ['Makefile', 'makefile'],
    ['GNUmakefile', 'makefile'],
    ['hack/tools.mk', 'makefile'],
    ['Makefile.md', undefined],
    ['scripts/test.sh', 'shell'],
    ['hack/verify', 'shell'],
    ['hack/verify.go', undefined],
    ['.envrc', 'shell'],
    ['.env', 'dotenv'],
    ['go.env', 'dotenv'],
    ['config/go/env', 'dotenv'],
    ['Taskfile.dist.yaml', 'taskfile'],
    ['.devcontainer/go/devcontainer.json', 'devcontainer'],
    ['.devcontainer.json', 'devcontainer'],
    ['.vscode/settings.json', 'vscode'],
    ['README.md', undefined],
    ['docs/ci.md', undefined],
    ['main.go', undefined],
    ['go.mod', undefined],
    ['package.json', undefined],
  ] as const)('%s is %s', (path, surface) => {
    expect(isSurface(path)).toBe(surface);
  });
});

describe('what is said', () => {
  it('tells what, why and how, and how to allow it', async () => {
    const [found] = await bypasses({ '.envrc': 'export GOSUMDB=off\n' });
    expect(found).toEqual({
      place: { file: '.envrc', line: 1, column: 16, endLine: 1, endColumn: 19 },
      message: 'GOSUMDB="off" in this script switches the checksum database off',
      why: expect.stringContaining('go.sum'),
      fix: expect.stringContaining('rules: {env/bypass: {allow: [GOSUMDB=off]}}'),
      key: 'shell GOSUMDB off',
    });
  });

  it.each([
    ['GOSUMDB', 'export GOSUMDB=off\n'],
    ['GOSUMDB=off', 'export GOSUMDB=off\n'],
    ['-modfile', 'go build -modfile=a.mod\n'],
    ['-modfile=a.mod', 'go build -modfile a.mod\n'],
    ['GOFLAGS', 'export GOFLAGS=-modfile=a.mod\n'],
    ['GOFLAGS=-modfile=a.mod', 'export GOFLAGS=-modfile=a.mod\n'],
    ['-modfile=a.mod', 'export GOFLAGS=-modfile=a.mod\n'],
  ])('an entry %s accepts %j', async (entry, text) => {
    expect(await bypasses({ 'a.sh': text })).toHaveLength(1);
    expect(await bypasses({ 'a.sh': text }, { allow: [entry] })).toEqual([]);
    expect(await bypasses({ 'a.sh': text }, { allow: [`${entry}x`] })).toHaveLength(1);
  });

  it('the entry that a finding proposes accepts it', async () => {
    const text =
      'export GOSUMDB=off GOFLAGS=-overlay=o.json\ngo build -modfile a.mod\ngo env -w GOINSECURE=x.example,y.example\n' +
      'go build -overlay=$DIR/o.json\n';
    const found = await bypasses({ 'a.sh': text });
    expect(found).toHaveLength(5);
    const allow = found.flatMap(({ fix }) => parse(/allow: (\[.*\])\}\}$/.exec(fix)?.[1] ?? '') as string[]);
    expect(allow).toHaveLength(5);
    expect(await bypasses({ 'a.sh': text }, { allow })).toEqual([]);
  });

  it('shows no credentials', async () => {
    const [found] = await bypasses(
      { 'a.sh': 'export GOPROXY=https://bob:hunter2@proxy.example.com/x\n' },
      { all: true },
    );
    expect(JSON.stringify([found?.message, found?.why, found?.fix])).not.toContain('hunter2');
    expect(found?.message).toContain('https://***@proxy.example.com/x');
  });

  it('keeps a fingerprint over lines, and takes another value for another setting', async () => {
    const [a] = await bypasses({ 'a.sh': 'export GOINSECURE=lab.example.com\n' });
    const [b] = await bypasses({ 'a.sh': '\n\n  GOINSECURE="lab.example.com" go build\n' });
    const [c] = await bypasses({ 'a.sh': 'export GOINSECURE=*\n' });
    expect(a?.key).toBe(b?.key);
    expect(a?.key).not.toBe(c?.key);
  });
});
