/**
 * `not-an-export`: no manifest of an export at its head. `damaged`: it broke off, does not unpack or is not in the
 * order of its manifest. `changed`: one file is not what the manifest says; the rest can be read on. `other-manifest`:
 * the manifest is not the one whose digest was told. `too-large`: it unpacks to more than its manifest tells.
 * `in-the-way`: what is at the place of the export is none that it may replace. `unsteady`: the store changed while it
 * was exported. `cancelled`: it was ended.
 */
export type ExportErrorCode =
  | 'not-an-export'
  | 'damaged'
  | 'changed'
  | 'other-manifest'
  | 'too-large'
  | 'in-the-way'
  | 'unsteady'
  | 'cancelled';

/** An export that cannot be written or read. Messages quote nothing of an archive but keys that were checked. */
export class ExportError extends Error {
  override readonly name = 'ExportError';
  readonly code: ExportErrorCode;
  constructor(code: ExportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
