import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Replaces a file in one step; the new one is on the disk before it has the name. */
export async function replaceFile(file: string, bytes: Buffer): Promise<void> {
  const temp = `${file}.${randomUUID()}`;
  try {
    const handle = await open(temp, 'wx', 0o644);
    try {
      await handle.writeFile(bytes);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(temp, file);
  } catch (error) {
    await rm(temp, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Writes a file whose content follows from its name, unless it is there with that length. */
export async function writeOnce(file: string, bytes: Buffer): Promise<void> {
  const there = await stat(file).catch(() => undefined);
  if (there?.size === bytes.length) return;
  await mkdir(dirname(file), { recursive: true });
  await replaceFile(file, bytes);
}
