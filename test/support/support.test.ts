import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { goEnv, goWorld, withoutGo } from './go.ts';
import { run, runOk } from './process.ts';
import { tempDir } from './temp.ts';
import { goToolchain, tool } from './tools.ts';

test('a temporary directory goes away, read-only directories in it too', async () => {
  const dir = await tempDir();
  await mkdir(dir.join('a', 'b'), { recursive: true });
  await writeFile(dir.join('a', 'b', 'file'), 'x');
  await chmod(dir.join('a', 'b', 'file'), 0o444);
  await chmod(dir.join('a', 'b'), 0o555);
  await chmod(dir.join('a'), 0o555);
  await dir[Symbol.asyncDispose]();
  await expect(stat(dir.path)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a world of go has caches of its own and nothing of the machine', async () => {
  await using world = await goWorld('off', { GOPRIVATE: 'example.test/*' });
  const env = JSON.parse((await world.goOk(['env', '-json'])).stdout) as Record<string, string>;
  const machine = await goEnv();
  expect(env.GOMODCACHE).toBe(world.modcache);
  expect(env.GOPROXY).toBe('off');
  expect(env.GOPRIVATE).toBe('example.test/*');
  expect(env.GOSUMDB).toBe(machine.GOSUMDB);
  expect(env.GOMODCACHE).not.toBe(machine.GOMODCACHE);
  expect((await world.go(['mod', 'download', 'rsc.io/quote@v1.5.2'])).stderr).toContain('GOPROXY=off');
});

test('variables that steer go, a runner or modgate are taken out, others stay', () => {
  const env = {
    GOPROXY: 'x',
    GOFLAGS: 'x',
    GITHUB_ACTIONS: 'x',
    CI: 'x',
    MODGATE_SESSION: 'x',
    PATH: 'p',
    GOOGLE_1: 'g',
  };
  expect(withoutGo(env)).toEqual({ PATH: 'p', GOOGLE_1: 'g' });
});

test('a command that hangs is killed with what it started, and its output is told', async () => {
  const hang = 'console.log("began"); setInterval(() => {}, 1000)';
  await expect(run(process.execPath, ['-e', hang], { timeoutMs: 1000 })).rejects.toThrow(/began/);
  await expect(runOk(process.execPath, ['-e', 'console.error("why"); process.exit(3)'])).rejects.toThrow(
    /exit code 3:\nwhy/,
  );
  await expect(run('no-such-program-anywhere', [])).rejects.toThrow(/could not be started/);
});

test('the tools are there, and the second Go runs', async () => {
  expect((await runOk(await tool('act'), ['--version'])).stdout).toContain('act version');
  expect((await runOk(await tool('actionlint'), ['--version'])).stdout).not.toBe('');
  const second = await goToolchain('1.27');
  const env = { ...process.env, GOTOOLCHAIN: second };
  expect((await runOk('go', ['env', 'GOVERSION'], { env })).stdout.trim()).toBe(second);
});
