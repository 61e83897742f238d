import { access, readFile, utimes, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from '../../src/session/lock.ts';
import { run } from '../support/process.ts';
import { type TempDir, tempDir } from '../support/temp.ts';

let dir: TempDir;
let lock: string;
beforeEach(async () => {
  dir = await tempDir('lock');
  lock = dir.join('start.lock');
});
afterEach(() => dir[Symbol.asyncDispose]());

describe('withLock', () => {
  it('lets one task at a time in, and leaves nothing behind', async () => {
    let inside = 0;
    let most = 0;
    const task = async () => {
      most = Math.max(most, ++inside);
      await new Promise(resolve => setTimeout(resolve, 5));
      inside--;
    };
    await Promise.all(Array.from({ length: 5 }, () => withLock(lock, task)));
    expect(most).toBe(1);
    await expect(access(lock)).rejects.toThrow();
  });

  it('holds the pid of its process meanwhile', async () => {
    expect(await withLock(lock, async () => await readFile(lock, 'utf8'))).toBe(String(process.pid));
  });

  it('is free again after a task that failed', async () => {
    await expect(withLock(lock, async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(access(lock)).rejects.toThrow();
  });

  it('is taken over from a process that is gone', async () => {
    const dead = await run(process.execPath, ['-p', 'process.pid']);
    await writeFile(lock, dead.stdout.trim());
    expect(await withLock(lock, async () => 'done')).toBe('done');
  });

  it('is taken over when it is older than any start', async () => {
    await writeFile(lock, String(process.pid));
    const old = new Date(Date.now() - 3_600_000);
    await utimes(lock, old, old);
    expect(await withLock(lock, async () => 'done')).toBe('done');
  });

  it('does without where no lock can be made', async () => {
    expect(await withLock(dir.join('missing', 'start.lock'), async () => 'done')).toBe('done');
  });
});
