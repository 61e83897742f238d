import { WrongBody } from './upstream/transfer.ts';

/** Disbelieves the first answers that are well-formed and yet look like a mirror in trouble. */
export type Doubt = (suspicious: boolean, why: string) => void;

/** How often the same odd answer is asked for again before it is believed. */
const TIMES = 2;

/**
 * For what no hash protects: an answer that could be meant, but is more often what a fault leaves of a good one,
 * is asked for again and believed when it stays the same.
 * @returns throws WrongBody for the first suspicious answers; one for each file that is asked for
 */
export function createDoubt(): Doubt {
  let left = TIMES;
  return (suspicious, why) => {
    if (suspicious && left-- > 0) throw new WrongBody(why);
  };
}
