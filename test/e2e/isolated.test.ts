import { access, mkdir, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { goWorld, writeProject } from '../support/go.ts';
import { modgate } from '../support/modgate.ts';
import { startUpstream } from '../support/upstream/upstream.ts';

const PROJECT = {
  'go.mod': 'module example.com/app\n\ngo 1.21\n\nrequire github.com/google/uuid v1.6.0\n',
  'go.sum':
    'github.com/google/uuid v1.6.0 h1:NIvaJDMOsjHA8n1jAhLSgzrAzy1Hgr+hNrb57e+94F0=\ngithub.com/google/uuid v1.6.0/go.mod h1:TIyPZe4MgqvfeYDBFedMoGGpEw/LqOeaOT+nhxU+yHo=\n',
  'main.go': 'package main\n\nimport _ "github.com/google/uuid"\n\nfunc main() {}\n',
};

it('an isolated module cache is empty, writable, at a stable path, and gone afterwards', async () => {
  await using upstream = await startUpstream();
  await using world = await goWorld(upstream.url);
  const cwd = world.dir.join('app');
  await writeProject(cwd, PROJECT);
  // Everything is in the job's own module cache: an inherited one would ask for nothing.
  await world.goOk(['mod', 'download'], { cwd });
  const env = { ...world.env, GOFLAGS: '-modcacherw -trimpath' };
  const inside = 'console.log(process.env.GOMODCACHE, process.env.GOFLAGS)';
  const args = ['run', '--store', world.dir.join('store'), '--modcache', 'isolated', '--'];
  const first = await modgate([...args, process.execPath, '-e', inside], { cwd, env });
  const second = await modgate([...args, process.execPath, '-e', inside], { cwd, env });
  expect(first.stdout).toBe(second.stdout);
  const [dir = '', ...flags] = first.stdout.trim().split(' ');
  expect(dir).not.toBe(world.modcache);
  expect(flags).toEqual(['-modcacherw', '-trimpath']);
  await expect(access(dir)).rejects.toThrow('ENOENT');

  const plain = await modgate([...args, process.execPath, '-e', inside], {
    cwd,
    env: { ...env, GOFLAGS: '' },
  });
  expect(plain.stdout.trim().split(' ').slice(1)).toEqual(['-modcacherw']);

  const build = await modgate([...args, 'go', 'build', '-o', world.dir.join('app.exe'), '.'], { cwd, env });
  expect(build.code).toBe(0);
  expect(build.stderr).toMatch(/from (?:the store|upstream)\s+1 /);
});

it('what an earlier job left in it is not used', async () => {
  await using upstream = await startUpstream();
  await using world = await goWorld(upstream.url);
  const cwd = world.dir.join('app');
  await writeProject(cwd, PROJECT);
  const args = ['run', '--store', world.dir.join('store'), '--modcache', 'isolated', '--'];
  const show = await modgate([...args, 'go', 'env', 'GOMODCACHE'], { cwd, env: world.env });
  const dir = show.stdout.trim();
  await mkdir(dir, { recursive: true });
  await writeFile(`${dir}/left-over`, '');
  const listing = `console.log(require('node:fs').readdirSync(process.env.GOMODCACHE).length)`;
  const next = await modgate([...args, process.execPath, '-e', listing], { cwd, env: world.env });
  expect(next.stdout).toBe('0\n');
});

it('a store by file URL is a directory, any other URL is refused with the way out', async () => {
  await using world = await goWorld('off');
  const cwd = world.dir.join('app');
  await writeProject(cwd, PROJECT);
  const url = new URL(`file://${world.dir.join('store')}`).href;
  const done = await modgate(['run', '--store', url, '--', 'go', 'version'], { cwd, env: world.env });
  expect(done.code).toBe(0);
  await access(world.dir.join('store', 'modgate'));
  const refused = await modgate(['run', '--store', 's3://user:hunter2@bucket/x', '--', 'go', 'version'], {
    cwd,
    env: world.env,
  });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('has credentials in it');
  expect(refused.stderr).not.toContain('hunter2');
});
