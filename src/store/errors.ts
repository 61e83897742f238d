/** What went wrong with the medium. Mapped to words and exit codes elsewhere. */
export type StoreErrorCode =
  | 'store-not-a-directory'
  | 'store-unreadable'
  | 'store-read-only'
  | 'store-full'
  | 'store-io';

/** A store's medium failed. `path` is the file or directory it happened at. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  readonly path: string;
  constructor(code: StoreErrorCode, path: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.path = path;
  }
}
