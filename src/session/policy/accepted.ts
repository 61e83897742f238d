import type { Policy } from '../../config/policy.ts';
import type { RuleId } from '../../config/rule-ids.ts';
import type { WaiverIndex } from '../../policy/waivers.ts';
import type { Engine } from './engine.ts';

/** A rule that does not count for a module, because somebody has taken that upon himself on record. */
export interface Acceptance {
  readonly rule: RuleId;
  /** For a replace the path on its left. */
  readonly module: string;
}

/**
 * Which refusals the check of the same checkout would not count: what a waiver names, also one that has run out
 * (a date alone must break no build; the scheduled check tells of it), and the findings of the checkout that are
 * waived or in the baseline.
 */
export class Accepted {
  readonly #waivers: WaiverIndex;
  readonly #known: Set<string>;

  /** @param found what the checkout has of such findings */
  constructor(engine: Engine, policy: Policy, now: Date, found: readonly Acceptance[]) {
    // The file that a waiver names cannot be told of a request; a module that it names is meant wherever it stands.
    const byModule = engine
      .checkWaivers(policy, now)
      .filter(({ waiver }) => waiver.module !== undefined && waiver.module.trim() !== '')
      .map(checked => ({ ...checked, waiver: { ...checked.waiver, file: undefined } }));
    this.#waivers = new engine.WaiverIndex(byModule);
    this.#known = new Set(found.map(keyOf));
  }

  /** Takes in what was found later, in a checkout that was not there before. */
  add(found: readonly Acceptance[]): void {
    for (const one of found) this.#known.add(keyOf(one));
  }

  has(one: Acceptance): boolean {
    return this.#known.has(keyOf(one)) || this.#waivers.matches({ ...one, file: '' }).length > 0;
  }
}

function keyOf({ rule, module }: Acceptance): string {
  return `${rule} ${module}`;
}
