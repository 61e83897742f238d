import { digestOfKey } from '../../audit/raw/key.ts';
import type { RawStore } from '../../audit/types.ts';
import { CollectorError } from '../errors.ts';
import { sha256Of } from '../ingest.ts';
import { type BatchLog, type BatchLogOptions, openBatchLog } from './log.ts';

/** Lines that wait for one signature. */
const GROUP = 256;

/** The log of a directory; undefined, and told, where it cannot be used: batches are taken without it. */
export async function openLogOrTell(
  dir: string,
  options: BatchLogOptions,
  log: (line: string) => void,
): Promise<BatchLog | undefined> {
  try {
    return await openBatchLog(dir, options);
  } catch (error) {
    if (!(error instanceof CollectorError)) throw error;
    log(`alarm: ${error.message}`);
    return undefined;
  }
}

export interface UnloggedParts {
  readonly raw: Pick<RawStore, 'list' | 'get'>;
  readonly batchLog: Pick<BatchLog, 'has' | 'append'>;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Gives a line to every raw object that has none: those of a time without log, those that a kill came between, and
 * those that jobs wrote into the directory themselves. False, and told, where not all could be read or written.
 */
export async function logUnlogged({ raw, batchLog, log, signal }: UnloggedParts): Promise<boolean> {
  let added = 0;
  let group: Promise<Buffer>[] = [];
  const settle = async (): Promise<void> => {
    const waiting = group;
    group = [];
    await Promise.all(waiting);
    added += waiting.length;
  };
  try {
    for await (const key of raw.list()) {
      if (signal.aborted) break;
      if (batchLog.has(digestOfKey(key))) continue;
      const object = await raw.get(key);
      if (object === undefined || batchLog.has(digestOfKey(key))) continue;
      const line = batchLog.append({ kind: 'batch', key, sha256: sha256Of(object) });
      line.catch(() => undefined);
      group.push(line);
      if (group.length >= GROUP) await settle();
    }
    await settle();
    if (added > 0) log(`${added} batches that lay in raw came into the log`);
    return true;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log(`not all raw batches are in the log yet, the next start goes on with it: ${why}`);
    return false;
  }
}
