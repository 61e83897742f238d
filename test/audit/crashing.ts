import { DeliveryError } from '../../src/audit/errors.ts';
import { type JournalFile, openJournalFile } from '../../src/audit/journal-file.ts';
import { Spool, type SpoolFile } from '../../src/audit/spool.ts';
import type { Ack, AuditTarget, SealedBatch } from '../../src/audit/types.ts';
import type { MemoryStore } from './session-dir.ts';

/** The process is dead: nothing that it would have done happens. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/** Where in an effect a process dies. */
export type Moment = 'before' | 'within' | 'after';

/** The effects of one process, which dies at one of them, and whose disk may fail. */
export class Process {
  #left: number;
  readonly #moment: Moment;
  dead = false;
  /** Effects on the disk that fail from now on. */
  faults = 0;
  /** The disk failed at some time. */
  hasFailed = false;
  /** What a failed write left cannot be cut off either. */
  stubborn = false;

  /** @param left effects until it dies */
  constructor(left: number, moment: Moment) {
    this.#left = left;
    this.#moment = moment;
  }

  /** @param half what is left of the effect when the process dies within it */
  async effect<T>(work: () => Promise<T>, half?: () => Promise<unknown>): Promise<T> {
    if (this.dead) throw new Crash();
    this.#left -= 1;
    if (this.#left > 0) return await work();
    this.dead = true;
    if (this.#moment === 'within') await half?.();
    if (this.#moment === 'after') await work();
    throw new Crash();
  }

  failing(): void {
    if (this.faults <= 0) return;
    this.faults -= 1;
    this.hasFailed = true;
    throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  }
}

export async function crashingFile(path: string, process: Process): Promise<JournalFile> {
  const file = await openJournalFile(path);
  const half = (bytes: Buffer) => file.append(bytes.subarray(0, bytes.length >> 1));
  return {
    append: bytes =>
      process.effect(
        async () => {
          if (process.faults > 0) await half(bytes);
          process.failing();
          await file.append(bytes);
        },
        () => half(bytes),
      ),
    // What is in the page cache outlives a process; no machine dies here.
    sync: () =>
      process.effect(async () => {
        process.failing();
      }),
    truncate: async length => {
      if (process.dead) throw new Crash();
      if (process.stubborn) process.failing();
      await file.truncate(length);
    },
    size: () => file.size(),
    close: () => file.close(),
  };
}

export class CrashingSpool extends Spool {
  readonly #process: Process;

  constructor(dir: string, process: Process) {
    super(dir);
    this.#process = process;
  }

  override put(batch: {
    readonly no: number;
    readonly digest: string;
    readonly gzip: Buffer;
  }): Promise<void> {
    return this.#process.effect(async () => {
      this.#process.failing();
      await super.put(batch);
    });
  }

  override remove(file: Pick<SpoolFile, 'no' | 'digest'>): Promise<void> {
    return this.#process.effect(() => super.remove(file));
  }
}

/** The store as a process sees it that may die while it sends. */
export function crashingTarget(store: MemoryStore, process: Process): AuditTarget {
  return {
    name: store.name,
    put: async (batch: SealedBatch, signal: AbortSignal): Promise<Ack> => {
      try {
        return await process.effect(() => store.put(batch, signal));
      } catch (error) {
        // A dead process sends nothing again.
        if (error instanceof Crash) throw new DeliveryError('unauthorized', 'dead');
        throw error;
      }
    },
  };
}
