import { join } from 'node:path';
import { inputOf } from './batch-input.ts';
import { JournalWriter } from './journal.ts';
import type { JournalHeader } from './journal-record.ts';
import { type OwnLink, type Tally, tallyOf } from './own-link.ts';
import { chunksOf, contentOf, halves, type Piece } from './pieces.ts';
import { quarantine } from './quarantine.ts';
import type { AuditFinding, Inventory } from './record.ts';
import { AUDIT_FILES, type Link, type Recovered, recover } from './recover.ts';
import { readOwn, sealAside } from './seal.ts';
import type { Kept, Source } from './source.ts';
import { Spool } from './spool.ts';
import { takeRequests } from './take.ts';
import type { Ack, SealedBatch } from './types.ts';

/** Batches that wait for a store that is away may take this much of the disk; more stays in the journal. */
const MAX_SPOOL = 256 * 1024 * 1024;
/** Batches that no disk took are kept in memory up to this, at the end of a session. */
const MAX_VOLATILE = 16 * 1024 * 1024;

export interface OutboxOptions {
  readonly sessionDir: string;
  /** The writer of the session's journal; nobody else may be writing it. */
  readonly journal: JournalWriter;
  readonly now?: () => number;
  readonly maxSpoolBytes?: number;
  /** Default: `spool` in the session directory. */
  readonly spool?: Spool;
}

/** What only the end of a session knows. */
export interface Closing {
  readonly inventories: readonly Inventory[];
  readonly findings: readonly AuditFinding[];
  /** Why the session ended. */
  readonly reason: string;
  /** Beside what follows from the requests. */
  readonly counts?: Readonly<Record<string, number>>;
}

/**
 * The batches of one session: sealed from its journal, spooled, noted in the journal, and only then sent. The journal
 * is the buffer before that, so that nothing waits in memory; what is sealed is numbered without gaps, each batch
 * naming the digest of the one before. All of it is found again by reading journal and spool.
 */
export class Outbox implements Source {
  readonly #sessionDir: string;
  readonly #journal: JournalWriter;
  readonly #header: JournalHeader;
  readonly #spool: Spool;
  readonly #now: () => number;
  readonly #maxSpoolBytes: number;
  readonly #links: OwnLink[] = [];
  /** gzip of batches that could not be spooled, by digest. */
  readonly #volatile = new Map<string, Buffer>();
  /** Everything in the journal before this offset is in a batch. */
  #offset = 0;
  #offsetMs: number | undefined;
  #end: Recovered['end'];
  #refused = 0;
  #busy: Promise<unknown> = Promise.resolve();

  private constructor(options: OutboxOptions, header: JournalHeader) {
    this.#sessionDir = options.sessionDir;
    this.#journal = options.journal;
    this.#header = header;
    this.#spool = options.spool ?? new Spool(join(options.sessionDir, AUDIT_FILES.spool));
    this.#now = options.now ?? Date.now;
    this.#maxSpoolBytes = options.maxSpoolBytes ?? MAX_SPOOL;
  }

  /**
   * Takes up where the session stands, after a kill at any point too. Rejects with the error of the system, and when
   * the journal has no header.
   */
  static async open(options: OutboxOptions): Promise<Outbox> {
    await options.journal.flush();
    const found = await recover(options.sessionDir);
    const header = options.journal.header ?? found.header;
    if (header === undefined) {
      throw new Error(
        `the journal ${options.journal.path} has no header, so that nobody can say which job its records are of`,
      );
    }
    const outbox = new Outbox(options, header);
    outbox.#offsetMs = found.offsetMs;
    outbox.#end = found.end;
    outbox.#refused = found.refused;
    // Nothing of this is needed on a disk that cannot be written, from which a session can still be closed.
    await outbox.#spool.clean().catch(() => undefined);
    const sizes = new Map((await outbox.#spool.list()).map(({ digest, bytes }) => [digest, bytes]));
    const known = found.chain.length - found.adopted;
    for (const [n, link] of found.chain.entries()) {
      outbox.#links.push({ ...link, bytes: sizes.get(link.digest) ?? 0, noted: n < known });
    }
    await outbox.#noteAll();
    for (const file of found.superseded) await outbox.#spool.remove(file).catch(() => undefined);
    return outbox;
  }

  /** Opens the journal of a session whose daemon is gone, and its outbox; `close` closes both. */
  static async reopen(options: Omit<OutboxOptions, 'journal'>): Promise<Outbox> {
    const path = join(options.sessionDir, AUDIT_FILES.journal);
    const journal = await JournalWriter.open(path, { onTrouble: () => undefined });
    try {
      return await Outbox.open({ ...options, journal });
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#busy.catch(() => undefined);
    await this.#journal.close();
  }

  /** All batches so far. */
  get links(): readonly (Omit<Link, 'state'> & { readonly state: string; readonly kept?: string })[] {
    return this.#links;
  }

  get isClosed(): boolean {
    return this.#links.at(-1)?.phase === 'close';
  }

  /** Why the daemon ended and what it counted, as the journal had it when this was opened; undefined: it was killed. */
  get end(): Recovered['end'] {
    return this.#end;
  }

  /** How the session stands, for its user. */
  get tally(): Tally {
    return tallyOf(this.#links, this.#refused);
  }

  /** Highest number of an answer that a batch tells of. */
  get lastSeq(): number {
    return this.#links.at(-1)?.lastSeq ?? 0;
  }

  /** Seals the opening batch, unless there is one. Rejects with the error of the system. */
  sealOpen(inventories: readonly Inventory[] = []): Promise<void> {
    return this.#inTurn(() => this.#sealOpen(inventories, false));
  }

  /**
   * Seals what the journal holds beyond the last batch, as far as the spool has room: whole batches, and with `all`
   * the rest too. Rejects with the error of the system; what could not be sealed is tried again by the next call.
   */
  sealData(all: boolean): Promise<void> {
    return this.#inTurn(() => this.#sealData(all, false));
  }

  /**
   * Seals everything, and the closing batch last; does nothing when there is one. What the spool has no room for is
   * counted as dropped. Batches that the disk does not take are held in memory, to be delivered by this process.
   */
  async sealClose(closing: Closing): Promise<void> {
    await this.#journal.flush();
    await this.#inTurn(async () => {
      if (this.isClosed) return;
      await this.#sealOpen([], true);
      await this.#sealData(true, true).catch(() => undefined);
      const { inventories: all, ...end } = closing;
      const groups = chunksOf(all);
      const inventories = groups.pop() ?? [];
      for (const group of groups) {
        await this.#seal({ phase: 'data', requests: [], inventories: group, lastSeq: this.lastSeq }, true);
      }
      const lastSeq = Math.max(this.lastSeq, this.#journal.lastSeq);
      await this.#seal({ ...end, phase: 'close', requests: [], inventories, lastSeq }, true);
    });
  }

  async #sealOpen(inventories: readonly Inventory[], mayBeVolatile: boolean): Promise<void> {
    if (this.#links.length > 0) return;
    await this.#seal({ phase: 'open', requests: [], inventories, lastSeq: 0 }, mayBeVolatile);
  }

  async #sealData(all: boolean, mayBeVolatile: boolean): Promise<void> {
    while (!this.isClosed && this.#spooledBytes() < this.#maxSpoolBytes) {
      const { path, length } = this.#journal;
      const { requests, full, end } = await takeRequests(path, this.#offset, length, this.lastSeq);
      const lastSeq = requests.at(-1)?.seq;
      if (lastSeq === undefined || !(full || all)) return;
      await this.#seal({ phase: 'data', requests, inventories: [], lastSeq }, mayBeVolatile);
      this.#offset = end;
    }
  }

  async next(): Promise<SealedBatch | undefined> {
    for (const link of this.#links) {
      if (link.kept !== undefined || link.state === 'sent' || link.state === 'gone') continue;
      const bytes = this.#volatile.get(link.digest) ?? (await this.#spool.read(link));
      if (bytes === undefined) {
        link.state = (await recover(this.#sessionDir)).chain.find(
          ({ digest, state }) => digest === link.digest && state === 'sent',
        )
          ? 'sent'
          : 'gone';
        continue;
      }
      const own = await readOwn(link.digest, bytes);
      if (own !== undefined) return own.sealed;
      link.kept = 'its file is damaged';
    }
    return undefined;
  }

  async acked({ digest }: SealedBatch, ack: Ack, offsetMs: number | undefined): Promise<void> {
    await this.#inTurn(async () => {
      const link = this.#links.find(one => one.digest === digest);
      if (link === undefined) return;
      if (offsetMs !== undefined) this.#offsetMs = offsetMs;
      if (ack.refused.length > 0) await this.#quarantine(link, ack);
      this.#refused += ack.refused.length;
      link.state = 'sent';
      this.#volatile.delete(digest);
      // Without the notes the file has to tell that the batch exists; sending it again changes nothing.
      await this.#noteAll();
      if (!link.noted || !(await this.#noteAck(link, ack, offsetMs))) return;
      await this.#spool.remove(link).catch(() => undefined);
    });
  }

  async keep({ digest }: SealedBatch, why: string): Promise<void> {
    const link = this.#links.find(one => one.digest === digest);
    if (link !== undefined) link.kept = why;
  }

  kept(): readonly Kept[] {
    return this.#links.flatMap(({ no, digest, kept }) =>
      kept === undefined ? [] : [{ no, digest, why: kept }],
    );
  }

  waiting(): number {
    return this.#links.filter(({ state }) => state === 'spooled' || state === 'volatile').length;
  }

  /**
   * Takes a batch apart that is too large for the store. It and all batches after it get new numbers and digests, so
   * that the chain stays without gaps; none of them may have been sent yet. The new files are there before the journal
   * names the first of them, which takes back everything from that number on: a kill in between leaves either the
   * old chain, or the new one of which the rest is found by following the digests.
   */
  split({ digest }: SealedBatch): Promise<boolean> {
    return this.#inTurn(async () => {
      const at = this.#links.findIndex(one => one.digest === digest);
      const old = this.#links.slice(at);
      if (at < 0 || old.some(({ state }) => state === 'sent' || state === 'gone')) return false;
      const pieces: ReturnType<typeof contentOf>[] = [];
      for (const link of old) {
        const bytes = this.#volatile.get(link.digest) ?? (await this.#spool.read(link));
        const read = bytes && (await readOwn(link.digest, bytes));
        if (read === undefined) return false;
        pieces.push(contentOf(read));
      }
      const [first, ...rest] = pieces;
      const parts = first && halves(first);
      if (parts === undefined) return false;
      await this.#replace(at, [...parts, ...rest]);
      return true;
    });
  }

  async #replace(at: number, pieces: readonly Piece[]): Promise<void> {
    const old = this.#links.slice(at);
    const isVolatile = old.some(({ state }) => state === 'volatile');
    const made: OwnLink[] = [];
    let before: OwnLink | undefined = this.#links[at - 1];
    const undo = async () => {
      for (const link of made) await this.#forget(link);
    };
    try {
      for (const piece of pieces) {
        before = await this.#write(piece, before, isVolatile);
        made.push(before);
      }
      const [first] = made;
      if (first?.state === 'spooled') {
        first.noted = await this.#note(first);
        if (!first.noted) throw this.#journalTrouble();
      }
    } catch (error) {
      await undo();
      throw error;
    }
    this.#links.splice(at, old.length, ...made);
    await this.#noteAll();
    for (const link of old) await this.#forget(link);
  }

  #spooledBytes(): number {
    return this.#links.reduce((sum, { state, bytes }) => sum + (state === 'spooled' ? bytes : 0), 0);
  }

  async #seal(piece: Piece, mayBeVolatile: boolean): Promise<void> {
    const link = await this.#write(piece, this.#links.at(-1), mayBeVolatile);
    this.#links.push(link);
    if ((await this.#noteAll()) || mayBeVolatile) return;
    this.#links.pop();
    await this.#forget(link);
    throw this.#journalTrouble();
  }

  #journalTrouble(): Error {
    return new Error(`the journal ${this.#journal.path} cannot be written: ${this.#journal.trouble}`);
  }

  async #forget(link: OwnLink): Promise<void> {
    this.#volatile.delete(link.digest);
    await this.#spool.remove(link).catch(() => undefined);
  }

  /** Seals a batch that follows `before` and puts it into the spool. */
  async #write(piece: Piece, before: OwnLink | undefined, mayBeVolatile: boolean): Promise<OwnLink> {
    const { sealed } = await sealAside(
      inputOf(piece, before, {
        header: this.#header,
        now: this.#now(),
        offsetMs: this.#offsetMs,
        lossReason: this.#journal.trouble,
      }),
    );
    const { no, digest, records, gzip } = sealed;
    const { phase, lastSeq } = piece;
    const prev = before?.digest ?? null;
    const firstSeq = (before?.lastSeq ?? 0) + 1;
    const link = { no, digest, prev, phase, firstSeq, lastSeq, records, bytes: gzip.length, noted: false };
    // What follows a batch that is in no file must not outlive it.
    if (before?.state !== 'volatile') {
      try {
        await this.#spool.put(sealed);
        return { ...link, state: 'spooled' };
      } catch (error) {
        if (!mayBeVolatile) throw error;
      }
    }
    if (phase !== 'close' && this.#volatileBytes() + gzip.length > MAX_VOLATILE) {
      throw new Error('neither the disk nor the memory has room for more batches');
    }
    this.#volatile.set(digest, gzip);
    return { ...link, state: 'volatile' };
  }

  #volatileBytes(): number {
    return [...this.#volatile.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /**
   * Writes down what the journal does not name yet, in order: a later note would take back the earlier ones. What
   * is only in memory is named when a store has it. False when the journal could not be written.
   */
  async #noteAll(): Promise<boolean> {
    for (const link of this.#links) {
      if (link.noted) continue;
      if (link.state === 'volatile') return true;
      link.noted = await this.#note(link);
      if (!link.noted) return false;
    }
    return true;
  }

  async #note({ no, digest, prev, phase, firstSeq, lastSeq, records }: OwnLink): Promise<boolean> {
    const range = { first_seq: firstSeq, last_seq: lastSeq };
    return await this.#journal.commit({ kind: 'batch', no, digest, prev, phase, ...range, records });
  }

  async #noteAck({ no, digest }: OwnLink, ack: Ack, offsetMs: number | undefined): Promise<boolean> {
    const offset = offsetMs === undefined ? {} : { offset_ms: offsetMs };
    const refused = ack.refused.length === 0 ? {} : { refused: ack.refused.length };
    return await this.#journal.commit({ kind: 'ack', no, digest, ...offset, ...refused });
  }

  async #quarantine(link: OwnLink, { refused }: Ack): Promise<void> {
    try {
      const bytes = this.#volatile.get(link.digest) ?? (await this.#spool.read(link));
      await quarantine(join(this.#sessionDir, AUDIT_FILES.quarantine), link, refused, bytes);
    } catch (error) {
      const lines = refused.map(({ line, why }) => `${line} (${why})`).join(', ');
      this.#journal.note(
        `the audit store refused lines of batch ${link.no}, and they could not be written down (${String(error)}): ${lines}`.slice(
          0,
          2000,
        ),
      );
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#busy.then(work, work);
    this.#busy = turn.catch(() => undefined);
    return turn;
  }
}
