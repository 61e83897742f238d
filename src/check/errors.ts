export type CheckErrorCode =
  /** The directory to check, the base or another argument is wrong: exit code 2. */
  | 'usage'
  /** A policy file of another repository cannot be had: exit code 2. */
  | 'remote-file'
  /** A result cannot be written, or the tree not be read: exit code 3. */
  | 'io';

/** The check could not be made. The message says what happened, where, why and what to do. */
export class CheckError extends Error {
  override readonly name = 'CheckError';
  readonly code: CheckErrorCode;

  constructor(code: CheckErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The modules of a ref could not be told. Nothing must be removed then: they might be among it. */
export class KeepListError extends Error {
  override readonly name = 'KeepListError';
  readonly code = 'keep-list';
}
