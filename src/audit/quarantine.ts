import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { BATCH_LIMITS } from './limits.ts';
import type { RefusedLine } from './record.ts';

/** Longest text of a line that is repeated, UTF-16 units; the whole line stays in the store's raw batch. */
const MAX_LINE = 4096;

/**
 * Names the lines of a batch that a store took, but that it found to be no records: `NUMBER-DIGEST.json` with the
 * batch, each line, why it was refused and what it says. Rejects with the error of the system.
 * @param gzip the batch, where it can be read
 */
export async function quarantine(
  dir: string,
  batch: { readonly no: number; readonly digest: string },
  refused: readonly RefusedLine[],
  gzip: Buffer | undefined,
): Promise<void> {
  const lines = await linesOf(gzip);
  const text = JSON.stringify(
    {
      batch: batch.no,
      digest: batch.digest,
      refused: refused.map(({ line, why }) => ({ line, why, text: lines[line - 1]?.slice(0, MAX_LINE) })),
    },
    null,
    2,
  );
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, `${String(batch.no).padStart(6, '0')}-${batch.digest}.json`);
  await writeFile(`${path}.tmp`, `${text}\n`, { mode: 0o600 });
  await rename(`${path}.tmp`, path);
}

async function linesOf(gzip: Buffer | undefined): Promise<readonly string[]> {
  if (gzip === undefined) return [];
  try {
    const inflated = await promisify(gunzip)(gzip, { maxOutputLength: BATCH_LIMITS.inflated });
    return inflated.toString().split('\n');
  } catch {
    return [];
  }
}
