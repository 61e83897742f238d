import type { Look } from './look.ts';
import type { Mended } from './mend.ts';
import {
  FINDING_KINDS,
  type Finding,
  type FindingKind,
  type Progress,
  type VerifyReport,
  type VouchedFor,
} from './types.ts';

type Counts = Record<FindingKind, number>;

const none = (): Counts => Object.fromEntries(FINDING_KINDS.map(kind => [kind, 0])) as Counts;

/** What a verification has found so far; bounded, however large or bad the store is. */
export class Tally {
  readonly #max: number;
  readonly #counts = none();
  readonly #repaired = none();
  readonly #findings: Finding[] = [];
  readonly #vouched: Record<keyof VouchedFor, number> = { sumdb: 0, gosum: 0, index: 0, nobody: 0 };
  readonly #unasked = { versions: 0, why: '' };
  #versions = 0;
  #files = 0;
  #bytes = 0;
  #found = 0;
  changing = 0;

  constructor(maxFindings: number) {
    this.#max = maxFindings;
  }

  /** Takes in a version that was looked at; `mended` has one entry a fault, or none at all. */
  add(look: Look, mended: readonly Mended[] = []): void {
    this.#versions += 1;
    this.#files += look.files;
    this.#bytes += look.bytes;
    for (const by of look.vouchers) this.#vouched[by] += 1;
    if (look.unasked !== undefined) {
      this.#unasked.versions += 1;
      this.#unasked.why ||= look.unasked;
    }
    look.faults.forEach(({ kind, key, file, what }, at) => {
      const { outcome, movedTo } = mended[at] ?? { outcome: 'left' };
      this.find({
        kind,
        path: key,
        mv: look.mv,
        ...(file === undefined ? {} : { file }),
        what,
        outcome,
        ...(movedTo === undefined ? {} : { movedTo }),
      });
    });
  }

  find(finding: Finding): void {
    this.#found += 1;
    this.#counts[finding.kind] += 1;
    if (finding.outcome !== 'left') this.#repaired[finding.kind] += 1;
    if (this.#counts[finding.kind] <= this.#max) this.#findings.push(finding);
  }

  get progress(): Progress {
    return { versions: this.#versions, files: this.#files, bytes: this.#bytes, found: this.#found };
  }

  report(stopped: boolean): VerifyReport {
    return {
      versions: this.#versions,
      files: this.#files,
      bytes: this.#bytes,
      vouched: this.#vouched,
      counts: this.#counts,
      repaired: this.#repaired,
      findings: this.#findings,
      unasked: this.#unasked,
      changing: this.changing,
      stopped,
    };
  }
}
