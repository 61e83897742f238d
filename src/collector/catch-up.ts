import { digestOfKey } from '../audit/raw/key.ts';
import type { RawStore } from '../audit/types.ts';
import type { Index } from './types.ts';

/** Keys that the index is asked about at once. */
const ASKED = 1000;

/** What is looked through for batches that the index lacks. */
export interface CatchUpParts {
  readonly raw: Pick<RawStore, 'list'>;
  readonly index: Pick<Index, 'known'>;
  /** Days before this one (YYYY-MM-DD) are passed over: retention took their jobs out of the index on purpose. */
  readonly from?: (() => string | undefined) | undefined;
}

/** Keys of the raw objects whose batches the index lacks, in order, as many at once as are found among 1000. */
export async function* unknownKeys({ raw, index, from }: CatchUpParts): AsyncGenerator<string[]> {
  const first = `raw/v1/dt=${from?.() ?? ''}`;
  let keys: string[] = [];
  const unknown = async (): Promise<string[]> => {
    const known = await index.known(keys.map(digestOfKey));
    const missing = keys.filter(key => !known.has(digestOfKey(key)));
    keys = [];
    return missing;
  };
  for await (const key of raw.list()) {
    if (key < first) continue;
    keys.push(key);
    if (keys.length < ASKED) continue;
    const missing = await unknown();
    if (missing.length > 0) yield missing;
  }
  // Asked also where there is nothing to ask about: an index that is away has not caught up.
  const missing = await unknown();
  if (missing.length > 0) yield missing;
}
