import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/parse.ts';
import { goPrograms, withLaterGo } from '../../../src/session/fetch/later-go.ts';
import type { DaemonRequest } from '../../../src/session/types.ts';
import { tempDir } from '../../support/temp.ts';

const GO = process.platform === 'win32' ? 'go.exe' : 'go';

it('takes the newest complete version of a tool cache first, this machine before others', async () => {
  await using dir = await tempDir('tools');
  const complete = async (version: string, machine: string) => {
    await mkdir(dir.join(version, machine), { recursive: true });
    await writeFile(dir.join(version, `${machine}.complete`), '');
  };
  await complete('1.9.7', process.arch);
  await complete('1.26.8', 'other');
  await complete('1.26.8', process.arch);
  await complete('1.27.0-rc.1', process.arch);
  await mkdir(dir.join('1.28.0', process.arch), { recursive: true });
  await mkdir(dir.join('not-a-version'));
  const at = (version: string, machine: string) => path.join(dir.path, version, machine, 'bin', GO);
  expect(await goPrograms(dir.path)).toEqual([
    at('1.27.0-rc.1', process.arch),
    at('1.26.8', process.arch),
    at('1.26.8', 'other'),
    at('1.9.7', process.arch),
  ]);
});

it('knows a GOROOT, and finds nothing where nothing is', async () => {
  await using dir = await tempDir('goroot');
  await mkdir(dir.join('bin'));
  expect(await goPrograms(dir.path)).toEqual([dir.join('bin', GO)]);
  expect(await goPrograms(dir.join('nowhere'))).toEqual([]);
});

it('says what to do when no go came and nothing else says where to fetch from', async () => {
  await using dir = await tempDir('no-go');
  const { values } = parseConfig('version: 1\n', '.modgate.yaml');
  const request = {
    goCommand: 'go',
    env: { PATH: dir.join('nothing') },
    sessionDir: dir.path,
    laterGo: [dir.join('tools')],
    config: values,
  } as unknown as DaemonRequest;
  await expect(withLaterGo(request, () => {})).rejects.toMatchObject({
    code: 'no-go',
    message: expect.stringMatching(/no go command was found.*tools.*install Go.*input upstream/),
  });
  const known = { ...request, env: { ...request.env, GOPROXY: 'https://proxy.example.test' } };
  expect(await withLaterGo(known, () => {})).toBe(known);
});
