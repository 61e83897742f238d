import { mkdir } from 'node:fs/promises';
import { run } from './process.ts';

/**
 * Mounts a file system of its own size in memory on `dir`: the only way to a disk that is really full, or
 * really read-only for root too. Needs Linux and the right to mount; rejects with what to do otherwise.
 */
export async function smallDisk(dir: string, size: string): Promise<SmallDisk> {
  await mkdir(dir, { recursive: true });
  await mount(['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', dir]);
  return {
    readOnly: () => mount(['-o', 'remount,ro', dir]),
    [Symbol.asyncDispose]: async () => {
      await privileged('umount', ['-l', dir]);
    },
  };
}

export interface SmallDisk extends AsyncDisposable {
  readOnly(): Promise<void>;
}

async function mount(args: readonly string[]): Promise<void> {
  await privileged('mount', args);
}

async function privileged(command: string, args: readonly string[]): Promise<void> {
  const root = process.getuid?.() === 0;
  const done = await (root ? run(command, args) : run('sudo', ['-n', command, ...args]));
  if (done.code !== 0) {
    throw new Error(
      `${command} ${args.join(' ')} failed: ${done.stderr.trim()}\n` +
        'These tests need a disk that is full or read-only: run them as root, or as a user with sudo, ' +
        'where mounting is allowed (in a container: --cap-add SYS_ADMIN).',
    );
  }
}
