import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { SessionFile } from '../../src/session/types.ts';
import { goWorld } from '../support/go.ts';
import { modgate } from '../support/modgate.ts';
import { startUpstream } from '../support/upstream/upstream.ts';

it('starts again after its proxy was killed, with the GOPROXY that go has without it', async () => {
  await using upstream = await startUpstream();
  await using world = await goWorld('');
  const goEnv = world.dir.join('go.env');
  await writeFile(goEnv, `GOPROXY=${upstream.url}\n`);
  const tmp = world.dir.join('tmp');
  await mkdir(tmp);
  // Nothing is fetched from version control here: what counts is that the mirror is not asked.
  const env = { ...world.env, GOENV: goEnv, TMPDIR: tmp, GONOPROXY: 'corp.example.test', GOVCS: '*:off' };
  const start = (given: Readonly<Record<string, string>>) =>
    modgate(['start', '--store', world.dir.join('store'), '--on-failure', 'fail', '--format', 'json'], {
      cwd: tmp,
      env: { ...env, ...given },
    });
  const first = JSON.parse((await start({ GOPROXY: '' })).stdout) as { MODGATE_SESSION: string };
  expect(first).toMatchObject({ GONOPROXY: 'none' });
  const file = await readFile(path.join(first.MODGATE_SESSION, 'session.json'), 'utf8');
  process.kill((JSON.parse(file) as SessionFile).pid, 'SIGKILL');

  const again = await start(first);
  expect(again).toMatchObject({ code: 0 });
  const second = JSON.parse(again.stdout) as { GOPROXY: string };
  try {
    expect(second).toMatchObject({ GONOPROXY: 'none' });
    expect(second).not.toMatchObject(first);
    // The first session took GONOPROXY away from the job; what it said is private all the same.
    const secret = await fetch(`${second.GOPROXY}/corp.example.test/secret.git/@v/list`);
    expect(secret.ok).toBe(false);
    const args = ['mod', 'download', 'github.com/google/uuid@v1.6.0'];
    const done = await world.go(args, { cwd: tmp, env: { GOPROXY: second.GOPROXY } });
    expect(done).toMatchObject({ code: 0 });
    const paths = upstream.requests.map(request => request.path);
    expect(paths).toContain('/github.com/google/uuid/@v/v1.6.0.zip');
    expect(paths.filter(one => one.includes('corp'))).toEqual([]);
  } finally {
    await modgate(['stop'], { cwd: tmp, env });
  }
});
