import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../directory.ts';

/**
 * Files with secrets for children of a session, below one directory that only this user enters. A file is written
 * again only when its text has changed, and by one writer at a time.
 */
export class SecretFiles {
  readonly #dir: string;
  readonly #written = new Map<string, string>();
  #last: Promise<void> = Promise.resolve();

  /** @param dir made when the first file is written */
  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Sees to it that these are the files; resolves when they are there. Rejects when the disk fails. */
  async keep(files: ReadonlyMap<string, string>): Promise<void> {
    const done = this.#last.then(async () => await this.#write(files));
    this.#last = done.catch(() => undefined);
    await done;
  }

  path(name: string): string {
    return join(this.#dir, name);
  }

  async #write(files: ReadonlyMap<string, string>): Promise<void> {
    // Something that tidies up temporary directories may have been there.
    const changed = [...files].filter(
      ([name, text]) => this.#written.get(name) !== text || !existsSync(this.path(name)),
    );
    if (changed.length > 0) await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    for (const [name, text] of changed) {
      await writeWhole(this.path(name), text);
      this.#written.set(name, text);
    }
  }

  async remove(): Promise<void> {
    await this.#last;
    await rm(this.#dir, { recursive: true, force: true });
  }
}
