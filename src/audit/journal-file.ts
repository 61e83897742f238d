import { open } from 'node:fs/promises';

/** The effects that the writer of a journal needs; all reject with the error of the system. */
export interface JournalFile {
  /** Writes at the end of the file; a rejection may leave a part of the bytes there. */
  append(bytes: Buffer): Promise<void>;
  /** Resolves when everything is on the disk. */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** Opens a journal for writing at its end; it is made when missing, readable by this user only. */
export async function openJournalFile(path: string): Promise<JournalFile> {
  const handle = await open(path, 'a', 0o600);
  return {
    append: bytes => handle.appendFile(bytes),
    sync: () => handle.datasync(),
    truncate: length => handle.truncate(length),
    size: async () => (await handle.stat()).size,
    close: () => handle.close(),
  };
}
