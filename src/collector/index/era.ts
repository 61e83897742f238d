/**
 * The weeks that `touch` is laid out by, ms. What comes in goes to the pages of one week instead of the whole table's,
 * so that it costs the same however long the history is; who looks for the newest begins with the last week.
 */
export const ERA_MS = 7 * 24 * 3600 * 1000;

/** The week of a time, ms since 1970. */
export function eraOf(time: number): number {
  return Math.floor(time / ERA_MS);
}
