import { createHash } from 'node:crypto';
import { formatInfo, parseInfo, type VersionInfo } from '../gomod/info.ts';
import { escapePath, escapeVersion } from '../gomod/module-path.ts';
import { isPseudo, pseudoTime } from '../gomod/version.ts';
import { partsOfBytes, streamOfBytes } from '../store/stream.ts';
import type { FileKind, ModVer, StoredFile } from '../store/types.ts';
import { type Checked, checkBody } from './check.ts';
import { createDoubt } from './doubt.ts';
import { ProxyError } from './errors.ts';
import { type FileAnswer, type Found, LIMITS, provenance } from './file-answer.ts';
import type { Keeper } from './keeper.ts';
import type { RouteFn } from './route.ts';
import type { Stored } from './stored.ts';
import type { Walked } from './upstream/chain.ts';

export interface InfosDeps {
  readonly stored: Stored;
  readonly keeper: Keeper;
  readonly route: RouteFn;
  readonly beforeUpstream: (mv?: ModVer, kind?: FileKind) => Promise<boolean>;
  readonly warn: (line: string) => void;
  readonly log: (line: string) => void;
}

/**
 * The `.info` files of a store that is not believed. No hash protects them and go would not notice, so an upstream is
 * asked what they should say; where none can be asked, an answer is made of the version alone, which go.sum or
 * the checksum database hold to. Version control is not asked for the time of what the store has: that costs a clone.
 */
export class Infos {
  readonly #deps: InfosDeps;
  #toldOfDifference = false;
  #toldOfMaking = false;

  constructor(deps: InfosDeps) {
    this.#deps = deps;
  }

  /**
   * Undefined when neither the upstream could be asked just now nor the store has anything of it: then it is worth
   * all patience. Rejects with ProxyError.
   * @param wanted whether somebody waits for the file
   */
  async get(mv: ModVer, wanted: () => boolean): Promise<Found | undefined> {
    const { keeper } = this.#deps;
    const { chain, direct } = this.#deps.route(mv.path);
    const what = `${mv.path}@${mv.version}.info`;
    const doubt = createDoubt();
    let made: FileAnswer | undefined;
    let walked: Walked<Checked>;
    try {
      walked = await chain.fetch(
        {
          path: `${escapePath(mv.path)}/@v/${escapeVersion(mv.version)}.info`,
          what,
          limit: LIMITS.info,
          wrongStops: false,
          direct: async how => {
            made = await this.#instead(mv, true, 'version control is not asked for what the store has');
            if (made?.file.bytes !== undefined) return { bytes: made.file.bytes };
            if (direct !== undefined)
              return await direct.file(mv.path, mv.version, 'info', { ...how, urgent: wanted });
            throw new ProxyError('absent', `not found: ${what}`);
          },
          check: async (body, again) =>
            await checkBody(mv, 'info', body, {
              vouched: undefined,
              doubt: again ? doubt : undefined,
              hashZip: () => Promise.reject(new Error('an .info is no zip')),
            }),
        },
        { confirming: true },
      );
    } catch (error) {
      if (!(error instanceof ProxyError) || error.code === 'closing') throw error;
      return await this.#instead(mv, false, error.message.split('\n', 1)[0] ?? '', true);
    }
    if (made !== undefined) return made;
    if (walked.state === 'abandoned') return undefined;
    if (walked.state === 'absent') {
      // No upstream had a say where none is named.
      const proven = walked.upstream !== undefined;
      const instead = await this.#instead(mv, proven, walked.text.split('\n', 1)[0] ?? '');
      if (instead !== undefined) return instead;
      throw new ProxyError('absent', walked.text, { upstream: walked.upstream, retries: walked.retries });
    }
    const checked = walked.value;
    if (checked.kind !== 'info') return undefined;
    const claimed = await this.#claimed(mv);
    if (claimed?.bytes?.equals(checked.bytes) === true) {
      const file = await this.#deps.stored.confirm(mv, claimed);
      if (file !== undefined) return { source: 'store', retries: walked.retries, file };
    }
    const confirmed = this.#compare(mv, claimed?.bytes, checked.bytes);
    const file = await keeper.keep(mv, checked, wanted);
    // What the upstream only nodded to was not brought in by this job.
    const from = confirmed ? ({ source: 'store', retries: walked.retries } as const) : provenance(walked);
    return { ...from, ...(file === undefined ? {} : { file }) };
  }

  /** What the shared cache says; one that is about to come has to be held against the upstream's, too. */
  async #claimed(mv: ModVer): Promise<StoredFile | undefined> {
    const { stored, beforeUpstream } = this.#deps;
    const claimed = await stored.claimed(mv);
    if (claimed !== undefined || !(await beforeUpstream(mv, 'info'))) return claimed;
    return await stored.claimed(mv);
  }

  /** What the store has by now, made of the version where it is not proven. Asks nobody. */
  async offline(mv: ModVer): Promise<FileAnswer | undefined> {
    const { stored } = this.#deps;
    const file = await stored.get(mv, 'info');
    if (file !== undefined) return { file, source: 'store', retries: 0 };
    if ((await stored.claimed(mv)) === undefined) return undefined;
    return { file: fromVersion(mv.version), source: 'store', retries: 0 };
  }

  /**
   * For an .info that the store lacks, when no patience brought it: of a version whose code is here and vouched for.
   * Undefined when it is not, or when the error is no outage.
   */
  async lastResort(mv: ModVer, error: unknown): Promise<FileAnswer | undefined> {
    const outage = error instanceof ProxyError && error.code.startsWith('upstream-');
    if (!outage || !(await this.#deps.stored.isProven(mv))) return undefined;
    this.#tellOfMaking(mv, error.message.split('\n', 1)[0] ?? '', true);
    return { file: fromVersion(mv.version), source: 'store', retries: error.retries };
  }

  /**
   * @param proven an upstream says that there is no such version: then somebody must vouch for it
   * @param outage the upstream should have answered
   */
  async #instead(mv: ModVer, proven: boolean, why: string, outage = false): Promise<FileAnswer | undefined> {
    await this.#deps.beforeUpstream(mv, 'info');
    const found = await this.offline(mv);
    if (found === undefined || (proven && !(await this.#deps.stored.isProven(mv)))) return undefined;
    this.#tellOfMaking(mv, why, outage);
    return found;
  }

  #tellOfMaking(mv: ModVer, why: string, outage: boolean): void {
    if (this.#toldOfMaking) return;
    this.#toldOfMaking = true;
    const tell = outage ? this.#deps.warn : this.#deps.log;
    tell(
      `nobody confirms the .info files of the shared cache, first of ${mv.path}@${mv.version} (${why}): such a one names its version and neither time nor origin`,
    );
  }

  /** Whether the store has an .info of this version that says what the upstream told. */
  #compare(mv: ModVer, claimed: Buffer | undefined, told: Buffer): boolean {
    const { warn, log } = this.#deps;
    if (claimed === undefined) return false;
    const difference = claimed.equals(told) ? undefined : contradiction(mv.version, claimed, parseInfo(told));
    if (difference === undefined) return true;
    const line = `the .info of ${mv.path}@${mv.version} in the shared cache says ${difference}: the upstream's was served`;
    if (this.#toldOfDifference) log(line);
    else warn(`${line}. More of that is in the log only`);
    this.#toldOfDifference = true;
    return false;
  }
}

/** The .info that a version alone lets one write: a pseudo-version has its time in it. */
export function fromVersion(version: string): StoredFile {
  const bytes = formatInfo({ version, ...timeOf(version) });
  return {
    kind: 'info',
    size: bytes.length,
    representation: 'original',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes,
    stream: range => streamOfBytes(bytes, range),
    parts: range => partsOfBytes(bytes, range),
  };
}

function timeOf(version: string): { readonly time?: string } {
  try {
    return isPseudo(version) ? { time: pseudoTime(version) } : {};
  } catch {
    return {};
  }
}

/** `A, the upstream says B` for the first thing in which they differ; undefined when they say the same. */
function contradiction(version: string, claimed: Buffer, told: VersionInfo): string | undefined {
  let ours: VersionInfo;
  try {
    ours = parseInfo(claimed, { version });
  } catch (error) {
    return `nothing of use (${error instanceof Error ? error.message.slice(0, 200) : 'unreadable'})`;
  }
  if (Date.parse(ours.time ?? '') !== Date.parse(told.time ?? '') && (ours.time ?? told.time) !== undefined) {
    return `Time ${ours.time ?? 'unknown'}, the upstream says ${told.time ?? 'unknown'}`;
  }
  const keys = new Set([...Object.keys(ours.origin ?? {}), ...Object.keys(told.origin ?? {})]);
  for (const key of keys) {
    const [a, b] = [ours.origin?.[key], told.origin?.[key]];
    if (a !== b) return `Origin ${key} ${short(a)}, the upstream says ${short(b)}`;
  }
  return undefined;
}

function short(text: string | undefined): string {
  return text === undefined ? 'nothing' : text.slice(0, 200);
}
