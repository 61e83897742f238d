/** Why a session could not start or stop. */
export type SessionErrorCode =
  | 'usage'
  | 'config'
  | 'no-go'
  | 'cannot-listen'
  | 'session-dir'
  | 'daemon'
  | 'output'
  | 'command-not-found'
  /** The checkout holds what its policy refuses. */
  | 'policy'
  /** The policy that counts could not be read. */
  | 'policy-unavailable'
  /** A record that is required was not delivered. */
  | 'audit';

/** `message` says what happened, where, why and what to do next. */
export class SessionError extends Error {
  override readonly name = 'SessionError';
  readonly code: SessionErrorCode;
  constructor(code: SessionErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
