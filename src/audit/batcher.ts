import { type Delivered, type DeliveryWorld, deliver, WORLD } from './deliver.ts';
import type { DeliveryError } from './errors.ts';
import type { Committed, JournalWriter } from './journal.ts';
import type { Outbox } from './outbox.ts';
import type { Inventory } from './record.ts';
import { BATCH_BYTES, BATCH_REQUESTS } from './take.ts';
import type { AuditTarget } from './types.ts';

/** Records wait this long for others to go with, ms. */
const FLUSH_MS = 10_000;
/** After an answer that no further attempt changes (no right, no such place) the store is left alone so long, ms. */
const REST_MS = 60_000;

export interface BatcherOptions {
  /** Of the same journal. */
  readonly outbox: Outbox;
  readonly journal: JournalWriter;
  readonly target: AuditTarget;
  readonly log: (line: string) => void;
  readonly flushMs?: number;
  readonly restMs?: number;
  readonly world?: DeliveryWorld;
}

/**
 * Sends the records of a running session: seals what the journal took in, at 500 requests, 256 KB or 10 s, and
 * delivers it in the background. Nothing of it is in the way of an answer, and nothing that it does rejects: trouble
 * is logged, and what could not be sent stays on the disk for whoever ends the session.
 */
export class Batcher {
  readonly #options: BatcherOptions;
  readonly #world: DeliveryWorld;
  readonly #closing = new AbortController();
  #requests = 0;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #sealing: Promise<void> = Promise.resolve();
  #sending: Promise<void> | undefined;
  /** Something was sealed since the delivery last looked. */
  #more = false;
  #restUntil = 0;
  #lastError: string | undefined;
  /** Settled with undefined when the store has the opening batch, else with why it has not. */
  #opened = Promise.withResolvers<string | undefined>();
  /** Why the store did not take it, when that was told. */
  #refusal: string | undefined;

  constructor(options: BatcherOptions) {
    this.#options = options;
    this.#world = options.world ?? WORLD;
  }

  /**
   * Seals the opening batch and begins to send. Resolves when the batch is sealed; `acknowledged` tells what became
   * of it.
   */
  async start(inventories: readonly Inventory[] = []): Promise<void> {
    const { outbox, journal } = this.#options;
    journal.onCommit = group => this.#took(group);
    await this.#seal(async () => {
      await outbox.sealOpen(inventories);
      // A daemon that was killed before may have left some.
      await outbox.sealData(true);
    });
  }

  /**
   * Waits until the store has the opening batch. Resolves with undefined when it has, else with why not, in words: it
   * refused, or did not take it within `ms`. Asked again after a refusal, it has it tried again.
   */
  async acknowledged(ms: number): Promise<string | undefined> {
    if (this.#refusal !== undefined) this.#tryAgain();
    const stop = new AbortController();
    const late = this.#world.sleep(ms, stop.signal).then(() => 'late' as const);
    const first = await Promise.race([this.#opened.promise, late]);
    stop.abort();
    if (first !== 'late') return first;
    return this.#lastError ?? `${this.#options.target.name} did not answer within ${Math.round(ms / 1000)} s`;
  }

  /** Seals everything that was answered so far. */
  async flush(): Promise<void> {
    await this.#options.journal.flush();
    await this.#seal(() => this.#options.outbox.sealData(true));
  }

  /**
   * Gives up what is being sent and seals no more. Whoever ends the session goes on from the disk, where a batch that
   * was under way still is.
   */
  async stop(): Promise<void> {
    this.#options.journal.onCommit = undefined;
    clearTimeout(this.#timer);
    this.#closing.abort();
    await this.#sealing;
    await this.#sending;
  }

  #took({ requests, bytes }: Committed): void {
    if (requests === 0) return;
    this.#requests += requests;
    this.#bytes += bytes;
    if (this.#requests >= BATCH_REQUESTS || this.#bytes >= BATCH_BYTES) {
      void this.#seal(() => this.#options.outbox.sealData(false));
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#seal(() => this.#options.outbox.sealData(true));
    }, this.#options.flushMs ?? FLUSH_MS);
    this.#timer.unref();
  }

  async #seal(work: () => Promise<void>): Promise<void> {
    this.#requests = 0;
    this.#bytes = 0;
    this.#sealing = this.#sealing.then(async () => {
      if (this.#closing.signal.aborted) return;
      try {
        await work();
      } catch (error) {
        this.#options.log(`audit: records wait in the journal: ${wordsOf(error)}`);
        if (this.#options.outbox.links.length === 0) this.#refuse(wordsOf(error));
      }
      this.#send();
    });
    await this.#sealing;
  }

  #send(): void {
    this.#more = true;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  async #sendAll(): Promise<void> {
    const { target, outbox, log } = this.#options;
    const { signal } = this.#closing;
    while (this.#more && !signal.aborted && this.#world.now() >= this.#restUntil) {
      this.#more = false;
      try {
        const done = await deliver(target, outbox, {
          signal,
          world: this.#world,
          onRetry: error => this.#tell(error),
          onAck: () => this.#lookAtOpening(),
        });
        this.#lookAtOpening();
        this.#sum(done);
      } catch (error) {
        log(`audit: ${wordsOf(error)}`);
      }
    }
  }

  #sum({ error, refusedLines }: Delivered): void {
    if (refusedLines > 0) {
      this.#options.log(`audit: the store refused ${refusedLines} records; they are named under quarantine/`);
    }
    if (error === undefined || this.#closing.signal.aborted) return;
    this.#restUntil = this.#world.now() + (this.#options.restMs ?? REST_MS);
    this.#tell(error);
    this.#refuse(error.message);
  }

  #refuse(why: string): void {
    this.#refusal = why;
    this.#opened.resolve(why);
  }

  #tryAgain(): void {
    const [first] = this.#options.outbox.links;
    if (first?.state === 'sent' || first?.kept !== undefined) return;
    this.#refusal = undefined;
    this.#opened = Promise.withResolvers();
    this.#restUntil = 0;
    if (first === undefined) void this.#seal(() => this.#options.outbox.sealOpen());
    else this.#send();
  }

  #lookAtOpening(): void {
    const [first] = this.#options.outbox.links;
    if (first?.state === 'sent') this.#opened.resolve(undefined);
    else if (first?.kept !== undefined) this.#refuse(first.kept);
  }

  /** A store that is away says the same every few seconds. */
  #tell(error: DeliveryError): void {
    if (error.message !== this.#lastError) this.#options.log(`audit: ${error.message}`);
    this.#lastError = error.message;
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
