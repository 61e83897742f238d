import { digestOfKey } from '../audit/raw/key.ts';
import type { RawStore } from '../audit/types.ts';
import type { Index } from './types.ts';

/** Keys that the index is asked about at once. */
const ASKED = 1000;

/** Keys of the raw objects whose batches the index lacks, in order, as many at once as are found among 1000. */
export async function* unknownKeys({
  raw,
  index,
}: {
  readonly raw: Pick<RawStore, 'list'>;
  readonly index: Pick<Index, 'known'>;
}): AsyncGenerator<string[]> {
  let keys: string[] = [];
  const unknown = async (): Promise<string[]> => {
    const known = await index.known(keys.map(digestOfKey));
    const missing = keys.filter(key => !known.has(digestOfKey(key)));
    keys = [];
    return missing;
  };
  for await (const key of raw.list()) {
    keys.push(key);
    if (keys.length < ASKED) continue;
    const missing = await unknown();
    if (missing.length > 0) yield missing;
  }
  if (keys.length === 0) return;
  const missing = await unknown();
  if (missing.length > 0) yield missing;
}
