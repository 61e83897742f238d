import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runOk } from '../../support/process.ts';
import { tempDir } from '../../support/temp.ts';
import { tool } from '../../support/tools.ts';

const PROGRAM = fileURLToPath(new URL('act-main.ts', import.meta.url));

it("the cache service of act serves our client and GitHub's, each what the other saved", async () => {
  await using dir = await tempDir('act');
  await mkdir(dir.join('repo'));
  const workflow = `on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: "'${process.execPath}' '${PROGRAM}'"\n`;
  await writeFile(dir.join('repo', 'w.yml'), workflow);
  const git = (...args: string[]) => runOk('git', ['-C', dir.join('repo'), ...args]);
  await git('init', '-q', '-b', 'main');
  await git('remote', 'add', 'origin', 'https://git.example.test/acme/demo.git');
  await git('add', '-A');
  await git('-c', 'user.name=t', '-c', 'user.email=t@example.test', 'commit', '-q', '-m', 'x');
  const args = ['push', '-W', 'w.yml', '-P', 'ubuntu-latest=-self-hosted'];
  args.push('--cache-server-addr', '127.0.0.1', '--cache-server-path', dir.join('cache'));
  const { stdout } = await runOk(await tool('act'), args, {
    cwd: dir.join('repo'),
    env: { PATH: process.env.PATH, HOME: dir.join('home'), XDG_CACHE_HOME: dir.join('xdg'), NO_COLOR: '1' },
  });
  const told = [...stdout.matchAll(/\| TOLD (.*) (\S+)\r?$/gm)].map(([, name = '', json = '']) => [
    name,
    JSON.parse(json),
  ]);
  expect(Object.fromEntries(told)).toEqual({
    protocol: 'v1',
    miss: null,
    own: { key: 'modgate-v2-ours' },
    same: true,
    'real restores': 'modgate-v2-ours',
    content: 'ours',
    'real saves': 'modgate-v2-theirs',
    found: { key: 'modgate-v2-theirs' },
    magic: '28b52ffd',
    large: true,
    gone: 'gone',
  });
});
