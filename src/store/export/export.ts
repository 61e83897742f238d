import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import * as fsp from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asStoreError } from '../errors.ts';
import { voucherOf } from '../index-entry.ts';
import type { FileFacts, StoredVersion } from '../types.ts';
import { type Member, writeArchive } from './archive-writer.ts';
import { ExportError } from './errors.ts';
import { MANIFEST_KEY } from './keys.ts';
import { type ExportHead, formatHead, type ListedFile } from './manifest.ts';
import { inOrder } from './ordered.ts';
import { isArchive, type Place, preparePlace } from './place.ts';
import { type Proofs, type Provable, stageProofs } from './proofs.ts';
import { readManifest } from './read-manifest.ts';
import { Staging } from './staging.ts';
import { AT_ONCE, type Chosen, Survey, type Surveyed, sortChosen } from './survey.ts';
import type { ExportReport, ExportRequest, LeftOut, SumDbReport } from './types.ts';

/** Files left out that are told one by one. */
const MAX_TOLD = 1000;
const LINES_KEY = 'modgate/export.lines';
const NO_PROOFS: Proofs = { keys: [], records: 0, without: 0, contradicted: new Map() };

/**
 * Exports a store: everything is read and compared first, then written beside `dest`, and `dest` is there whole or not
 * at all. What is damaged is left out and told. Memory grows with the number of versions, by some hundred bytes each,
 * and with no size.
 *
 * Rejects with ExportError `in-the-way`, `unsteady`, `cancelled`, and with StoreError.
 */
export async function exportStore(request: ExportRequest): Promise<ExportReport> {
  await using place = await preparePlace(request.dest);
  try {
    return await new Exporting(request, place).run();
  } catch (error) {
    if (request.signal?.aborted !== true) throw error;
    const why = `the export to ${request.dest} was ended; nothing of it is there`;
    throw new ExportError('cancelled', why, { cause: error });
  }
}

class Exporting {
  readonly #request: ExportRequest;
  readonly #place: Place;
  readonly #staging: Staging;
  readonly #leftOut = { count: 0, damaged: 0, first: [] as LeftOut[] };

  constructor(request: ExportRequest, place: Place) {
    this.#request = request;
    this.#place = place;
    this.#staging = new Staging(place.dir);
  }

  async run(): Promise<ExportReport> {
    const { dest, selection, partial, sumdb } = this.#request;
    const chosen = await this.#choose();
    const proofs = await this.#prove(chosen);
    const found = await this.#look(chosen, proofs);
    const missing = [...selection.missing()];
    const archive = isArchive(dest);
    const told = {
      dest,
      kind: archive ? 'archive' : 'tree',
      ...found,
      sumdb: sumDbReport(sumdb?.name, proofs),
      leftOut: this.#leftOut,
      missing,
    } as const;
    if (missing.length > 0 && partial !== true) return { ...told, written: false };
    const manifest = await this.#manifest(found);
    const written = archive ? await this.#archive(manifest, found) : await this.#tree(found);
    this.#request.signal?.throwIfAborted();
    await this.#place.commit();
    return { ...told, written: true, manifest, ...(written === undefined ? {} : { archive: written }) };
  }

  async #choose(): Promise<Chosen[]> {
    const { store, selection, signal, onProgress } = this.#request;
    const chosen: Chosen[] = [];
    let done = 0;
    for await (const version of store.versions()) {
      signal?.throwIfAborted();
      const kinds = thereOf(version, selection.kinds(version));
      if (kinds.length > 0) chosen.push({ path: version.path, version: version.version, kinds });
      done += 1;
      onProgress?.({ doing: 'look', done, bytes: 0 });
    }
    sortChosen(chosen);
    return chosen;
  }

  async #prove(chosen: readonly Chosen[]): Promise<Proofs> {
    const { store, sumdb, signal, onProgress } = this.#request;
    if (sumdb === undefined) return NO_PROOFS;
    const provable: Provable[] = [];
    const look = async ({ path, version }: Chosen) => ({
      path,
      version,
      entry: await store.entry({ path, version }),
    });
    for await (const { path, version, entry } of inOrder(chosen, AT_ONCE, look)) {
      signal?.throwIfAborted();
      if (entry === undefined) continue;
      const { h1, goModH1 } = entry;
      // It was pinned because no database was to hear of it.
      const quiet = [voucherOf(entry, 'zip'), voucherOf(entry, 'mod')].includes('first-seen');
      provable.push({ path, version, h1, goModH1, quiet });
    }
    const of = provable.length;
    return await stageProofs({
      sumdb,
      store,
      staging: this.#staging,
      versions: provable,
      onRecord: done => onProgress?.({ doing: 'prove', done, of, bytes: 0 }),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** Writes the lines of the manifest; see `Survey`. */
  async #look(chosen: readonly Chosen[], { keys, contradicted }: Proofs): Promise<Surveyed> {
    const { store, selection, damage, signal, onProgress } = this.#request;
    const progress = { done: 0, bytes: 0 };
    const lines = await this.#staging.open(LINES_KEY);
    try {
      const survey = new Survey({
        store,
        staging: this.#staging,
        lines,
        selection,
        damage,
        contradicted,
        onLeftOut: file => this.#leave(file),
        onVersion: bytes => {
          progress.done += 1;
          progress.bytes += bytes;
          onProgress?.({ doing: 'check', ...progress, of: chosen.length });
        },
        signal,
      });
      await survey.staged(keys);
      await survey.modules(chosen);
      return await survey.end();
    } catch (error) {
      throw mediumOr(error, this.#staging.path(LINES_KEY));
    } finally {
      await lines.close();
    }
  }

  #leave(file: LeftOut): void {
    this.#leftOut.count += 1;
    if (file.state === 'damaged') this.#leftOut.damaged += 1;
    if (this.#leftOut.first.length < MAX_TOLD) this.#leftOut.first.push(file);
  }

  /** The manifest becomes whole now that its first line is known. */
  async #manifest({ files, versions, bytes }: ExportHead): Promise<FileFacts> {
    const hash = createHash('sha256');
    const handle = await this.#staging.open(MANIFEST_KEY);
    let size = 0;
    try {
      const add = async (part: Buffer) => {
        hash.update(part);
        size += part.length;
        await handle.appendFile(part);
      };
      await add(Buffer.from(`${formatHead({ files, versions, bytes })}\n`));
      const body = this.#staging.path(LINES_KEY);
      for await (const part of createReadStream(body)) await add(part as Buffer);
      await handle.datasync();
      await fsp.rm(body);
    } catch (error) {
      throw mediumOr(error, this.#staging.path(MANIFEST_KEY));
    } finally {
      await handle.close();
    }
    return { sha256: hash.digest('hex'), size };
  }

  async #archive(manifest: FileFacts, head: ExportHead): Promise<FileFacts> {
    const first: Member = {
      key: MANIFEST_KEY,
      size: manifest.size,
      content: async () => createReadStream(this.#staging.path(MANIFEST_KEY)),
    };
    const members = async function* (this: Exporting): AsyncGenerator<Member> {
      yield first;
      for await (const file of this.#files(head)) {
        yield { key: file.key, size: file.size, content: async () => await this.#content(file) };
      }
    };
    return await writeArchive(this.#place.file, this.#request.dest.endsWith('.zst'), members.call(this));
  }

  async #tree(head: ExportHead): Promise<undefined> {
    for await (const file of this.#files(head)) {
      if (!isOfStore(file)) continue;
      const out = await this.#staging.open(file.key);
      try {
        await pipeline(await this.#content(file), out.createWriteStream());
      } catch (error) {
        throw mediumOr(error, this.#staging.path(file.key));
      } finally {
        await out.close();
      }
    }
  }

  /** The files of the manifest, as they are written. */
  async *#files({ files }: ExportHead): AsyncGenerator<ListedFile> {
    const { signal, onProgress } = this.#request;
    const progress = { done: 0, bytes: 0 };
    for await (const file of await readManifest(createReadStream(this.#staging.path(MANIFEST_KEY)))) {
      signal?.throwIfAborted();
      yield file;
      progress.done += 1;
      progress.bytes += file.size;
      onProgress?.({ doing: 'write', ...progress, of: files });
    }
  }

  /** What a file has, compared with its line of the manifest before the last byte is handed on. */
  async #content(file: ListedFile): Promise<Readable> {
    if (!isOfStore(file)) return Readable.from([await this.#staging.read(file.key)], { objectMode: false });
    const { path, version, what } = file.means;
    const found = await this.#request.store.get({ path, version }, what, undefined, 'now');
    if (found === undefined || found.size !== file.size) throw unsteady(file);
    const hash = createHash('sha256');
    const compare = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
      flush(done) {
        done(hash.digest('hex') === file.sha256 ? null : unsteady(file));
      },
    });
    const source = found.stream();
    source.once('error', error => compare.destroy(error));
    compare.once('close', () => source.destroy());
    return source.pipe(compare);
  }
}

type OfStore = ListedFile & { readonly means: { readonly what: 'info' | 'mod' | 'zip' } };

/** Whether a file comes from the store, as against those that were made for the export. */
function isOfStore(file: ListedFile): file is OfStore {
  return file.means.what === 'info' || file.means.what === 'mod' || file.means.what === 'zip';
}

function thereOf({ files }: StoredVersion, kinds: readonly ('info' | 'mod' | 'zip')[]) {
  return kinds.filter(kind => files[kind] !== undefined);
}

function sumDbReport(name: string | undefined, { records, without, why }: Proofs): SumDbReport {
  return {
    ...(name === undefined ? {} : { name }),
    records,
    without,
    ...(why === undefined ? {} : { why }),
  };
}

function unsteady({ key }: ListedFile): ExportError {
  return new ExportError(
    'unsteady',
    `the module store changed while it was exported: ${key} is gone or another one by now; nothing was exported. Run it again, and not beside a prune`,
  );
}

/** An error of the file system in the store's words; any other one as it is. */
function mediumOr(error: unknown, file: string): unknown {
  return error instanceof Error && 'syscall' in error ? asStoreError(error, file, 'write') : error;
}
