import type { RuleId } from '../config/rule-ids.ts';

export type PolicyErrorCode =
  /** The baseline file cannot be used: exit code 2. */
  | 'baseline-invalid'
  /** A rule broke on something that it should have judged: a bug of modgate, exit code 3. */
  | 'rule-failed';

/** The policy could not be applied. The message says where and what to do. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly code: PolicyErrorCode;
  /** Set with `rule-failed`. */
  readonly rule: RuleId | undefined;

  constructor(code: PolicyErrorCode, message: string, options: ErrorOptions & { rule?: RuleId } = {}) {
    super(message, options);
    this.code = code;
    this.rule = options.rule;
  }
}
