/**
 * `not-a-zip`: no directory to be found, or one that is cut off. `bad-member`: a member's data is malformed,
 * cut off, or longer or shorter than declared. `bad-crc`: its checksum is wrong. `too-large`: beyond go's
 * limits or ours. `bad-name`: a name that go refuses in a module zip. `bad-module`: path and version asked for
 * are not canonical.
 */
export type ZipErrorCode = 'not-a-zip' | 'bad-member' | 'bad-crc' | 'too-large' | 'bad-name' | 'bad-module';

/** A module zip that go would refuse, or that is beyond our limits. */
export class ZipError extends Error {
  override readonly name = 'ZipError';
  readonly code: ZipErrorCode;
  constructor(code: ZipErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
