/**
 * Why a token of a forge proves nothing here. `refused`: it is not valid. `foreign`: it is valid, and its owner is not
 * allowed. `replayed`: it came with another batch before. `unknown-key`: no key of its issuer fits, which passes when a
 * key was changed just now. `contradicts`: it is of another repository than its batch tells of. `unavailable`: its issuer could not be asked for its keys.
 */
export type IdentityErrorCode =
  | 'refused'
  | 'foreign'
  | 'replayed'
  | 'contradicts'
  | 'unknown-key'
  | 'unavailable';

/** A token that is not accepted; the message says why and has nothing of the token but its issuer and numeric ids. */
export class IdentityError extends Error {
  readonly code: IdentityErrorCode;

  constructor(code: IdentityErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'IdentityError';
    this.code = code;
  }
}
