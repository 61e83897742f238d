import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { type ExportArchive, type ExportMember, openExport } from '../export/archive-reader.ts';
import { ExportError } from '../export/errors.ts';
import { removeQuietly } from '../files.ts';
import type { FileKind, ModVer } from '../types.ts';
import type { Beside } from './tree.ts';
import type { Offer, OfferedFile } from './types.ts';

/** Where the parts of an archive go while it is read. */
export interface ArchivePlaces {
  /** For the manifest and the records of the checksum database. */
  readonly scratch?: string;
  /** A path for a new file on the file system of the store; undefined: below `scratch`. */
  readonly tempFile: (() => string) | undefined;
  /** Whether a file of a version is to be had at all. */
  readonly needs: (mv: ModVer, kind: FileKind) => Promise<boolean>;
  readonly manifest?: string;
  readonly signal?: AbortSignal;
}

/** Most bytes of the checksum database that are put below `scratch`: enough for more than 100,000 versions. */
const MAX_RECORD_BYTES = 2 * 1024 ** 3;

type Files = Partial<Record<FileKind, OfferedFile>>;

/**
 * Every version of an archive of `cache export`, in its order. The records of the checksum database, which come first,
 * are put below `scratch` by their keys; a zip is put into a temp file that whoever gets the offer removes. The
 * manifest's word is enough to find what changed on the way, and vouches for nothing.
 *
 * Rejects with ExportError when it is no such archive, with StoreError when the store or `scratch` fails. An archive
 * that breaks off is told of, and the offers end.
 */
export async function* walkArchive(
  file: string,
  beside: Beside,
  places: ArchivePlaces,
): AsyncGenerator<Offer> {
  const { scratch, manifest, signal } = places;
  if (scratch === undefined) throw new Error('an archive cannot be read without a scratch directory');
  const archive = await openExport(file, {
    tempDir: scratch,
    ...(manifest === undefined ? {} : { manifest }),
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    yield* new ArchiveWalk(file, archive, beside, places, scratch).offers();
  } finally {
    await archive.close();
  }
}

class ArchiveWalk {
  readonly #file: string;
  readonly #archive: ExportArchive;
  readonly #beside: Beside;
  readonly #places: ArchivePlaces;
  readonly #scratch: string;
  #staged = 0;
  #recordBytes = 0;
  #over = false;

  constructor(file: string, archive: ExportArchive, beside: Beside, places: ArchivePlaces, scratch: string) {
    this.#file = file;
    this.#archive = archive;
    this.#beside = beside;
    this.#places = places;
    this.#scratch = scratch;
  }

  async *offers(): AsyncGenerator<Offer> {
    let current: { readonly mv: ModVer; readonly files: Files } | undefined;
    try {
      for (let member = await this.#next(); member !== undefined; member = await this.#next()) {
        const { means, key } = member.file;
        if (means.what === 'sumdb') {
          await this.#record(member);
          continue;
        }
        if (!('path' in means)) continue;
        const mv = { path: means.path, version: means.version };
        if (current !== undefined && !isSame(current.mv, mv)) {
          const whole = current;
          current = undefined;
          yield offerOf(whole);
        }
        const files = current?.files ?? {};
        current = { mv, files };
        const offered = await this.#offered(member, mv, means.what, key);
        if (offered !== undefined) files[means.what] = offered;
      }
      if (current !== undefined) {
        const whole = current;
        current = undefined;
        yield offerOf(whole);
      }
    } finally {
      // Nobody got these.
      for (const { file, own } of Object.values(current?.files ?? {}))
        if (own === true) await removeQuietly(file);
    }
  }

  /** Undefined after the last one, also where the archive breaks off. */
  async #next(): Promise<ExportMember | undefined> {
    while (!this.#over) {
      try {
        return await this.#archive.next();
      } catch (error) {
        this.#broken(error, path.basename(this.#file));
      }
    }
    return undefined;
  }

  async #record(member: ExportMember): Promise<void> {
    const { key, size } = member.file;
    this.#recordBytes += size;
    // Whoever made it up: the rest of them has to come from the database itself.
    if (this.#recordBytes > MAX_RECORD_BYTES) return;
    const to = path.join(this.#scratch, ...key.split('/'));
    await this.#content(key, async () => {
      await fsp.mkdir(path.dirname(to), { recursive: true });
      await member.writeTo(to);
      return true;
    });
  }

  async #offered(
    member: ExportMember,
    mv: ModVer,
    kind: FileKind,
    key: string,
  ): Promise<OfferedFile | undefined> {
    const { tempFile, needs } = this.#places;
    this.#staged += 1;
    const file = tempFile?.() ?? path.join(this.#scratch, `${this.#staged}.zip`);
    // Its content is compared with the manifest all the same, when the next one is asked for.
    if (!(await needs(mv, kind))) return { file, name: key };
    return await this.#content(key, async () => {
      if (kind !== 'zip') return { file, name: key, bytes: await member.bytes() };
      await member.writeTo(file);
      return { file, name: key, own: true };
    });
  }

  /** Undefined for what is told as damaged. */
  async #content<T>(key: string, take: () => Promise<T>): Promise<T | undefined> {
    try {
      return await take();
    } catch (error) {
      this.#broken(error, key);
      return undefined;
    }
  }

  /** After a file that is not what it should be the archive goes on, after anything else it is over. */
  #broken(error: unknown, path: string): void {
    if (!(error instanceof ExportError)) throw error;
    this.#over = error.code !== 'changed';
    if (error.code !== 'cancelled') this.#beside.onDamaged(path, error.message);
  }
}

function isSame(a: ModVer, b: ModVer): boolean {
  return a.path === b.path && a.version === b.version;
}

function offerOf({ mv, files }: { readonly mv: ModVer; readonly files: Files }): Offer {
  const name = Object.values(files)[0]?.name ?? '';
  return { ...mv, name: name.slice(0, Math.max(0, name.lastIndexOf('.'))), files };
}
