import type { RawStore } from '../audit/types.ts';
import type { Index } from './types.ts';

/** How long things are kept, ms; raw `null` for ever. */
export interface RetentionRules {
  readonly jobs: number;
  readonly raw: number | null;
}

/** Jobs that leave the index in one transaction. */
const STEP = 200;

/**
 * Lets jobs that were last seen long ago leave the index, and deletes raw objects by the date in their names where
 * that is wanted. Both can be repeated and broken off.
 */
export async function retainNow({
  raw,
  index,
  rules,
  now,
  log,
}: {
  readonly raw: Pick<RawStore, 'list' | 'delete'>;
  readonly index: Pick<Index, 'retain'>;
  readonly rules: RetentionRules;
  readonly now: () => number;
  readonly log: (line: string) => void;
}): Promise<void> {
  let jobs = 0;
  for (;;) {
    const step = await index.retain({ jobsBefore: now() - rules.jobs, limit: STEP });
    jobs += step.jobs;
    if (step.jobs === 0 && step.rawKeys.length === 0) break;
  }
  if (jobs > 0) log(`${jobs} jobs that were not seen for long left the index`);
  if (rules.raw === null) return;
  const last = dayOf(now() - rules.raw);
  let objects = 0;
  for await (const key of raw.list()) {
    const day = /\/dt=(\d{4}-\d{2}-\d{2})\//.exec(key)?.[1];
    // Keys come in order, so that all days after this one are to stay.
    if (day === undefined || day >= last) break;
    await raw.delete(key);
    objects++;
  }
  if (objects > 0) log(`${objects} raw batches from before ${last} were deleted`);
}

/** The day of a time, as it stands in the names of raw objects. */
export function dayOf(time: number): string {
  return new Date(Math.max(0, time)).toISOString().slice(0, 10);
}
