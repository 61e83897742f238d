import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { openDiskStore } from '../../src/store/disk.ts';
import { createHasher } from '../../src/store/hasher.ts';
import { builtAction } from '../support/github/built-action.ts';
import { run, runOk } from '../support/process.ts';
import { commitModule, realModules } from '../support/store-modules.ts';
import { tempDir } from '../support/temp.ts';
import { tool } from '../support/tools.ts';

const WORKFLOW = `on: {workflow_dispatch: {}}
permissions: {actions: write}
jobs:
  prune:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: ./actions/prune
        id: prune
        # act names the public server as GITHUB_API_URL, whatever it is told: the shared cache is tested on our own runner.
        with: {shared-cache: false, store: STORE, keep-since: 30d}
      - run: echo "RESULT \${{ steps.prune.outputs.store-deleted }} of \${{ steps.prune.outputs.store-bytes-freed }} bytes"
`;

it('actions/prune under act cleans up a store', async () => {
  await using repository = await builtAction();
  await using machine = await tempDir('act-prune');
  const store = machine.join('store');
  const hasher = createHasher();
  const disk = await openDiskStore(store, { hasher });
  const [module] = await realModules(['github.com/pkg/errors@v0.9.1']);
  if (module !== undefined) await commitModule(disk, module);
  await hasher.close();
  const unused = new Date(Date.now() - 40 * 86_400_000);
  for (const file of await readdir(store, { recursive: true })) {
    await utimes(path.join(store, file), unused, unused);
  }
  const workflow = repository.join('.github', 'workflows', 'prune.yml');
  await mkdir(path.dirname(workflow), { recursive: true });
  await writeFile(workflow, WORKFLOW.replace('STORE', JSON.stringify(store)));
  const author = ['-c', 'user.name=t', '-c', 'user.email=t@example.test'];
  for (const args of [
    ['init', '-q', '-b', 'main'],
    ['remote', 'add', 'origin', 'https://git.example.test/acme/demo.git'],
    ['add', '-A'],
    [...author, 'commit', '-q', '-m', 'base'],
  ]) {
    await runOk('git', args, { cwd: repository.path });
  }
  const args = [
    ...['workflow_dispatch', '-P', 'ubuntu-latest=-self-hosted', '--no-cache-server'],
    ...['-W', '.github/workflows/prune.yml', '-s', 'GITHUB_TOKEN=ghs_s3cret'],
  ];
  const done = await run(await tool('act'), args, {
    cwd: repository.path,
    env: {
      PATH: process.env.PATH,
      HOME: machine.join('home'),
      XDG_CACHE_HOME: machine.join('cache'),
      NO_COLOR: '1',
    },
  });
  expect(done.code, done.stdout + done.stderr).toBe(0);
  expect(done.stdout).toMatch(/\| RESULT 1 of \d{5,} bytes$/m);
  expect(done.stdout).not.toContain('ghs_s3cret');
  expect(await disk.list('github.com/pkg/errors')).toEqual([]);
});
