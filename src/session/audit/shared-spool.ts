import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { deliver } from '../../audit/deliver.ts';
import { readOwn } from '../../audit/seal.ts';
import type { Kept, Source } from '../../audit/source.ts';
import { Spool, type SpoolFile } from '../../audit/spool.ts';
import type { AuditTarget, SealedBatch } from '../../audit/types.ts';
import { SPOOL } from '../../store/layout.ts';

/**
 * Where sessions that share a module store leave each other what they could not send. Each audit store has a directory
 * of its own: records of one must not go to another.
 */
export function sharedSpool(storeDir: string, auditStore: string): string {
  const of = createHash('sha256').update(auditStore).digest('hex').slice(0, 16);
  return join(storeDir, ...SPOOL.split('/'), of);
}

/**
 * Sends what earlier sessions left, until nothing is left or the signal says so. Several sessions may do this at once:
 * a store takes a batch twice as once. Never rejects.
 */
export async function sendShared(
  dir: string,
  target: AuditTarget,
  signal: AbortSignal,
  log: (line: string) => void,
): Promise<void> {
  try {
    const source = new SharedSpool(dir);
    if (!(await source.look())) return;
    const { sent, left, error } = await deliver(target, source, { signal });
    const why = error === undefined ? '' : ` (${error.message})`;
    log(`audit: of what earlier sessions left in ${dir}, ${sent} batches were sent and ${left} wait${why}`);
  } catch (error) {
    log(`audit: ${dir}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The files of a shared spool as the delivery sees them. */
class SharedSpool implements Source {
  readonly #spool: Spool;
  #files: SpoolFile[] = [];
  readonly #kept: Kept[] = [];

  constructor(dir: string) {
    this.#spool = new Spool(dir);
  }

  /** Whether there is anything. */
  async look(): Promise<boolean> {
    this.#files = await this.#spool.list();
    return this.#files.length > 0;
  }

  async next(): Promise<SealedBatch | undefined> {
    for (let file = this.#files[0]; file !== undefined; file = this.#files[0]) {
      const bytes = await this.#spool.read(file);
      const own = bytes && (await readOwn(file.digest, bytes));
      if (own !== undefined) return own.sealed;
      // Another session has sent it, or its bytes are not those of its name.
      this.#files.shift();
      if (bytes !== undefined) this.#keep(file, 'its file is damaged');
    }
    return undefined;
  }

  async acked({ no, digest }: SealedBatch): Promise<void> {
    this.#files = this.#files.filter(file => file.digest !== digest);
    await this.#spool.remove({ no, digest });
  }

  async keep({ no, digest }: SealedBatch, why: string): Promise<void> {
    this.#files = this.#files.filter(file => file.digest !== digest);
    this.#keep({ no, digest }, why);
  }

  /** The chain that it is a part of is not here. */
  async split(): Promise<boolean> {
    return false;
  }

  kept(): readonly Kept[] {
    return this.#kept;
  }

  waiting(): number {
    return this.#files.length + this.#kept.length;
  }

  #keep({ no, digest }: Pick<SpoolFile, 'no' | 'digest'>, why: string): void {
    this.#kept.push({ no, digest, why });
  }
}
