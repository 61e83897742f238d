import type { Voucher } from '../types.ts';
import type { Taken } from './take.ts';
import { type Finding, type ImportProgress, type ImportReport, REFUSALS, type Refusal } from './types.ts';

/** What an import has done so far; bounded, however large or bad the source is. */
export class Tally {
  readonly #max: number;
  readonly #imported = { versions: 0, files: 0, bytes: 0 };
  readonly #present = { versions: 0, files: 0, bytes: 0 };
  readonly #vouched: Record<Voucher, number> = { sumdb: 0, gosum: 0, 'first-seen': 0 };
  readonly #counts = Object.fromEntries(REFUSALS.map(refusal => [refusal, 0])) as Record<Refusal, number>;
  readonly #findings: Finding[] = [];
  #versions = 0;
  passedOver = 0;

  constructor(maxFindings: number) {
    this.#max = maxFindings;
  }

  add({ files, vouchers, present, findings, passed }: Taken): void {
    this.#versions += 1;
    this.passedOver += passed;
    count(this.#imported, Object.values(files));
    count(this.#present, present);
    for (const by of vouchers) this.#vouched[by] += 1;
    for (const finding of findings) this.find(finding);
  }

  find(finding: Finding): void {
    this.#counts[finding.refusal] += 1;
    if (this.#counts[finding.refusal] <= this.#max) this.#findings.push(finding);
  }

  get progress(): ImportProgress {
    const findings = Object.values(this.#counts).reduce((a, b) => a + b);
    const { versions: imported, bytes } = this.#imported;
    return { versions: this.#versions, imported, bytes, findings };
  }

  report(stopped: boolean): ImportReport {
    return {
      versions: this.#versions,
      imported: this.#imported,
      present: this.#present,
      vouched: this.#vouched,
      counts: this.#counts,
      findings: this.#findings,
      passedOver: this.passedOver,
      stopped,
    };
  }
}

function count(amount: { versions: number; files: number; bytes: number }, sizes: readonly number[]): void {
  if (sizes.length > 0) amount.versions += 1;
  amount.files += sizes.length;
  for (const size of sizes) amount.bytes += size;
}
