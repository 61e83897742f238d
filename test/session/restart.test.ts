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
  const env = { ...world.env, GOENV: goEnv, TMPDIR: tmp };
  const start = (GOPROXY: string) =>
    modgate(['start', '--store', world.dir.join('store'), '--on-failure', 'fail', '--format', 'json'], {
      cwd: tmp,
      env: { ...env, GOPROXY },
    });
  const first = JSON.parse((await start('')).stdout) as { GOPROXY: string; MODGATE_SESSION: string };
  const file = await readFile(path.join(first.MODGATE_SESSION, 'session.json'), 'utf8');
  process.kill((JSON.parse(file) as SessionFile).pid, 'SIGKILL');

  const again = await start(first.GOPROXY);
  expect(again).toMatchObject({ code: 0 });
  const second = JSON.parse(again.stdout) as { GOPROXY: string };
  try {
    expect(second.GOPROXY).not.toBe(first.GOPROXY);
    const args = ['mod', 'download', 'github.com/google/uuid@v1.6.0'];
    const done = await world.go(args, { cwd: tmp, env: { GOPROXY: second.GOPROXY } });
    expect(done).toMatchObject({ code: 0 });
    expect(upstream.requests.map(request => request.path)).toContain('/github.com/google/uuid/@v/v1.6.0.zip');
  } finally {
    await modgate(['stop'], { cwd: tmp, env });
  }
});
