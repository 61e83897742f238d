/**
 * How the collector itself fails. `settings`: it was started wrongly. `locked`: another one works on the directory.
 * `storage`: the directory cannot be worked on. `question`: cannot be answered as asked.
 * `refused`: another
 * collector wants another token. `unreachable`: another collector does not answer. `index-away`: the index does not answer; raw batches are safe. `busy`: too much at once. `looking`: the forges are being looked
 * through, and the answer is there later. `closing`: it is ending.
 */
export type CollectorErrorCode =
  | 'settings'
  | 'locked'
  | 'storage'
  | 'question'
  | 'refused'
  | 'unreachable'
  | 'index-away'
  | 'busy'
  | 'looking'
  | 'closing';

/** A failure of the collector; the message says what, where, why and what to do, and has no secret in it. */
export class CollectorError extends Error {
  readonly code: CollectorErrorCode;

  constructor(code: CollectorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CollectorError';
    this.code = code;
  }
}
