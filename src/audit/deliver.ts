import { setTimeout as delay } from 'node:timers/promises';
import { DeliveryError } from './errors.ts';
import { pauseBefore } from './retry.ts';
import type { Kept, Source } from './source.ts';
import { UntrustedStore } from './targets/trust.ts';
import type { Ack, AuditTarget, SealedBatch } from './types.ts';

/** Longest that one attempt may take, ms. */
const ATTEMPT_MS = 15_000;

/** What a delivery needs of the world. */
export interface DeliveryWorld {
  /** ms since 1970. */
  now(): number;
  /** From 0 to 1. */
  random(): number;
  /** Ends early, without an error, when the signal says so. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface DeliverOptions {
  /** ms for everything together; without it a store that is away is waited for until the signal ends it. */
  readonly budgetMs?: number;
  /** ms since the last batch that the store took: a store that is away is not waited for any longer. */
  readonly patienceMs?: number;
  readonly signal?: AbortSignal;
  readonly world?: DeliveryWorld;
  /** Called when the store has a batch. */
  readonly onAck?: (batch: SealedBatch, ack: Ack) => void;
  /** Called before a pause. */
  readonly onRetry?: (error: DeliveryError, pauseMs: number) => void;
}

/** What became of the batches. */
export interface Delivered {
  /** Batches that the store has now by this delivery, those that it had already included. */
  readonly sent: number;
  /** Requests in them. */
  readonly records: number;
  /** Those of `sent` that the store had already. */
  readonly duplicates: number;
  /** Lines that the store refused; they are named in files under `quarantine/`. */
  readonly refusedLines: number;
  /** Batches that it will not take as they are. */
  readonly kept: readonly Kept[];
  /** Batches that wait, those kept included. */
  readonly left: number;
  /** Why it ended before everything was sent. */
  readonly error?: DeliveryError;
}

export const WORLD: DeliveryWorld = {
  now: Date.now,
  random: Math.random,
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
};

/**
 * Sends what waits, oldest first and one at a time, until nothing waits, the budget is used up, or the store says what
 * no further attempt changes. A batch that alone is refused is kept, and the next is tried. Rejects only with what the
 * source rejects with.
 */
export async function deliver(
  target: AuditTarget,
  source: Source,
  options: DeliverOptions = {},
): Promise<Delivered> {
  const { world = WORLD, signal = new AbortController().signal } = options;
  const { budgetMs = Number.POSITIVE_INFINITY, patienceMs = Number.POSITIVE_INFINITY } = options;
  const last = world.now() + budgetMs;
  let end = Math.min(last, world.now() + patienceMs);
  const sum = { sent: 0, records: 0, duplicates: 0, refusedLines: 0 };
  let error: DeliveryError | undefined;
  let failures = 0;
  while (!signal.aborted) {
    const batch = await source.next();
    if (batch === undefined) {
      error = undefined;
      break;
    }
    try {
      const before = world.now();
      const ack = await attempt(target, batch, Math.min(ATTEMPT_MS, Math.max(1, last - before)), signal);
      const ours = (before + world.now()) / 2;
      const theirs = Date.parse(ack.time);
      const hasClock = target.ownClock === true && !Number.isNaN(theirs);
      await source.acked(batch, ack, hasClock ? Math.round(theirs - ours) : undefined);
      sum.sent += 1;
      sum.records += batch.records;
      sum.duplicates += ack.dup ? 1 : 0;
      sum.refusedLines += ack.refused.length;
      failures = 0;
      end = Math.min(last, world.now() + patienceMs);
      error = undefined;
      options.onAck?.(batch, ack);
    } catch (thrown) {
      if (!(thrown instanceof DeliveryError)) throw thrown;
      error = thrown;
      if (thrown.code === 'refused') await source.keep(batch, thrown.message);
      else if (thrown.code === 'too-large') {
        if (!(await source.split(batch))) await source.keep(batch, thrown.message);
      } else if (thrown.code !== 'retry') break;
      else {
        failures += 1;
        const pause = pauseBefore(failures, world.random(), thrown.retryAfterMs);
        if (world.now() + pause >= end) break;
        options.onRetry?.(thrown, pause);
        await world.sleep(pause, signal);
      }
    }
  }
  const kept = source.kept();
  return { ...sum, kept, left: source.waiting(), ...(error === undefined ? {} : { error }) };
}

async function attempt(
  target: AuditTarget,
  batch: SealedBatch,
  ms: number,
  signal: AbortSignal,
): Promise<Ack> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), ms);
  try {
    const ack = await target.put(batch, AbortSignal.any([signal, limit.signal]));
    if (ack.digest === batch.digest) return ack;
    throw new DeliveryError(
      'retry',
      `${target.name} acknowledged another batch (${ack.digest.slice(0, 12)}) than it was sent (${batch.digest.slice(0, 12)}); see what answers there`,
    );
  } catch (error) {
    if (error instanceof DeliveryError) throw error;
    // No further attempt changes it: whoever waits for the first acknowledgement is to be told at once.
    if (error instanceof UntrustedStore) {
      throw new DeliveryError('target', `${target.name} ${error.message}`, { cause: error });
    }
    const why = limit.signal.aborted
      ? `did not answer within ${Math.round(ms / 1000)} s`
      : `could not be reached: ${error instanceof Error ? error.message : String(error)}`;
    throw new DeliveryError('retry', `${target.name} ${why}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
