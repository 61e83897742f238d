import { createWriteStream } from 'node:fs';
import { copyFile, constants as FS } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { DiskStore } from '../disk.ts';
import { removeQuietly } from '../files.ts';
import { appendUse } from '../stats/use-log.ts';
import type { FileKind, IndexEntry, ModVer, StoredVersion } from '../types.ts';
import type { Fetched, Layer, Upload, Uploaded, UseAtEnd } from './types.ts';

/** A directory that several machines share as a layer behind the local store. */
export class DiskLayer implements Layer {
  readonly location: string;
  readonly writable: boolean;
  readonly #store: DiskStore;
  readonly #refused = new Set<string>();

  /** @param writable false: nothing is to be written, though it could be */
  constructor(store: DiskStore, writable: boolean) {
    this.location = store.location;
    this.writable = writable && store.writable;
    this.#store = store;
  }

  async entry(mv: ModVer): Promise<IndexEntry | undefined> {
    return await this.#store.entry(mv);
  }

  async fetch(mv: ModVer, kind: FileKind, tempFile: () => string): Promise<Fetched | undefined> {
    if (this.#refused.has(nameOf(mv, kind))) return undefined;
    const entry = await this.#store.entry(mv);
    if (entry?.[kind] === undefined) return undefined;
    const file = await this.#store.get(mv, kind, undefined, 'later');
    if (file === undefined || file.unproven === true) return undefined;
    if (kind !== 'zip') return { entry, bytes: file.bytes ?? (await buffer(file.stream())) };
    const copy = tempFile();
    try {
      await pipeline(file.stream(), createWriteStream(copy, { flags: 'wx', mode: 0o600 }));
    } catch (error) {
      await removeQuietly(copy);
      throw error;
    }
    return { entry, file: copy };
  }

  refuse(mv: ModVer, kind: FileKind): void {
    this.#refused.add(nameOf(mv, kind));
  }

  async upload(mv: ModVer, { info, mod, zip, origin }: Upload): Promise<Uploaded> {
    if (!this.writable) return { files: 0, bytes: 0 };
    const common = { ...(info === undefined ? {} : { info }), ...(mod === undefined ? {} : { mod }) };
    const small = (info?.length ?? 0) + (mod?.bytes.length ?? 0);
    const commit = { ...common, ...(origin === undefined ? {} : { origin }) };
    if (zip === undefined) {
      await this.#store.commit(mv, commit);
      return { files: Object.keys(common).length, bytes: small };
    }
    const { file, facts, h1, by } = zip;
    const copy = this.#store.tempFile();
    // Shared where the file system can; the original stays whose it is.
    await copyFile(file, copy, FS.COPYFILE_FICLONE);
    await this.#store.commit(mv, {
      ...commit,
      zip: { file: copy, h1, by, facts, representation: 'original', original: facts },
    });
    this.#refused.delete(nameOf(mv, 'zip'));
    return { files: Object.keys(common).length + 1, bytes: small + facts.size };
  }

  async touch(mv: ModVer): Promise<void> {
    if (this.writable) await this.#store.touch(mv);
  }

  async list(modulePath: string): Promise<string[]> {
    return await this.#store.list(modulePath);
  }

  versions(): AsyncIterable<StoredVersion> {
    return this.#store.versions();
  }

  async getSoft(key: string): Promise<{ readonly bytes: Buffer; readonly storedAt: number } | undefined> {
    return await this.#store.getSoft(key);
  }

  async putSoft(key: string, bytes: Buffer): Promise<boolean> {
    if (!this.writable) return false;
    const there = await this.#store.getSoft(key);
    if (there?.bytes.equals(bytes) === true) return false;
    await this.#store.putSoft(key, bytes);
    return true;
  }

  async noteUse({ use }: UseAtEnd): Promise<void> {
    if (use !== undefined && this.writable) await appendUse(this.#store, use);
  }

  async close(): Promise<void> {
    if (this.writable) await this.#store.flush();
  }
}

function nameOf({ path, version }: ModVer, kind: FileKind): string {
  return `${path}@${version}.${kind}`;
}
