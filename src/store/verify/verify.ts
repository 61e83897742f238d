import { setTimeout as delay } from 'node:timers/promises';
import type { StoreError } from '../errors.ts';
import { existingTree } from '../existing.ts';
import { versionKeys } from '../layout.ts';
import type { ModVer } from '../types.ts';
import { A_LINK } from '../walk.ts';
import { diskMedium, diskMender } from './disk.ts';
import { Lanes } from './lanes.ts';
import { isUnchanged, type Look, type LookParts, lookAt } from './look.ts';
import type { Medium, Mender } from './medium.ts';
import { mend } from './mend.ts';
import { Tally } from './tally.ts';
import type { DiskVerifyOptions, VerifyOptions, VerifyReport } from './types.ts';

const AT_ONCE = 8;
const MAX_FINDINGS = 1000;

/** Time in ms that other processes get to finish what made a version look wrong. */
const SETTLE_MS = 150;

/** Looks at a version that changes between them. */
const MAX_LOOKS = 4;

/** Versions that look wrong are waited for together, this many at most. */
const MAX_SUSPECTS = 256;

/** Links that one run moves away. */
const MAX_LINKS = 1000;

/** Readers of the tree that follow it are shown whatever its maker likes, outside of the store too. */
const A_LINK_HERE = 'it is a symbolic link, and a store has none';

/**
 * Hashes every file of the store in `dir` again and compares it with the index, and with the go.sum files and the
 * checksum database of `options`. Other processes may use the store meanwhile: what looks wrong is looked at a second
 * time, and counts only if it is still the same. Memory does not grow with the number of files. Writes nothing but
 * for `options.repair`.
 *
 * Throws StoreError when there is no store, or a repair cannot be written.
 */
export async function verifyStore(
  dir: string,
  { repair, hasher, ...options }: DiskVerifyOptions,
): Promise<VerifyReport> {
  const medium = diskMedium(await existingTree(dir), hasher);
  return await verifyMedium(medium, repair === undefined ? undefined : diskMender(repair), options);
}

/** The same for any place of files. Throws what the medium throws. */
export async function verifyMedium(
  medium: Medium,
  repair: Mender | undefined,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const stopped = () => options.signal?.aborted === true;
  const run = new Run(
    { medium, authorities: options.authorities ?? {} },
    repair,
    options,
    new Tally(options.maxFindings ?? MAX_FINDINGS),
  );
  try {
    for await (const mv of medium.versions(run)) {
      if (stopped()) break;
      await run.take(mv);
    }
    if (!stopped()) await medium.strangers(run);
    return await run.end(stopped());
  } catch (error) {
    const why = medium.ends?.(error);
    if (why === undefined) throw error;
    return await run.giveUp(why);
  }
}

class Run {
  readonly #parts: LookParts;
  readonly #repair: Mender | undefined;
  readonly #options: VerifyOptions;
  readonly #tally: Tally;
  readonly #lanes: Lanes;
  readonly #links: string[] = [];
  #suspects: Look[] = [];

  constructor(parts: LookParts, repair: Mender | undefined, options: VerifyOptions, tally: Tally) {
    this.#parts = parts;
    this.#repair = repair;
    this.#options = options;
    this.#tally = tally;
    this.#lanes = new Lanes(options.atOnce ?? AT_ONCE);
  }

  readonly stranger = (path: string, what: string): void => {
    if (what !== A_LINK) this.#tally.find({ kind: 'junk', path, what, outcome: 'left' });
    else if (this.#repair?.setLinkAside !== undefined && this.#links.length < MAX_LINKS)
      this.#links.push(path);
    else this.#tally.find({ kind: 'damaged', path, what: A_LINK_HERE, outcome: 'left' });
  };

  readonly unreadable = (path: string, { message }: StoreError): void => {
    this.#tally.find({ kind: 'unreadable', path, what: message, outcome: 'left' });
  };

  /** Resolves when the version is being worked on. */
  async take(mv: ModVer): Promise<void> {
    await this.#lanes.run(async () => {
      const look = await this.#look(mv);
      if (look === undefined) return;
      if (look.faults.length === 0 && !this.#improves(look)) this.#done(look);
      else this.#suspects.push(look);
    });
    if (this.#suspects.length >= MAX_SUSPECTS) await this.#settle();
  }

  async end(stopped: boolean): Promise<VerifyReport> {
    await this.#lanes.end();
    await this.#settle();
    await this.#lanes.end();
    for (const path of this.#links) {
      const movedTo = await this.#repair?.setLinkAside?.(path);
      const became =
        movedTo === undefined ? { outcome: 'left' as const } : { outcome: 'quarantined' as const, movedTo };
      this.#tally.find({ kind: 'damaged', path, what: A_LINK_HERE, ...became });
    }
    await this.#repair?.flush();
    return this.#tally.report(stopped);
  }

  /** What was found until the medium failed for good. */
  async giveUp(why: string): Promise<VerifyReport> {
    await this.#lanes.end().catch(() => undefined);
    this.#tally.find({ kind: 'unreadable', path: '', what: why, outcome: 'left' });
    return this.#tally.report(true);
  }

  async #look({ path, version }: ModVer): Promise<Look | undefined> {
    const mv = { path, version };
    const keys = versionKeys(mv);
    return keys === undefined ? undefined : await lookAt(this.#parts, mv, keys);
  }

  #improves(look: Look): boolean {
    return this.#repair !== undefined && Object.keys(look.proof).length > 0;
  }

  #done(look: Look, ...mended: [] | [Awaited<ReturnType<typeof mend>>]): void {
    if (look.files > 0 || look.faults.length > 0) this.#tally.add(look, ...mended);
    this.#options.onProgress?.(this.#tally.progress);
  }

  /** The second look at what looked wrong, for all of them after one wait. */
  async #settle(): Promise<void> {
    const suspects = this.#suspects;
    this.#suspects = [];
    if (suspects.length === 0) return;
    await delay(SETTLE_MS);
    for (const suspect of suspects) await this.#lanes.run(() => this.#conclude(suspect));
  }

  async #conclude(first: Look): Promise<void> {
    let look = first;
    for (let looks = 1; !(await isUnchanged(this.#parts.medium, look)); looks++) {
      if (looks === MAX_LOOKS) {
        this.#tally.changing += 1;
        return;
      }
      const again = await this.#look(look.mv);
      if (again === undefined) return;
      look = again;
      if (look.faults.length > 0) await delay(SETTLE_MS);
    }
    if (this.#repair === undefined) this.#done(look);
    else this.#done(look, await mend(this.#repair, look));
  }
}
