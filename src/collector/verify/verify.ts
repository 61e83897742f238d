import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BatchError, RawError } from '../../audit/errors.ts';
import { digestOfKey, rawKey } from '../../audit/raw/key.ts';
import { unpackRaw } from '../../audit/raw/object.ts';
import type { RawStore } from '../../audit/types.ts';
import { parseVerifierKey, type Verifier } from '../../tlog/note.ts';
import { formatHash } from '../../tlog/tree.ts';
import { type Checkpoint, openCheckpoint } from '../batch-log/checkpoint.ts';
import { DigestSet } from '../batch-log/digest-set.ts';
import { PUBLIC_KEY_FILE } from '../batch-log/key.ts';
import { CHECKPOINT_FILE } from '../batch-log/log.ts';
import { sha256Of } from '../ingest.ts';
import { checkedLines } from './log-lines.ts';
import { Sequences } from './sequence.ts';
import { type Deviation, type LogReport, MAX_DEVIATIONS, type VerifyReport } from './types.ts';

export interface VerifyOptions {
  /** Directory of the store: `raw/` and `log/` are in it. Only read. */
  readonly dir: string;
  readonly raw: Pick<RawStore, 'list' | 'get'>;
  /** Public keys that are known from elsewhere; the one in the store when there are none. */
  readonly keys: readonly string[];
  /** Checkpoints that were seen elsewhere, signed notes. */
  readonly checkpoints: readonly Buffer[];
  /** Told of batches now and then. */
  readonly onProgress: (batches: number) => void;
}

/**
 * Proves a store, offline and from its files alone: that the signed log is the one that was shown before, that every
 * batch in it lies there unchanged, that nothing lies there that is not in it, and that the batches of each proxy are
 * whole. Throws NoteError for a key that is none; RawError.
 */
export async function verifyStore(options: VerifyOptions): Promise<VerifyReport> {
  return await new Run(options).run();
}

/** Between a batch that lies in raw and its line there are a write and a sync, ms. */
const TAKING_MS = 60_000;

class Run {
  readonly #options: VerifyOptions;
  readonly #deviations: Deviation[] = [];
  readonly #sequences: Sequences;
  /** Batches that have a line, and those of which the collector said that it deleted them. */
  readonly #logged = new DigestSet();
  readonly #gone = new Map<string, number>();
  #count = 0;
  #batches = 0;
  #records = 0;
  #unsigned = 0;

  constructor(options: VerifyOptions) {
    this.#options = options;
    this.#sequences = new Sequences(this.#tell);
  }

  readonly #tell = (deviation: Deviation): void => {
    this.#count++;
    if (this.#deviations.length < MAX_DEVIATIONS) this.#deviations.push(deviation);
  };

  async run(): Promise<VerifyReport> {
    const { dir, raw, keys, checkpoints } = this.#options;
    const given = keys.map(parseVerifierKey);
    const found = await this.#signed(given);
    const log = found?.report ?? null;
    if (found !== undefined) {
      const older = this.#older(found.verifiers);
      await this.#readLog({ ...found, older });
    } else if (given.length > 0 || checkpoints.length > 0) {
      this.#tell({
        rule: 'log/missing',
        what: 'there is no log, and there has been one: it was taken away, or this is another store',
        where: CHECKPOINT_FILE,
      });
    }
    for await (const key of raw.list()) {
      if (this.#logged.has(digestOfKey(key))) continue;
      if (found !== undefined) {
        this.#unsigned++;
        if (await this.#isOld(key, found.signed)) {
          this.#tell({
            rule: 'batch/unlogged',
            what: 'the batch lies in the store and has no line in the log: it was put there past the collector',
            where: key,
          });
        }
      }
      await this.#readBatch(key, undefined);
    }
    const open = this.#sequences.finish((job, inst) => this.#gone.has(`${job} ${inst}`));
    return {
      schema: 1,
      store: dir,
      log,
      batches: this.#batches,
      records: this.#records,
      gone: [...this.#gone.values()].reduce((a, b) => a + b, 0),
      open,
      unsigned: this.#unsigned,
      checkpoints: found === undefined ? 0 : checkpoints.length,
      deviations: this.#deviations,
      deviationCount: this.#count,
      ok: this.#count === 0,
    };
  }

  /** The newest checkpoint, by a key that was given, or by that of the store. */
  async #signed(
    given: readonly Verifier[],
  ): Promise<
    | { readonly signed: Checkpoint; readonly verifiers: readonly Verifier[]; readonly report: LogReport }
    | undefined
  > {
    const { dir, keys } = this.#options;
    const note = await readFile(join(dir, CHECKPOINT_FILE)).catch(() => undefined);
    if (note === undefined) return undefined;
    const own = (await readFile(join(dir, PUBLIC_KEY_FILE), 'utf8').catch(() => '')).trim();
    const verifiers = given.length > 0 ? given : own === '' ? [] : [parseVerifierKey(own)];
    try {
      const signed = openCheckpoint(note, verifiers);
      const by = signed.signatures.find(({ name }) => name === signed.origin);
      const key = [...keys, own].find(vkey => vkey.startsWith(`${by?.name}+${by?.keyHash}+`)) ?? own;
      return {
        signed,
        verifiers,
        report: {
          origin: signed.origin,
          size: signed.tree.size,
          root: formatHash(signed.tree.hash),
          time: signed.time,
          key,
          keyFrom: given.length > 0 ? 'given' : 'store',
        },
      };
    } catch (error) {
      this.#tell({
        rule: 'log/key',
        what: `the checkpoint is not signed by ${given.length > 0 ? 'a key that was given' : 'the key in the store'}: ${wordsOf(error)}`,
        where: CHECKPOINT_FILE,
      });
      return undefined;
    }
  }

  #older(verifiers: readonly Verifier[]): Checkpoint[] {
    return this.#options.checkpoints.flatMap((note, i) => {
      try {
        return [openCheckpoint(note, verifiers)];
      } catch (error) {
        this.#tell({
          rule: 'log/key',
          what: `checkpoint ${i + 1} of those that were given is not signed by this log's key: ${wordsOf(error)}`,
          where: CHECKPOINT_FILE,
        });
        return [];
      }
    });
  }

  async #readLog({
    signed,
    older,
  }: {
    readonly signed: Checkpoint;
    readonly older: readonly Checkpoint[];
  }): Promise<void> {
    const { dir } = this.#options;
    const gone = new DigestSet();
    // What retention deleted is told by a line further down.
    const missing = new Map<string, { readonly key: string; readonly n: number }>();
    for await (const { line, n } of checkedLines({ dir, signed, older, tell: this.#tell })) {
      const digest = digestOfKey(line.key);
      if (n >= signed.tree.size) this.#unsigned++;
      if (line.kind === 'gone') {
        if (!gone.add(digest)) continue;
        missing.delete(digest);
        const [, , , , job = '', name = ''] = line.key.split('/');
        const id = `${job} ${name.slice(0, 36)}`;
        this.#gone.set(id, (this.#gone.get(id) ?? 0) + 1);
        continue;
      }
      if (!this.#logged.add(digest)) {
        this.#tell({
          rule: 'log/line',
          what: `line ${n + 1} names a batch that has a line already`,
          where: line.key,
        });
        continue;
      }
      if (!(await this.#readBatch(line.key, line.sha256))) missing.set(digest, { key: line.key, n });
    }
    for (const { key, n } of missing.values()) {
      this.#tell({
        rule: 'batch/deleted',
        what: `the batch has line ${n + 1} of the log and lies nowhere: it was taken away, and not by the collector's retention`,
        where: key,
      });
    }
  }

  /** False where there is no such object. */
  async #readBatch(key: string, sha256: string | undefined): Promise<boolean> {
    try {
      const bytes = await this.#options.raw.get(key);
      if (bytes === undefined) return false;
      this.#batches++;
      if (this.#batches % 100 === 0) this.#options.onProgress(this.#batches);
      if (sha256 !== undefined && sha256Of(bytes) !== sha256) {
        this.#tell({
          rule: 'batch/changed',
          what: 'the raw object is not the one that the log has',
          where: key,
        });
      }
      const { batch } = unpackRaw(bytes);
      if (rawKey(batch) !== key) {
        this.#tell({
          rule: 'batch/changed',
          what: `it holds the batch ${batch.digest}, not the one that its name tells of`,
          where: key,
        });
        return true;
      }
      this.#records += batch.requests.length;
      this.#sequences.add(key, batch);
    } catch (error) {
      if (!(error instanceof BatchError || (error instanceof RawError && error.code === 'damaged')))
        throw error;
      this.#tell({ rule: 'batch/damaged', what: `it cannot be read: ${error.message}`, where: key });
    }
    return true;
  }

  /** Whether the collector had the batch well before it signed: one that comes in just now has no line yet. */
  async #isOld(key: string, { time }: Checkpoint): Promise<boolean> {
    try {
      const bytes = await this.#options.raw.get(key);
      return (
        bytes !== undefined && Date.parse(unpackRaw(bytes).receipt.received) + TAKING_MS <= Date.parse(time)
      );
    } catch {
      return true;
    }
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
