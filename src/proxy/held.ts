import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { partsOfFile, streamOfFile } from '../store/stream.ts';
import type { FileFacts, FileKind, ModVer, Representation, StoredFile } from '../store/types.ts';

/** In which form a file is held. */
interface Form {
  /** Of the file. */
  readonly facts: FileFacts;
  readonly representation: Representation;
  /** Of what was fetched. */
  readonly original: FileFacts;
  readonly h1?: string | undefined;
}

/**
 * Files that this job may have and nobody else: what no go.sum of a trusted ref and no checksum database
 * vouches for. They live in the session directory and go with it.
 */
export class HeldFiles {
  readonly #dir: string;
  readonly #files = new Map<string, StoredFile>();
  #counter = 0;
  /** @param dir an existing private directory, on the same file system as the temp files given to `holdZip` */
  constructor(dir: string) {
    this.#dir = dir;
  }

  get(mv: ModVer, kind: FileKind): StoredFile | undefined {
    return this.#files.get(key(mv, kind));
  }

  /** A path for a download, when the store has none to give. */
  tempFile(): string {
    return `${this.#path()}.tmp`;
  }

  async holdBytes(mv: ModVer, kind: 'info' | 'mod', bytes: Buffer, h1?: string): Promise<StoredFile> {
    const path = this.#path();
    const handle = await open(path, 'w', 0o600);
    try {
      await handle.writeFile(bytes);
    } finally {
      await handle.close();
    }
    const facts = { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length };
    return this.#add(mv, kind, path, { facts, representation: 'original', original: facts, h1 });
  }

  /** Takes the file over by rename. */
  async holdZip(mv: ModVer, { file, ...form }: Form & { readonly file: string }): Promise<StoredFile> {
    const path = this.#path();
    try {
      await rename(file, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
      const { copyFile } = await import('node:fs/promises');
      await copyFile(file, path);
      await rm(file, { force: true });
    }
    return this.#add(mv, 'zip', path, form);
  }

  #path(): string {
    this.#counter++;
    return join(this.#dir, `${this.#counter}`);
  }

  #add(mv: ModVer, kind: FileKind, path: string, form: Form): StoredFile {
    const { facts, representation, original, h1 } = form;
    const file: StoredFile = {
      kind,
      size: facts.size,
      sha256: original.sha256,
      representation,
      ...(h1 === undefined ? {} : { h1 }),
      stream: range => streamOfFile(path, asItIs, range),
      parts: range => partsOfFile(path, asItIs, range),
    };
    this.#files.set(key(mv, kind), file);
    return file;
  }
}

/** Nobody but this process can reach it. */
async function asItIs(): Promise<void> {}

function key(mv: ModVer, kind: FileKind): string {
  return `${mv.path}@${mv.version}.${kind}`;
}
