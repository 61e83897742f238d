import type { BuildManifest } from './manifest.ts';
import type { UsedBuilds } from './used.ts';

/** How much of what a job used differs from what it restored, 0 to 1. */
export interface BuildChange {
  /** Bytes that the job itself compiled, of all that it used. */
  readonly fresh: number;
  /** Bytes that were restored for nothing, of all that were. */
  readonly unused: number;
}

const DAY_MS = 86_400_000;

/** `began`: actions that go wrote before were restored. `restored`: bytes of what was, undefined when nothing was. */
export function changeOf(used: UsedBuilds, restored: number | undefined, began: number): BuildChange {
  const old = new Set(used.actions.filter(({ madeMs }) => madeMs < began).map(({ out }) => out));
  const kept = [...old].reduce((sum, out) => sum + (used.outputs.get(out) ?? 0), 0);
  return {
    fresh: used.bytes === 0 ? 0 : 1 - kept / used.bytes,
    unused: restored === undefined || restored === 0 ? 0 : Math.max(0, 1 - kept / restored),
  };
}

/**
 * Whether a new entry is worth its room and its transfer. An entry cannot be changed and stays for a week after the
 * last one that needed it, and with every change of the code something of it is new: much is saved at once, less
 * after a day, and anything after a week.
 */
export function isWorthSaving(
  change: BuildChange,
  restored: Pick<BuildManifest, 'created'> | undefined,
  now: number,
): boolean {
  if (restored === undefined) return true;
  const most = Math.max(change.fresh, change.unused);
  const days = (now - restored.created) / DAY_MS;
  return most >= 0.25 || (most >= 0.05 && days >= 1) || (most > 0 && days >= 7);
}
