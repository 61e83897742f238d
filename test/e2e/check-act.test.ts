import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtAction } from '../support/github/built-action.ts';
import { type Finished, run, runOk } from '../support/process.ts';
import { type TempDir, tempDir } from '../support/temp.ts';
import { tool } from '../support/tools.ts';
import { BAD, BASE } from './check-changes.ts';

const EVENTS = fileURLToPath(new URL('../fixtures/ci/events/', import.meta.url));

const WORKFLOW = `on: {push: {}, pull_request: {}, merge_group: {}, schedule: [{cron: "17 5 * * 1"}]}
permissions: {contents: read, pull-requests: write}
jobs:
  policy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: ./actions/check
        id: check
        # act names the public server as GITHUB_API_URL, whatever it is told: comments are tested on our own runner.
        with: {comment: never}
      - if: always()
        run: echo "RESULT \${{ steps.check.outputs.verdict }} errors=\${{ steps.check.outputs.errors }}"
`;

let repository: TempDir;
let base: string;
let head: string;
beforeAll(async () => {
  repository = await builtAction();
  const git = async (...args: string[]): Promise<string> =>
    (
      await runOk('git', [
        '-C',
        repository.path,
        '-c',
        'user.name=t',
        '-c',
        'user.email=t@example.test',
        ...args,
      ])
    ).stdout.trim();
  const write = async (files: Readonly<Record<string, unknown>>): Promise<void> => {
    for (const [name, text] of Object.entries(files)) await writeFile(repository.join(name), String(text));
  };
  await mkdir(repository.join('.github', 'workflows'), { recursive: true });
  await writeFile(repository.join('.github', 'workflows', 'policy.yml'), WORKFLOW);
  await write(BASE);
  await git('init', '-q', '-b', 'main');
  await git('remote', 'add', 'origin', 'https://git.example.test/acme/demo.git');
  await git('add', '-A');
  await git('commit', '-q', '-m', 'base');
  base = await git('rev-parse', 'HEAD');
  await git('checkout', '-q', '-b', 'feature');
  await write(BAD);
  await git('commit', '-q', '-a', '-m', 'change');
  head = await git('rev-parse', 'HEAD');
});
afterAll(async () => {
  await repository[Symbol.asyncDispose]();
});

/** One run of the workflow, for an event of the fixtures with the commits of this repository. */
async function act(event: string, fixture: string): Promise<Finished> {
  await using machine = await tempDir('act-check');
  const payload = (await readFile(path.join(EVENTS, fixture), 'utf8'))
    .replaceAll('2'.repeat(40), base)
    .replaceAll(/([45])\1{39}/g, head);
  await writeFile(machine.join('event.json'), payload);
  const args = [
    event,
    ...['-P', 'ubuntu-latest=-self-hosted', '-e', machine.join('event.json'), '--no-cache-server'],
    ...['-W', '.github/workflows/policy.yml', '-s', 'GITHUB_TOKEN=ghs_s3cret'],
  ];
  // Awaited here: the machine goes when this returns.
  return await run(await tool('act'), args, {
    cwd: repository.path,
    env: {
      PATH: process.env.PATH,
      HOME: machine.join('home'),
      XDG_CACHE_HOME: machine.join('cache'),
      NO_COLOR: '1',
    },
  });
}

const result = (done: Finished): string | undefined => /\| RESULT (.*)$/m.exec(done.stdout)?.[1];

describe('actions/check under act', () => {
  it('fails a pull request at its line', async () => {
    const done = await act('pull_request', 'pull_request-same-repo.json');
    expect(done.code, done.stdout).toBe(1);
    expect(result(done), done.stdout + done.stderr).toBe('failed errors=1');
    expect(done.stdout).toMatch(/::error file=go\.mod,line=\d+.*local-fork|go\.mod:\d+:\d+/);
  });

  it.each([
    ['pull_request', 'pull_request-fork.json'],
    ['merge_group', 'merge_group.json'],
    ['push', 'push.json'],
    ['schedule', 'schedule.json'],
  ])('finds the same on %s (%s)', async (event, fixture) => {
    const done = await act(event, fixture);
    expect(done.code, done.stdout).toBe(1);
    expect(result(done), done.stdout + done.stderr).toBe('failed errors=1');
    expect(done.stdout).not.toContain('ghs_s3cret');
  });
});
