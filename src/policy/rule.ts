import type { PolicyLayer } from '../config/policy.ts';
import type { RuleId } from '../config/rule-ids.ts';
import type { Found } from './finding.ts';
import type { Tree } from './tree.ts';

/** What a rule may look at. Everything was read before; a rule has no effects. */
export interface RuleContext {
  readonly tree: Tree;
  /** The tree that this one is compared with; undefined when everything is judged. */
  readonly base: Tree | undefined;
  /** The one policy that speaks. */
  readonly layer: PolicyLayer;
  /** The rule's options, checked, defaults filled in. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** The page of a rule in docs/rules.md. */
export interface RulePage {
  /** One line: what is reported. */
  readonly summary: string;
  /** Why it matters: what goes wrong without it. Plain sentences. */
  readonly why: string;
  /** What is not reported though it looks alike, and the limits of the rule. */
  readonly limits?: string;
  /** Configuration that switches it on or tunes it, as YAML. */
  readonly config: string;
  /** Something that is reported, and the same mended; file name first. */
  readonly bad: { readonly file: string; readonly text: string };
  readonly good: { readonly file: string; readonly text: string };
}

export interface Rule {
  readonly id: RuleId;
  readonly page: RulePage;
  readonly check: (context: RuleContext) => Iterable<Found>;
}
