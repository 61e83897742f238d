import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import {
  type Ancestor,
  pickOwner,
  readAncestors,
  readAncestorsByPs,
  watchOwner,
} from '../../src/session/owner.ts';

/** Ancestors from their names, nearest first; the pid is the place, counted from 1. */
const chain = (...names: string[]): Ancestor[] => names.map((name, at) => ({ pid: at + 1, name }));
const RUNNER = { names: ['Runner.Worker', 'act'], shell: false };
const SHELL = { names: [], shell: true };

describe('pickOwner', () => {
  it.each<[string, Ancestor[], number | undefined]>([
    ['the worker of a runner', chain('bash', 'node', 'Runner.Worker', 'Runner.Listener'), 3],
    ['the same on Windows', chain('cmd.exe', 'Runner.Worker.exe'), 2],
    ['nobody where there is none', chain('bash', 'sshd', 'systemd'), undefined],
    ['nobody without ancestors', [], undefined],
  ])('%s', (_, ancestors, pid) => {
    expect(pickOwner(ancestors, RUNNER)).toBe(pid);
  });

  it.each<[string, Ancestor[], number | undefined]>([
    ['the job’s shell', chain('bash', 'gitlab-runner', 'systemd'), 1],
    ['the outermost of nested shells', chain('bash', 'sh', 'gitlab-runner'), 2],
    ['behind npx and the shell that it runs us in', chain('sh', 'node', 'bash', 'gitlab-runner'), 3],
    ['behind npx in a shell of a shell', chain('dash', 'npm exec modgate', 'bash', 'sh', 'runner'), 4],
    ['the same without a shell in between', chain('node', 'bash', 'runner'), 2],
    ['a login shell', chain('-bash', 'su'), 1],
    ['a shell in a container', chain('ash', 'busybox'), 2],
    ['PowerShell', chain('pwsh.exe', 'gitlab-runner.exe'), 1],
    ['npx’s own shell when there is no other', chain('sh', 'node', 'gitlab-runner'), 1],
    ['nobody where no shell is', chain('node', 'gitlab-runner'), undefined],
  ])('%s', (_, ancestors, pid) => {
    expect(pickOwner(ancestors, SHELL)).toBe(pid);
  });
});

describe('the ancestors of this process', () => {
  it('begin with its parent, and ps tells the same', async () => {
    const byPs = await readAncestorsByPs(process.pid);
    expect(byPs[0]?.pid).toBe(process.ppid);
    const direct = readAncestors(process.pid);
    if (process.platform === 'linux') expect(direct.map(a => a.pid)).toEqual(byPs.map(a => a.pid));
    else expect(direct).toEqual([]);
  });
});

describe('watchOwner', () => {
  it('tells when the process is gone', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(child, 'spawn');
    const alive = watchOwner(child.pid ?? 0);
    expect(alive()).toBe(true);
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    await vi.waitFor(() => expect(alive()).toBe(false));
  });
});
