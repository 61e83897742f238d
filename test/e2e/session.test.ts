import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modgate } from '../support/modgate.ts';
import { gone, isAlive, type Job, readSessionFile } from '../support/session.ts';
import { deadUrl } from '../support/upstream/dead.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { journaled, tinyJobOn } from './tiny-job.ts';

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());

const tinyJob = (env?: Readonly<Record<string, string>>): Promise<Job> => tinyJobOn(upstream.url, env);

/** Every file below a directory as one text. */
async function allText(dir: string): Promise<string> {
  let text = '';
  for (const name of await readdir(dir, { recursive: true })) {
    const file = path.join(dir, name);
    if ((await stat(file)).isFile()) text += `${name}\n${await readFile(file, 'latin1')}\n`;
  }
  return text;
}

const SECRETS = {
  ACTIONS_RUNTIME_TOKEN: 'hidden-one',
  ACTIONS_RESULTS_URL: 'https://results.example.test/hidden-two',
  GITHUB_TOKEN: 'hidden-three',
  NPM_TOKEN: 'hidden-four',
  DATABASE_URL: 'postgres://admin:hidden-five@db.example.test/x',
  AWS_SECRET_ACCESS_KEY: 'hidden-six',
  CI_JOB_TOKEN: 'hidden-seven',
};

describe.concurrent('start', () => {
  it('gives the environment at once and leaves a detached daemon that is ready', async () => {
    await using job = await tinyJob();
    await using session = await job.start();
    expect(session.file.pid).not.toBe(process.pid);
    expect(isAlive(session.file.pid)).toBe(true);
    expect(await session.go(['mod', 'download'])).toMatchObject({ code: 0 });
    const { summary } = await session.stop();
    expect(summary).toMatchObject({ modules: 1, failed: 0, daemonDied: false });
    await gone(session.file.pid);
  });

  it('holds no pipe of the step: a reader of its output sees the end while the daemon runs', async () => {
    await using job = await tinyJob();
    // `run` resolves on `close`, which comes only when nobody holds the pipes any more.
    const started = await job.modgate(['start', '--store', job.store, '--format', 'json']);
    const env = JSON.parse(started.stdout) as Record<string, string>;
    const { pid } = await readSessionFile(env.MODGATE_SESSION ?? '');
    expect(isAlive(pid)).toBe(true);
    expect(await job.modgate(['stop'], { env })).toMatchObject({ code: 0 });
    await gone(pid);
  });

  it.runIf(process.platform === 'linux')(
    'leaves no secret of the job where a later step can read it',
    async () => {
      const { host } = new URL(upstream.url);
      await using job = await tinyJobOn(`http://robot:hidden-eight@${host}`, SECRETS);
      await using session = await job.start();
      const proc = (name: string) => readFile(`/proc/${session.file.pid}/${name}`, 'latin1');
      expect(await proc('environ')).toContain('PATH=');
      expect(`${await proc('environ')} ${await proc('cmdline')}`).not.toMatch(/hidden-|_TOKEN|postgres/);
      expect(await proc('cmdline')).not.toContain(session.file.secret);
      await session.go(['mod', 'download']);
      const { said } = await session.stop();
      expect(await allText(session.dir)).not.toContain('hidden-');
      // The job's own GOPROXY goes on behind ours; that is its own value, and nowhere else.
      expect(session.env.GOPROXY).toContain('|http://robot:hidden-eight@');
      expect(said + session.said).not.toMatch(/hidden-/);
      const log = await readFile(path.join(session.dir, 'daemon.log'), 'utf8');
      expect(log).toContain('listens on');
      expect(log).not.toContain(session.file.secret);
      expect((await stat(path.join(session.dir, 'session.json'))).mode & 0o077).toBe(0);
      expect((await stat(session.dir)).mode & 0o077).toBe(0);
    },
  );

  it('finds the session that this job has already', async () => {
    await using job = await tinyJob();
    await using session = await job.start();
    await using again = await job.start();
    expect(again.env).toEqual(session.env);
    await using inside = await job.start([], { env: session.env });
    expect(inside.env).toEqual(session.env);
    await using other = await job.start(['--prefetch', '0']);
    expect(other.env).toEqual(session.env);
    expect(other.said).toContain('another configuration');
  });

  it('makes one daemon when two steps start at the same moment', async () => {
    await using job = await tinyJob();
    const started = await Promise.all([job.start(), job.start(), job.start()]);
    expect(new Set(started.map(session => session.file.pid)).size).toBe(1);
    expect(new Set(started.map(session => JSON.stringify(session.env))).size).toBe(1);
    await started[0]?.[Symbol.asyncDispose]();
  });

  it('prints what shells, dotenv files, programs and GITHUB_ENV read', async () => {
    await using job = await tinyJob();
    await using session = await job.start();
    const print = async (format: string) => (await job.modgate(['start', '--format', format])).stdout;
    const entries = Object.entries(session.env);
    expect(JSON.parse(await print('json'))).toEqual(session.env);
    expect(await print('github')).toBe(entries.map(([name, value]) => `${name}=${value}\n`).join(''));
    expect(await print('dotenv')).toBe(await print('github'));
    const shell = await job.run('sh', ['-c', `${await print('shell')}\necho "$GOPROXY $MODGATE_SESSION"`]);
    expect(shell.stdout).toBe(`${session.env.GOPROXY} ${session.env.MODGATE_SESSION}\n`);
  });

  it('begins anew where the daemon of the same place was killed, and the journal goes on', async () => {
    await using job = await tinyJob();
    await using killed = await job.start();
    await killed.go(['mod', 'download']);
    await journaled(killed);
    process.kill(killed.file.pid, 'SIGKILL');
    await gone(killed.file.pid);
    await using next = await job.start([], { env: killed.env });
    expect(next.env.GOPROXY).not.toBe(killed.env.GOPROXY);
    // Its own dead predecessor must not become the fallback or the upstream.
    expect(next.env.GOPROXY).toBe(`${next.env.GOPROXY?.split('|')[0]}|${upstream.url}`);
    expect(await next.go(['mod', 'download', 'github.com/pkg/errors@v0.9.1'])).toMatchObject({ code: 0 });
    expect((await next.stop()).summary).toMatchObject({ modules: 2, daemonDied: false });
  });
});

describe.concurrent('stop', () => {
  it('says so when there is nothing to stop', async () => {
    await using job = await tinyJob();
    const done = await job.modgate(['stop']);
    expect(done).toMatchObject({ code: 0, stdout: '' });
    expect(done.stderr).toMatch(/there is no session at .*; nothing to stop/);
    expect((await job.modgate(['stop', '--format', 'json'])).stdout).toBe('null\n');
  });

  it('reports the same when it is called twice', async () => {
    await using job = await tinyJob();
    await using session = await job.start();
    await session.go(['mod', 'download']);
    const first = await session.stop();
    await gone(session.file.pid);
    const second = await session.stop();
    expect(second.summary).toEqual(first.summary);
  });

  it('reports from the journal when the daemon was killed', async () => {
    await using job = await tinyJob();
    await using session = await job.start();
    await session.go(['mod', 'download']);
    await journaled(session);
    process.kill(session.file.pid, 'SIGKILL');
    await gone(session.file.pid);
    const { summary } = await session.stop();
    expect(summary).toMatchObject({ modules: 1, daemonDied: true });
    const text = await job.modgate(['stop']);
    expect(text.stdout).toContain('the proxy had died before the end');
  });

  it.runIf(process.platform === 'linux')('ends a daemon that hangs', async () => {
    await using job = await tinyJob();
    await using session = await job.start();
    process.kill(session.file.pid, 'SIGSTOP');
    const { summary } = await session.stop();
    await gone(session.file.pid);
    expect(summary.daemonDied).toBe(true);
  });

  it.runIf(process.platform === 'linux')(
    'leaves a process alone that has got the pid of a dead daemon',
    async () => {
      await using job = await tinyJob();
      await using session = await job.start();
      process.kill(session.file.pid, 'SIGKILL');
      await gone(session.file.pid);
      const bystander = spawn('sleep', ['60'], { stdio: 'ignore' });
      await once(bystander, 'spawn');
      try {
        const file = { ...session.file, pid: bystander.pid };
        await writeFile(path.join(session.dir, 'session.json'), JSON.stringify(file));
        expect((await session.stop()).summary.daemonDied).toBe(true);
        expect(bystander.exitCode).toBeNull();
        expect(bystander.signalCode).toBeNull();
      } finally {
        bystander.kill('SIGKILL');
      }
    },
  );
});

describe.concurrent('the end of a session', () => {
  it('comes with its owner', async () => {
    await using job = await tinyJob();
    const owner = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(owner, 'spawn');
    await using session = await job.start(['--owner', String(owner.pid)]);
    expect(isAlive(session.file.pid)).toBe(true);
    owner.kill('SIGKILL');
    await once(owner, 'close');
    await gone(session.file.pid);
    expect((await session.journal()).at(-1)).toMatchObject({ kind: 'ftr', reason: 'the job is over' });
  });

  it('an owner that does not run is refused', async () => {
    await using job = await tinyJob();
    const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
    await once(child, 'close');
    const done = await job.modgate(['start', '--owner', String(child.pid)]);
    expect(done).toMatchObject({ code: 2, stdout: '' });
    expect(done.stderr).toMatch(/--owner.*no process/);
  });

  it('comes after the idle time, but never during a request', async () => {
    await using slow = await startUpstream({ faults: () => ({ kind: 'drip', pieces: 4, everyMs: 800 }) });
    await using job = await tinyJobOn(slow.url);
    await writeFile(path.join(job.checkout, '.modgate.yaml'), 'proxy: {idle: 1s, prefetch: 0}\n');
    await using session = await job.start(['--on-failure', 'fail']);
    expect(await session.go(['mod', 'download'])).toMatchObject({ code: 0 });
    await gone(session.file.pid);
    expect((await session.journal()).at(-1)).toMatchObject({
      kind: 'ftr',
      reason: expect.stringMatching(/^idle for 1 s/),
    });
    expect((await session.stop()).summary).toMatchObject({ modules: 1, daemonDied: false });
  });
});

describe.concurrent('run', () => {
  const node = (code: string) => ['--', process.execPath, '-e', code];

  it('exits as the command did', async () => {
    await using job = await tinyJob();
    const run = async (code: string) =>
      (await job.modgate(['run', '--store', job.store, ...node(code)])).code;
    expect(await run('process.exit(0)')).toBe(0);
    expect(await run('process.exit(7)')).toBe(7);
    if (process.platform !== 'win32') {
      expect(await run('process.kill(process.pid, "SIGKILL"); setTimeout(() => {}, 9e3)')).toBe(137);
      expect(await run('process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 9e3)')).toBe(143);
    }
    // No session directory is left behind.
    expect(await readdir(path.join(job.dir.path, 'tmp'), { recursive: true })).not.toContainEqual(
      expect.stringMatching(/journal$/),
    );
  });

  it('says which command there is not, and ends its session', async () => {
    await using job = await tinyJob();
    const done = await job.modgate(['run', '--store', job.store, '--', 'no-such-program-here', 'x']);
    expect(done.code).toBe(2);
    expect(done.stderr).toMatch(/cannot run no-such-program-here: .*PATH.*; /);
    const empty = await job.modgate(['run', '--']);
    expect(empty.code).toBe(2);
    expect(empty.stderr).toContain('modgate run -- go build ./...');
  });

  it('uses the session it is in', async () => {
    await using job = await tinyJob();
    await using session = await job.start();
    const print = node('console.log(process.env.GOPROXY)');
    const done = await job.modgate(['run', '--store', job.store, ...print], { env: session.env });
    expect(done).toMatchObject({ code: 0, stdout: `${session.env.GOPROXY}\n` });
    expect(isAlive(session.file.pid)).toBe(true);
  });

  it.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGTERM'] as const)(
    'hands %s on to the command and still ends the session',
    async signal => {
      await using job = await tinyJob();
      const code = `
        process.on('${signal}', () => { console.log('got it'); process.exit(9); });
        console.log(process.env.MODGATE_SESSION);
        setInterval(() => {}, 1000);`;
      let pid: number | undefined;
      const done = await job.modgate(['run', '--store', job.store, ...node(code)], {
        onSpawn: child => {
          let text = '';
          child.stdout?.on('data', (part: string) => {
            if (pid !== undefined) return;
            text += part;
            if (!text.includes('\n')) return;
            pid = 0;
            void readSessionFile(text.trim()).then(file => {
              pid = file.pid;
              child.kill(signal);
            });
          });
        },
      });
      expect(done.code).toBe(9);
      expect(done.stdout).toContain('got it');
      expect(done.stderr).toContain('from the store');
      expect(pid).toBeGreaterThan(0);
      await gone(pid ?? 0);
    },
  );

  it.skipIf(process.platform === 'win32')('leaves no daemon when it is killed itself', async () => {
    await using job = await tinyJob();
    let pid: number | undefined;
    const done = await job.modgate(
      [
        'run',
        '--store',
        job.store,
        ...node('console.log(process.env.MODGATE_SESSION)\nprocess.stdin.resume()'),
      ],
      {
        onSpawn: child => {
          child.stdout?.once('data', (part: string) => {
            void readSessionFile(part.trim()).then(file => {
              pid = file.pid;
              child.kill('SIGKILL');
            });
          });
        },
      },
    );
    expect(done.signal).toBe('SIGKILL');
    await gone(pid ?? 0);
  });

  it('works with an upstream that is gone when the store has it all', async () => {
    await using job = await tinyJob();
    const download = ['--', 'go', 'mod', 'download'];
    expect(await job.modgate(['run', '--store', job.store, ...download])).toMatchObject({ code: 0 });
    await using offline = await tinyJobOn(await deadUrl());
    const done = await modgate(['run', '--store', job.store, '--on-failure', 'fail', ...download], {
      cwd: offline.checkout,
      env: offline.env,
    });
    expect(done).toMatchObject({ code: 0 });
    expect(done.stderr).toMatch(/from upstream +0 +0 B/);
  });
});
