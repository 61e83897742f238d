import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { formatVersionList } from '../../gomod/list.ts';
import { escapePath, escapeVersion } from '../../gomod/module-path.ts';
import { factsOf, h1Of, voucherOf } from '../index-entry.ts';
import { FILE_KINDS, versionKeys } from '../layout.ts';
import { latestOf, listed } from '../lists.ts';
import type { FileKind, ModVer, Store } from '../types.ts';
import { byUnits } from './keys.ts';
import { type ExportedFile, type ExportHead, formatFile } from './manifest.ts';
import { inOrder } from './ordered.ts';
import type { Staging } from './staging.ts';
import type { LeftOut, Selection } from './types.ts';

/** A version and the files of it that are wanted. */
export interface Chosen extends ModVer {
  readonly kinds: readonly FileKind[];
}

export interface SurveyRequest {
  readonly store: Store;
  readonly staging: Staging;
  /** Where the lines of the manifest go. */
  readonly lines: FileHandle;
  readonly selection: Pick<Selection, 'took'>;
  readonly damage: ReadonlyMap<string, string>;
  /** Versions that are not exported for another reason: `path@version` to a sentence. */
  readonly contradicted: ReadonlyMap<string, string>;
  readonly onLeftOut: (file: LeftOut) => void;
  readonly onVersion: (bytes: number) => void;
  readonly signal: AbortSignal | undefined;
}

/** What is to be exported, as far as it was looked at. */
export interface Surveyed extends ExportHead {
  readonly modules: number;
  /** Zips that are there in their stored form only. */
  readonly stored: number;
}

/** Versions that are read at once: hashing has threads of its own, and a bucket takes its time for an answer. */
export const AT_ONCE = 16;
const FLUSH_CHARS = 256 * 1024;

/** A version's files that are what the index says. */
interface Sound extends ModVer {
  readonly files: readonly (ExportedFile & { readonly kind: FileKind })[];
  /** Where .info, .mod and .zip are there. */
  readonly info: Buffer | undefined;
}

/**
 * Reads every file that is to be exported and compares it with the index, stages the lists, and writes the lines of
 * the manifest in their order: nothing of an archive can be written before its manifest.
 */
export class Survey {
  readonly #request: SurveyRequest;
  readonly #count = { files: 0, bytes: 0, versions: 0, modules: 0, stored: 0 };
  #pending = '';

  constructor(request: SurveyRequest) {
    this.#request = request;
  }

  /** Takes files that are staged, in the order of the manifest. */
  async staged(keys: Iterable<string>): Promise<void> {
    for (const key of keys) await this.#line(describe(key, await this.#request.staging.read(key)));
  }

  /** @param chosen in the order of `sortChosen` */
  async modules(chosen: readonly Chosen[]): Promise<void> {
    for (let at = 0; at < chosen.length; ) {
      const path = chosen[at]?.path ?? '';
      let end = at;
      while (chosen[end]?.path === path) end += 1;
      await this.#module(path, chosen.slice(at, end));
      at = end;
    }
  }

  async end(): Promise<Surveyed> {
    await this.#flush();
    return this.#count;
  }

  async #module(path: string, chosen: readonly Chosen[]): Promise<void> {
    const sound: Sound[] = [];
    for await (const version of inOrder(chosen, AT_ONCE, one => this.#version(one))) {
      this.#request.signal?.throwIfAborted();
      if (version.files.length > 0) sound.push(version);
    }
    if (sound.length === 0) return;
    this.#count.modules += 1;
    const whole = new Map(
      sound.flatMap(({ version, info }) => (info === undefined ? [] : [[version, info]])),
    );
    const latest = latestOf([...whole.keys()]);
    if (latest !== undefined)
      await this.#lists(path, [...whole.keys()], whole.get(latest) ?? Buffer.alloc(0));
    for (const { files, ...mv } of sound) {
      for (const { kind, ...file } of files) {
        if (kind === 'zip') this.#count.versions += 1;
        if (file.representation === 'stored') this.#count.stored += 1;
        this.#request.selection.took(mv, kind);
        await this.#line(file);
      }
    }
  }

  /** go asks for the .info, .mod and .zip of whatever these name. */
  async #lists(path: string, versions: readonly string[], latest: Buffer): Promise<void> {
    const dir = escapePath(path);
    const { staging } = this.#request;
    const list = formatVersionList(listed(versions).map(version => ({ version })));
    for (const [key, bytes] of [
      [`${dir}/@latest`, latest],
      [`${dir}/@v/list`, list],
    ] as const) {
      await staging.write(key, bytes);
      await this.#line(describe(key, bytes));
    }
  }

  async #version({ path, version, kinds }: Chosen): Promise<Sound> {
    const { store, contradicted, onLeftOut, onVersion } = this.#request;
    const mv = { path, version };
    const keys = versionKeys(mv);
    const nothing: Sound = { ...mv, files: [], info: undefined };
    if (keys === undefined) return nothing;
    const why = contradicted.get(`${path}@${version}`);
    if (why !== undefined) {
      onLeftOut({ key: keys.files.zip, why, state: 'damaged' });
      return nothing;
    }
    const entry = await store.entry(mv);
    const files: Sound['files'][number][] = [];
    let info: Buffer | undefined;
    let bytes = 0;
    for (const kind of FILE_KINDS) {
      if (!kinds.includes(kind)) continue;
      const key = keys.files[kind];
      const facts = factsOf(entry, kind);
      const file = facts === undefined ? undefined : await store.get(mv, kind, undefined, 'later');
      if (entry === undefined || facts === undefined || file === undefined) {
        onLeftOut(this.#leftOut(key, keys.index, facts !== undefined));
        continue;
      }
      bytes += facts.size;
      if (kind === 'info') info = file.bytes;
      const h1 = h1Of(entry, kind);
      const by = voucherOf(entry, kind);
      files.push({
        kind,
        key,
        size: facts.size,
        sha256: facts.sha256,
        ...(h1 === undefined ? {} : { h1 }),
        ...(by === undefined ? {} : { by }),
        ...(file.representation === 'stored' ? { representation: 'stored' } : {}),
      });
    }
    onVersion(bytes);
    return { ...mv, files, info: files.length === FILE_KINDS.length ? info : undefined };
  }

  #leftOut(key: string, index: string, indexed: boolean): LeftOut {
    const { damage } = this.#request;
    const what = damage.get(key) ?? damage.get(index);
    if (what !== undefined) return { key, why: what, state: 'damaged' };
    if (indexed) return { key, why: 'it went away while the store was exported', state: 'unknown' };
    return { key, why: 'the index of the store does not tell what it should be', state: 'unknown' };
  }

  async #line(file: ExportedFile): Promise<void> {
    this.#count.files += 1;
    this.#count.bytes += file.size;
    this.#pending += `${formatFile(file)}\n`;
    if (this.#pending.length >= FLUSH_CHARS) await this.#flush();
  }

  async #flush(): Promise<void> {
    const text = this.#pending;
    this.#pending = '';
    await this.#request.lines.appendFile(text);
  }
}

/** Sorts versions as the manifest has them. */
export function sortChosen(chosen: Chosen[]): void {
  const places = new Map(
    chosen.map(one => [one, [escapePath(one.path), escapeVersion(one.version)] as const]),
  );
  chosen.sort((a, b) => {
    const [[path, version], [otherPath, otherVersion]] = [
      places.get(a) ?? ['', ''],
      places.get(b) ?? ['', ''],
    ];
    return byUnits(path, otherPath) || byUnits(version, otherVersion);
  });
}

function describe(key: string, bytes: Uint8Array): ExportedFile {
  return { key, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
