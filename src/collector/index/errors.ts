/**
 * `unavailable`: the database is away or busy; the same call may work later, nothing was changed.
 * `newer-schema`: a newer modgate made the index. `not-an-index`: the place holds something else.
 * `cursor`: `after` is none of ours. `no-such-job`: no batch of that job is in the index, or none any more.
 * `failed`: the database refused a statement; nothing was changed.
 */
export type IndexErrorCode =
  | 'unavailable'
  | 'newer-schema'
  | 'not-an-index'
  | 'cursor'
  | 'no-such-job'
  | 'failed';

/** What the index could not do; the message says where, why and what to do next, without credentials. */
export class IndexError extends Error {
  readonly code: IndexErrorCode;

  constructor(code: IndexErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'IndexError';
    this.code = code;
  }
}
