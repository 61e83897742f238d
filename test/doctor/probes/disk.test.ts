import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { judgeRoom, probeDisk } from '../../../src/doctor/probes/disk.ts';
import { smallDisk } from '../../support/small-disk.ts';
import { tempDir } from '../../support/temp.ts';

const session = (dir: string) => ({
  dir,
  what: 'session directory' as const,
  elsewhere: 'set TMPDIR',
  mayWrite: true,
});
const store = (dir: string) => ({ ...session(dir), what: 'module store' as const });

describe('a directory', () => {
  it('that can be written is left as it was', async () => {
    await using dir = await tempDir('disk');
    expect(await probeDisk(session(dir.path))).toMatchObject({
      state: expect.stringMatching(/^(?:ok|warning)$/),
      what: expect.stringMatching(/^writable, [\d.]+ [MG]B free$/),
    });
    expect(await readdir(dir.path)).toEqual([]);
  });

  it('that is not there yet is not made', async () => {
    await using dir = await tempDir('disk');
    const verdict = await probeDisk(session(dir.join('a', 'b')));
    expect(verdict.what).toMatch(/free \(it is not there yet\)$/);
    expect(await readdir(dir.path)).toEqual([]);
  });

  it('below a file cannot be', async () => {
    await using dir = await tempDir('disk');
    await writeFile(dir.join('file'), '');
    expect(await probeDisk(session(path.join(dir.path, 'file', 'store')))).toEqual({
      state: 'failed',
      what: 'the session directory cannot be made',
      why: `${dir.join('file')} is a file`,
      fix: 'set TMPDIR',
    });
  });

  it.skipIf(process.platform !== 'linux')('of a disk that is full, then read-only', async () => {
    await using dir = await tempDir('disk');
    await using disk = await smallDisk(dir.join('disk'), '64k');
    const place = dir.join('disk', 'place');
    await mkdir(place);
    expect(await probeDisk(session(place))).toMatchObject({ state: 'failed', what: 'is full: 0 MB free' });
    await writeFile(path.join(place, 'fill'), Buffer.alloc(64 * 1024)).catch(() => undefined);
    expect(await probeDisk(session(place))).toMatchObject({
      state: 'failed',
      why: expect.stringContaining('ENOSPC'),
    });
    await disk.readOnly();
    const why = `${place}: the file system is read-only (EROFS)`;
    expect(await probeDisk(session(place))).toMatchObject({ state: 'failed', why });
    // A job goes on without a store that it cannot write.
    expect(await probeDisk(store(place))).toMatchObject({ state: 'warning', why });
  });

  it.each([
    [{ bytes: 50e9, files: 10, filesFree: 5 }, 'ok'],
    [{ bytes: 50e9, files: 0, filesFree: 0 }, 'ok'],
    [{ bytes: 50e9, files: 10, filesFree: 0 }, 'failed'],
    [{ bytes: 500e6, files: 0, filesFree: 0 }, 'warning'],
    [{ bytes: 5e6, files: 0, filesFree: 0 }, 'failed'],
  ])('with %j is %s', (room, state) => {
    expect(judgeRoom(room, '', 'elsewhere').state).toBe(state);
  });
});
