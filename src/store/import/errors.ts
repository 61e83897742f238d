/** `no-source`: what was named is none that can be imported. `not-there`: there is nothing of that name. */
export type ImportErrorCode = 'no-source' | 'not-there';

/** What was named cannot be imported from; the message says what to name instead. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
  readonly code: ImportErrorCode;
  constructor(code: ImportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
