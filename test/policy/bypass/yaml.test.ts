import { describe, expect, it } from 'vitest';
import { type BypassOptions, bypasses, marks } from './marked.ts';

const WORKFLOW = '.github/workflows/ci.yml';

async function same(path: string, marked: string, options: BypassOptions = {}): Promise<void> {
  const { found, wanted } = await marks(path, marked, options);
  expect(found).toBe(wanted);
}

describe('workflows', () => {
  it('sees env at three levels, steps and inputs', async () => {
    await same(
      WORKFLOW,
      `name: CI
on: [push]
env:
  GOSUMDB: «off» # no
  GOFLAGS: -mod=vendor
jobs:
  test:
    runs-on: ubuntu-latest
    env: {GOINSECURE: '«lab.example.com»', CGO_ENABLED: 0}
    strategy:
      matrix:
        include:
          - GOFLAGS: «-modfile=a.mod»
          - GOFLAGS: -v
    steps:
      - uses: actions/checkout@v5
      - uses: example/go-build@v1
        with:
          go-flags: «-overlay=o.json»
          args: build «-toolexec=./x»
          build-args: |
            A=b
            GOSUMDB=«off»
      - name: Build with GOSUMDB=off
        if: env.GOSUMDB == 'off'
        env:
          GOSUMDB: "«off»"
        run: go build ./...
      - run: GOSUMDB=«off» go build «-modfile=x.mod»
`,
    );
  });

  it('reads the scripts of steps in every form', async () => {
    await same(
      WORKFLOW,
      `jobs:
  test:
    steps:
      - run: |
          cd sub
          # GOSUMDB=off
          go build \\
            «-modfile=x.mod»
          if true; then
            cat >> "$GITHUB_ENV" <<EOF
          GOSUMDB=«off»
          EOF
          fi
      - run: >-
          go build
          «-overlay=o.json»
          ./...

          GOSUMDB=«off» go test
      - run: "echo \\"GOSUMDB=«off»\\" >> $GITHUB_ENV"
      - run: 'bash -c ''GOSUMDB=«off» go build'''
      - run: go build
          «-modfile=y.mod»
          ./...
      - run: echo "GOSUMDB=off"
      - shell: pwsh
        run: |
          $env:GOSUMDB = "«off»"
`,
    );
  });

  it('says that expressions are unknown', async () => {
    const { found, wanted, findings } = await marks(
      WORKFLOW,
      `env:
  GOSUMDB: «\${{ vars.GOSUMDB }}»
  GOFLAGS: -mod=vendor «\${{ matrix.flags }}»
jobs:
  a:
    env:
      GOSUMDB: \${{ env.GOSUMDB }}
      GOFLAGS: -ldflags=-X=main.v=\${{ github.sha }}
    steps:
      - run: GOSUMDB=«\${{ inputs.db }}» go build \${{ inputs.flags }}
      - run: go build «-modfile=\${{ matrix.mod }}»
`,
    );
    expect(found).toBe(wanted);
    expect(findings.map(({ level }) => level)).toEqual(['note', 'note', 'note', undefined]);
    expect(findings[0]?.message).toBe(
      `GOSUMDB="\${{ vars.GOSUMDB }}" in this workflow is not known before the job runs`,
    );
  });

  it('follows no alias, and finds an anchor where it stands', async () => {
    await same(
      WORKFLOW,
      `env: &go
  GOSUMDB: «off»
jobs:
  a: {env: *go}
  b: {env: {<<: *go}}
`,
    );
  });

  it.each([
    ['tabs', 'env:\n\tGOSUMDB: off\njobs:\n  a:\n    env:\n      GOSUMDB: off\n'],
    ['an open bracket', 'env: {GOSUMDB: off\njobs: [\n'],
    ['an open quote', 'env:\n  GOSUMDB: off\n  A: "\njobs: {}\n'],
    ['a key twice', 'env:\n  GOSUMDB: off\n  GOSUMDB: off\n'],
    ['no mapping', 'GOSUMDB=off\n'],
    ['several documents', '---\nenv: {GOSUMDB: off}\n---\nenv: {GOSUMDB: off}\n...\n'],
    ['an unknown tag', 'env:\n  GOSUMDB: !nope off\n'],
    ['an unknown alias', 'a: *nope\nenv: {GOSUMDB: off}\n'],
    ['a merge of nothing', '<<: 1\nenv: {GOSUMDB: off}\n'],
    ['a complex key', '? [a, b]\n: GOSUMDB=off\nenv: {GOSUMDB: off}\n'],
    ['a BOM', '\ufeffenv:\n  GOSUMDB: off\n'],
    ['CRLF', 'env:\r\n  GOSUMDB: off\r\n'],
    ['a NUL', 'a: "\0"\nenv:\n  GOSUMDB: off\n'],
  ])('finds at least one with %s', async (_, text) => {
    const found = await bypasses({ [WORKFLOW]: text });
    expect(found.length).toBeGreaterThan(0);
    for (const { place } of found)
      expect(text.replace('\ufeff', '').split('\n')[place.line - 1]).toContain('off');
  });
});

describe('composite actions', () => {
  it('sees env, inputs and steps', async () => {
    await same(
      'tools/action.yml',
      `name: Build
description: |
  Sets nothing.
  GOSUMDB=off is refused
inputs:
  goflags:
    description: flags
    default: «-modfile=x.mod»
runs:
  using: composite
  steps:
    - shell: bash
      env: {GOSUMDB: «off»}
      run: |
        go env -w GOINSECURE=«x.example.com»
`,
    );
  });
});

describe('GitLab CI', () => {
  it('sees variables at every level and scripts of every kind', async () => {
    await same(
      '.gitlab-ci.yml',
      `variables:
  GOSUMDB: «off»
  GOINSECURE:
    value: «lab.example.com»
    description: GOINSECURE=all
  GOFLAGS: "-mod=vendor"
workflow:
  rules:
    - if: $GOSUMDB == "off"
      variables:
        GOSUMDB: "«off»"
default:
  before_script:
    - export GOSUMDB=«off»
    - - go build «-modfile=x.mod»
.fragment:
  setup: &setup
    - go env -w GOSUMDB=«off»
test:
  stage: test
  variables: {GOFLAGS: '«-overlay=o.json»'}
  script:
    - *setup
    - |
      go build \\
        «-toolexec=x»
    - echo GOSUMDB=off
  after_script:
    - GOSUMDB=«off» go test
  parallel:
    matrix:
      - GOFLAGS: ["«-modfile=a.mod»", -v]
`,
    );
  });

  it('takes variables and inputs for unknown', async () => {
    await same(
      'ci/build.gitlab-ci.yml',
      `spec:
  inputs:
    db: {default: ''}
---
build:
  variables:
    GOSUMDB: «$DATABASE»
    GOINSECURE: «$[[ inputs.db ]]»
    GOFLAGS: $GOFLAGS -mod=vendor
  script:
    - go build $[[ inputs.flags ]]
`,
    );
  });
});

describe('Taskfiles', () => {
  it('sees env, vars and commands', async () => {
    await same(
      'Taskfile.yml',
      `version: '3'
env:
  GOSUMDB: «off»
vars:
  GOFLAGS: '{{default "" .GOFLAGS}}'
  VERSION: {sh: GOSUMDB=«off» go list -m}
tasks:
  build:
    desc: go build -modfile=x
    env: {GOINSECURE: «x.example.com»}
    cmds:
      - go build {{.FLAGS}} «-modfile=x.mod»
      - cmd: GOSUMDB=«off» go test
      - task: other
  short: go vet «-overlay=o.json»
`.replace(`  GOFLAGS: '{{default "" .GOFLAGS}}'\n`, `  GOFLAGS: '«{{default "" .GOFLAGS}}»'\n`),
    );
  });
});

describe('dev containers and editors', () => {
  it('sees the environment, arguments and commands of a dev container', async () => {
    await same(
      '.devcontainer/devcontainer.json',
      `{
	// "GOSUMDB": "off"
	"name": "Go", /* GOSUMDB=off */
	"build": {"dockerfile": "Dockerfile", "args": {"GOSUMDB": "«off»"}},
	"containerEnv": {"GOFLAGS": "-mod=vendor «-modfile=x.mod»", "GOINSECURE": "\${localEnv:GOINSECURE}"},
	"remoteEnv": {"GOSUMDB": "«\${localEnv:DB}»"},
	"runArgs": ["-e", "GOSUMDB=«off»", "--env=GOINSECURE=«*»"],
	"postCreateCommand": "go env -w GOSUMDB=«off» && echo \\"GOSUMDB=off\\"",
	"postStartCommand": {"a": "go install «-modfile=x.mod» ./...",},
	"customizations": {"vscode": {"settings": {"go.toolsEnvVars": {"GOSUMDB": "«off»"}}}},
}
`,
    );
  });

  it('sees settings of the editor, as notes', async () => {
    const { found, wanted, findings } = await marks(
      '.vscode/settings.json',
      `{
  "go.toolsEnvVars": {"GOFLAGS": "«-modfile=x.mod»", "GOSUMDB": "«off»"},
  "go.buildFlags": ["-tags=x", "«-overlay=o.json»"],
  "gopls": {"build.env": {"GOFLAGS": "-mod=mod"}},
  "terminal.integrated.env.linux": {"GOSUMDB": "«off»"}
}
`,
    );
    expect(found).toBe(wanted);
    expect(new Set(findings.map(({ level }) => level))).toEqual(new Set(['note']));
  });

  it.each([
    '{',
    '{"GOSUMDB"',
    '{"GOSUMDB": "off',
    '"GOSUMDB": [}',
    '/* GOSUMDB',
    '{"a": "\\u00',
    ']]]{"GOSUMDB": {',
  ])('survives %j', async text => {
    expect(Array.isArray(await bypasses({ '.devcontainer.json': text }))).toBe(true);
  });
});
