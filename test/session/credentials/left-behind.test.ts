import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { SecretFiles } from '../../../src/session/credentials/files.ts';
import { removeLeftBehind } from '../../../src/session/credentials/left-behind.ts';
import { tempDir } from '../../support/temp.ts';

async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

it('the secrets of sessions whose daemon was killed go when another session begins, and no others', async () => {
  await using dir = await tempDir('left');
  const dead = await endedProcess();
  const session = async (all: string, name: string, pid: number | undefined) => {
    await mkdir(dir.join(all, name, 'credentials'), { recursive: true });
    await writeFile(
      dir.join(all, name, 'credentials', 'netrc'),
      'machine a.example.test login b password c\n',
    );
    const file = { v: 1, pid, port: 1 };
    if (pid !== undefined) await writeFile(dir.join(all, name, 'session.json'), JSON.stringify(file));
  };
  await session('modgate-7', 'killed', dead);
  await session('modgate-7', 'stopped-halfway', undefined);
  await session('modgate-7', 'alive', process.pid);
  await session('modgate-7', 'mine', dead);
  await session('_temp', 'of-somebody-else', dead);
  const lines: string[] = [];
  await removeLeftBehind(dir.join('modgate-7', 'mine'), line => lines.push(line));
  await removeLeftBehind(dir.join('_temp', 'modgate'), line => lines.push(line));
  const there = async (all: string, name: string) =>
    await access(dir.join(all, name, 'credentials', 'netrc')).then(
      () => true,
      () => false,
    );
  expect(await there('modgate-7', 'killed')).toBe(false);
  expect(await there('modgate-7', 'stopped-halfway')).toBe(false);
  expect(await there('modgate-7', 'alive')).toBe(true);
  expect(await there('modgate-7', 'mine')).toBe(true);
  expect(await there('_temp', 'of-somebody-else')).toBe(true);
  expect(lines.sort()).toEqual([
    'the credentials that session killed left behind were removed',
    'the credentials that session stopped-halfway left behind were removed',
  ]);
});

it('files that somebody took away are there again for the next child', async () => {
  await using dir = await tempDir('files');
  const files = new SecretFiles(dir.join('credentials'));
  const wanted = new Map([['netrc', 'machine a.example.test login b password c\n']]);
  await files.keep(wanted);
  await rm(dir.join('credentials'), { recursive: true });
  await files.keep(wanted);
  expect(await readFile(files.path('netrc'), 'utf8')).toContain('password c');
});
