/** Why a module path or version was refused. */
export type ModuleErrorCode = 'malformed-path' | 'malformed-version' | 'malformed-pseudo-version';

/** A module path or version that Go would refuse; the message is Go's own text. */
export class ModuleError extends Error {
  override readonly name = 'ModuleError';
  readonly code: ModuleErrorCode;
  constructor(code: ModuleErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
