import { NoteError, openNote, type Verifier } from './note.ts';
import { parseTree } from './record.ts';
import { asFault, MAX_LOOKUP_BYTES, SumDbError, type SumDbSource } from './sumdb-ops.ts';
import type { TileReader } from './tile-reader.ts';
import {
  EMPTY_TREE_HASH,
  foldSubTrees,
  formatHash,
  type Hash,
  proveTree,
  sameHash,
  subTreeIndexes,
  type Tree,
} from './tree.ts';

/** A tree head and the note that signs it. */
export interface Head {
  readonly tree: Tree;
  /** The signed note; undefined for the empty tree from which everybody starts. */
  readonly note: Uint8Array | undefined;
}

const MAX_MERGE_ROUNDS = 100;

function indent(note: Uint8Array | undefined): string {
  return Buffer.from(note ?? [])
    .toString('utf8')
    .replaceAll('\n', '\n\t');
}

/** The one history of a database as far as it is known: heads are taken in only where they agree with it. */
export class Timeline {
  readonly #source: SumDbSource;
  readonly #tiles: TileReader;
  readonly #verifier: Verifier;
  #head: Head = { tree: { size: 0, hash: EMPTY_TREE_HASH }, note: undefined };
  #started: Promise<void> | undefined;

  constructor(source: SumDbSource, tiles: TileReader, verifier: Verifier) {
    this.#source = source;
    this.#tiles = tiles;
    this.#verifier = verifier;
  }

  /** The newest head known. */
  get head(): Head {
    return this.#head;
  }

  /** Loads the recorded head, once. One that the key did not sign is as good as none. Never rejects. */
  start(): Promise<void> {
    this.#started ??= (async () => {
      const recorded = this.#tryOpen(await this.#source.readLatest());
      if (recorded !== undefined) this.#head = recorded;
    })();
    return this.#started;
  }

  #tryOpen(note: Uint8Array | undefined): Head | undefined {
    try {
      return note && this.open(note);
    } catch {
      return undefined;
    }
  }

  /** Reads a signed head and checks its signature. Throws `SumDbError`. */
  open(note: Uint8Array): Head {
    if (note.byteLength > MAX_LOOKUP_BYTES) {
      throw new SumDbError(
        'bad-response',
        `a tree head of ${this.#source.name} is larger than ${MAX_LOOKUP_BYTES} bytes`,
      );
    }
    try {
      const tree = parseTree(openNote(note, [this.#verifier]).text);
      if (tree !== undefined) return { tree, note };
    } catch (cause) {
      if (!(cause instanceof NoteError)) throw cause;
      const code = cause.code === 'malformed' ? 'bad-response' : 'bad-signature';
      throw new SumDbError(code, `reading a tree head of ${this.#source.name}: ${cause.message}`, { cause });
    }
    throw new SumDbError('bad-response', `reading a tree head of ${this.#source.name}: malformed tree note`);
  }

  /** Asks for the newest head, merges it, and gives the newest signed note. Throws `SumDbError`. */
  async update(): Promise<Uint8Array> {
    const note = await this.#source.remote('/latest', MAX_LOOKUP_BYTES).catch(error => {
      throw asFault(error);
    });
    await this.merge(note);
    return this.#head.note ?? note;
  }

  /**
   * Takes a signed head into our timeline, and into the recorded one when ours went on.
   *
   * @throws SumDbError `fork` (after `securityError` was told) when the head contradicts ours
   */
  async merge(note: Uint8Array): Promise<void> {
    if ((await this.#mergeInMemory(this.open(note))) !== 'future') return;
    for (let round = 0; round < MAX_MERGE_ROUNDS; round++) {
      const recorded = await this.#source.readLatest();
      const head = this.#tryOpen(recorded);
      if (head !== undefined && (await this.#mergeInMemory(head)) !== 'past') return;
      const next = this.#head.note;
      if (next === undefined || (await this.#source.writeLatest(recorded, next))) return;
    }
  }

  /** Tells where the head lies as seen from ours; ours is moved forward to it. */
  async #mergeInMemory(head: Head): Promise<'past' | 'now' | 'future'> {
    for (;;) {
      const ours = this.#head;
      if (head.tree.size <= ours.tree.size) {
        await this.#checkPrefix(head, ours);
        return head.tree.size < ours.tree.size ? 'past' : 'now';
      }
      await this.#checkPrefix(ours, head);
      // Another merge may have moved our head while tiles were read; then this one is compared anew.
      if (this.#head === ours) {
        this.#head = head;
        return 'future';
      }
    }
  }

  /** Checks that the older head is on the newer one's timeline. */
  async #checkPrefix(older: Head, newer: Head): Promise<void> {
    const fits = (hash: Hash) => sameHash(hash, older.tree.hash);
    let hash: Hash;
    if (older.tree.size === newer.tree.size) hash = newer.tree.hash;
    else if (older.tree.size === 0) hash = EMPTY_TREE_HASH;
    else {
      const indexes = subTreeIndexes(0, older.tree.size);
      const read = await this.#tiles.authenticate(newer.tree, indexes, hashes => fits(foldSubTrees(hashes)));
      hash = foldSubTrees(read.hashes);
    }
    if (fits(hash)) return;
    this.#source.securityError(await this.#forkReport(older, newer, hash));
    throw new SumDbError(
      'fork',
      `SECURITY ERROR: ${this.#source.name} signed two histories that contradict each other`,
    );
  }

  async #forkReport(older: Head, newer: Head, hash: Hash): Promise<string> {
    let proof: string;
    try {
      const read = async (indexes: readonly number[]) =>
        (await this.#tiles.authenticate(newer.tree, indexes, () => false)).hashes;
      const hashes = await proveTree(newer.tree.size, older.tree.size, read);
      proof = [hash, ...hashes].map(formatHash).join('\n\t');
    } catch (error) {
      proof = `${formatHash(hash)}\n\tnot complete: ${error instanceof Error ? error.message : error}`;
    }
    return [
      'SECURITY ERROR',
      'go.sum database server misbehavior detected!',
      '',
      `old database:\n\t${indent(older.note)}`,
      `new database:\n\t${indent(newer.note)}`,
      `proof of misbehavior:\n\t${proof}`,
      '',
    ].join('\n');
  }
}
