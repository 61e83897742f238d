/** What went wrong with the medium. Mapped to words and exit codes elsewhere. */
export type StoreErrorCode =
  | 'store-missing'
  | 'store-foreign'
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

const reasons: Readonly<Record<string, readonly [StoreErrorCode, string]>> = {
  ENOSPC: ['store-full', 'the disk is full; free space or give the store another directory'],
  EDQUOT: ['store-full', 'the disk quota is used up; free space or give the store another directory'],
  EFBIG: ['store-full', 'the file is larger than this file system or its limits allow'],
  EROFS: ['store-read-only', 'the file system is mounted read-only; give the store another directory'],
  ENOTDIR: ['store-not-a-directory', 'a file stands where a directory is needed; remove or rename it'],
  EMFILE: ['store-io', 'too many files are open; raise the limit of open files'],
  ENFILE: ['store-io', 'too many files are open on this machine'],
  ENAMETOOLONG: [
    'store-io',
    'the name is longer than this file system allows; use a shorter store directory',
  ],
};

/** The errno name of a Node file system error (`ENOENT` and so on), or undefined. */
export function errnoOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Puts a file system error into the store's words; what is a `StoreError` already stays as it is. */
export function asStoreError(error: unknown, path: string, doing: 'read' | 'write'): StoreError {
  if (error instanceof StoreError) return error;
  const errno = errnoOf(error);
  const verb = doing === 'read' ? 'cannot read' : 'cannot write';
  const options = { cause: error };
  if (errno === 'EACCES' || errno === 'EPERM') {
    const code = doing === 'read' ? 'store-unreadable' : 'store-read-only';
    const fix = 'check the owner and the permissions of the store directory';
    return new StoreError(code, path, `module store: ${verb} ${path}: permission denied; ${fix}`, options);
  }
  const known = errno === undefined ? undefined : reasons[errno];
  if (known !== undefined) {
    return new StoreError(known[0], path, `module store: ${verb} ${path}: ${known[1]}`, options);
  }
  const why = error instanceof Error ? error.message : String(error);
  const fix = 'check the disk, or give the store another directory';
  return new StoreError('store-io', path, `module store: ${verb} ${path}: ${why}; ${fix}`, options);
}
