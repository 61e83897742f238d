import { escapePath, escapeVersion } from '../../gomod/module-path.ts';
import { openNote, parseVerifierKey } from '../../tlog/note.ts';
import { formatRecord, parseRecord, parseTree } from '../../tlog/record.ts';
import { MAX_LOOKUP_BYTES, SumDbSource } from '../../tlog/sumdb-ops.ts';
import { tilePath } from '../../tlog/tile.ts';
import { type FetchedTile, TileReader } from '../../tlog/tile-reader.ts';
import { type Hash, recordHash, sameHash, storedHashIndex, type Tree } from '../../tlog/tree.ts';
import type { ModVer, Store } from '../types.ts';
import { byUnits } from './keys.ts';
import { inOrder } from './ordered.ts';
import type { Staging } from './staging.ts';
import type { SumDbProofs } from './types.ts';

/** A version of which a record is wanted. */
export interface Provable extends ModVer {
  readonly h1: string | undefined;
  readonly goModH1: string | undefined;
  /** Nobody may ask the database for it: only what the store has of it is used. */
  readonly quiet: boolean;
}

export interface Proofs {
  /** Keys of the files that were staged, sorted. */
  readonly keys: readonly string[];
  readonly records: number;
  readonly without: number;
  readonly why?: string;
  /** Versions that the database knows by another hash: `path@version` to a sentence. */
  readonly contradicted: ReadonlyMap<string, string>;
}

export interface ProofsRequest {
  readonly sumdb: SumDbProofs;
  readonly store: Pick<Store, 'getSoft'>;
  readonly staging: Staging;
  readonly versions: Iterable<Provable>;
  readonly onRecord?: (records: number) => void;
  readonly signal?: AbortSignal;
}

interface Head {
  readonly tree: Tree;
  readonly note: Buffer;
}

interface Found {
  readonly name: string;
  readonly key: string;
  readonly id: number;
  readonly text: Buffer;
}

/** Versions at once where each waits for the network. */
const ASKED_AT_ONCE = 32;
/** Records whose tiles are authenticated together: most of the work is the edge of the tree, which they share. */
const BATCH = 64;
/** Tree heads that are tried, newest first. */
const MAX_HEADS = 8;

/**
 * Stages what `go` asks of a checksum database for these versions, so that it finds all of it in a tree of files: each
 * record behind one and the same tree head, and the tiles that prove it in that tree. A record that cannot be proven
 * is not staged.
 */
export async function stageProofs(request: ProofsRequest): Promise<Proofs> {
  return await new Prover(request).run();
}

class Prover {
  readonly #request: ProofsRequest;
  readonly #heads: Head[] = [];
  readonly #keys = new Set<string>();
  readonly #contradicted = new Map<string, string>();
  readonly #prefix: string;
  readonly #tiles: TileReader;
  #without = 0;
  #why: string | undefined;
  #records = 0;

  constructor(request: ProofsRequest) {
    this.#request = request;
    const { name, ask } = request.sumdb;
    this.#prefix = `sumdb/${name}`;
    const source = new SumDbSource(name, {
      readRemote: async path => {
        const bytes = await ask?.(path);
        if (bytes !== undefined) return bytes;
        throw new Error(ask === undefined ? 'it is not in the store' : 'the database does not have it');
      },
      readCache: async path => (await request.store.getSoft(`${this.#prefix}${path}`))?.bytes,
      writeCache: async () => undefined,
      readLatest: async () => undefined,
      writeLatest: async () => 'ok',
      securityError: () => undefined,
    });
    this.#tiles = new TileReader(source);
  }

  async run(): Promise<Proofs> {
    const found = await this.#collect();
    const head = found.length === 0 ? undefined : await this.#newestHead();
    if (head === undefined) {
      for (const _ of found) this.#lacks('no signed tree head that is proven by tiles is in the store');
    } else {
      for (let at = 0; at < found.length; at += BATCH) {
        this.#request.signal?.throwIfAborted();
        await this.#proveAll(head, found.slice(at, at + BATCH));
      }
      if (this.#records > 0) {
        await this.#stage(`${this.#prefix}/latest`, head.note);
        await this.#stage(`${this.#prefix}/supported`, Buffer.alloc(0));
      }
    }
    return {
      keys: [...this.#keys].sort(byUnits),
      records: this.#records,
      without: this.#without,
      ...(this.#why === undefined ? {} : { why: this.#why }),
      contradicted: this.#contradicted,
    };
  }

  async #collect(): Promise<Found[]> {
    const { sumdb, store, versions, signal } = this.#request;
    const found: Found[] = [];
    const width = sumdb.ask === undefined ? 1 : ASKED_AT_ONCE;
    for await (const one of inOrder(versions, width, version => this.#record(version))) {
      signal?.throwIfAborted();
      if (one !== undefined) found.push(one);
    }
    const note =
      (await this.#ask('/latest'))?.bytes ?? (await store.getSoft(`${this.#prefix}/latest`))?.bytes;
    if (note !== undefined) this.#addHead(Buffer.from(note));
    return found.sort((a, b) => byUnits(a.key, b.key));
  }

  async #record(version: Provable): Promise<Found | undefined> {
    const path = `/lookup/${escapePath(version.path)}@${escapeVersion(version.version)}`;
    const key = `${this.#prefix}${path}`;
    const kept = (await this.#request.store.getSoft(key))?.bytes;
    const asked = kept === undefined && !version.quiet ? await this.#ask(path) : undefined;
    const bytes = kept ?? asked?.bytes;
    if (bytes === undefined) {
      if (!version.quiet) this.#lacks(asked?.why ?? 'the store does not have it');
      return undefined;
    }
    const record = bytes.byteLength > MAX_LOOKUP_BYTES ? undefined : parseRecord(bytes);
    if (record === undefined) {
      this.#lacks('what the store has is no record');
      return undefined;
    }
    const name = `${version.path}@${version.version}`;
    const why = contradiction(record.text.toString('utf8'), version);
    if (why !== undefined) {
      this.#contradicted.set(name, `${why} (${this.#request.sumdb.name})`);
      return undefined;
    }
    this.#addHead(record.head);
    return { name, key, id: record.id, text: Buffer.from(record.text) };
  }

  async #ask(path: string): Promise<{ readonly bytes?: Uint8Array; readonly why?: string } | undefined> {
    const { ask, name } = this.#request.sumdb;
    if (ask === undefined) return undefined;
    try {
      const bytes = await ask(path);
      return bytes === undefined ? { why: `${name} does not know it` } : { bytes };
    } catch (error) {
      return { why: error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error) };
    }
  }

  /** Keeps the newest heads that the database signed. */
  #addHead(note: Buffer): void {
    try {
      const { text } = openNote(note, [parseVerifierKey(this.#request.sumdb.key)]);
      const tree = parseTree(text);
      if (tree === undefined || this.#heads.some(head => head.tree.size === tree.size)) return;
      this.#heads.push({ tree, note: Buffer.from(note) });
      this.#heads.sort((a, b) => b.tree.size - a.tree.size);
      this.#heads.length = Math.min(this.#heads.length, MAX_HEADS);
    } catch {
      // One that the key did not sign is as good as none.
    }
  }

  /** The newest head whose edge is proven by tiles that can be had. */
  async #newestHead(): Promise<Head | undefined> {
    let why: string | undefined;
    for (const head of this.#heads) {
      try {
        await this.#tiles.authenticate(head.tree, [], () => true);
        return head;
      } catch (error) {
        why ??= messageOf(error);
      }
    }
    this.#why ??= why;
    return undefined;
  }

  async #proveAll(head: Head, batch: readonly Found[]): Promise<void> {
    const proven = await this.#prove(head, batch).catch((error: unknown) => {
      if (batch.length === 1) this.#lacks(messageOf(error));
      return false;
    });
    if (proven) return;
    // One that cannot be proven spoils the batch.
    if (batch.length > 1) for (const one of batch) await this.#proveAll(head, [one]);
  }

  async #prove(head: Head, batch: readonly Found[]): Promise<boolean> {
    const beyond = batch.some(({ id }) => id >= head.tree.size);
    if (beyond) throw new Error('its record is newer than the tree head that can be proven');
    const indexes = batch.map(({ id }) => storedHashIndex(0, id));
    const fits = (hashes: readonly Hash[]) =>
      batch.every(({ text }, i) => {
        const hash = hashes[i];
        return hash !== undefined && sameHash(hash, recordHash(text));
      });
    const { tiles, believed } = await this.#tiles.authenticate(head.tree, indexes, fits);
    if (!believed) throw new Error('its record is not the one in the signed tree');
    for (const tile of tiles) await this.#stageTile(tile);
    for (const { key, id, text } of batch) {
      await this.#stage(
        key,
        Buffer.concat([Buffer.from(formatRecord(id, text.toString('utf8'))), head.note]),
      );
      this.#records += 1;
    }
    this.#request.onRecord?.(this.#records);
    return true;
  }

  async #stageTile({ tile, data }: FetchedTile): Promise<void> {
    await this.#stage(`${this.#prefix}/${tilePath(tile)}`, data);
  }

  async #stage(key: string, bytes: Uint8Array): Promise<void> {
    if (this.#keys.has(key)) return;
    await this.#request.staging.write(key, bytes);
    this.#keys.add(key);
  }

  #lacks(why: string): void {
    this.#without += 1;
    this.#why ??= why;
  }
}

/** What the database says of a version otherwise than the store, as a sentence. */
function contradiction(text: string, { path, version, h1, goModH1 }: Provable): string | undefined {
  const lines = text.split('\n');
  for (const [name, ours] of [
    [`${path} ${version}`, h1],
    [`${path} ${version}/go.mod`, goModH1],
  ] as const) {
    const theirs = lines.find(line => line.startsWith(`${name} h1:`))?.slice(name.length + 1);
    if (ours !== undefined && theirs !== undefined && ours !== theirs) {
      return `the index has ${ours} where the checksum database has ${theirs}`;
    }
  }
  return undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
}
