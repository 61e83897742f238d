import { fields } from './go-text.ts';
import { isRfc3339, isValid } from './version.ts';

/** The `@v/list` of a module: one version a line, with an optional time. */

export interface ListedVersion {
  readonly version: string;
  /** RFC 3339. Go uses it to choose the latest among pseudo-versions. */
  readonly time?: string;
}

/** A body that is no version list: an HTML page, a cut line, or more than `MAX_LIST_BYTES`. */
export class ListError extends Error {
  override readonly name = 'ListError';
  readonly code: 'too-large' | 'malformed';
  /** Counted from 1; 0 is the body as a whole. */
  readonly line: number;
  constructor(code: 'too-large' | 'malformed', line: number, message: string) {
    super(message);
    this.code = code;
    this.line = line;
  }
}

export const MAX_LIST_BYTES = 8 << 20;

function readLine(text: string, line: number): ListedVersion | undefined {
  const [version, time, ...more] = fields(text);
  if (version === undefined) return undefined;
  if (!isValid(version)) {
    throw new ListError('malformed', line, `line ${line} of the version list is not a semantic version`);
  }
  if (time === undefined) return { version };
  if (more.length > 0 || !isRfc3339(time)) {
    throw new ListError(
      'malformed',
      line,
      `line ${line} of the version list has no RFC 3339 time behind its version`,
    );
  }
  return { version, time };
}

/** Reads a version list; blank lines are ignored, an empty list is legal. Throws `ListError`. */
export function parseVersionList(bytes: Uint8Array): ListedVersion[] {
  if (bytes.byteLength > MAX_LIST_BYTES) {
    throw new ListError(
      'too-large',
      0,
      `the version list is ${bytes.byteLength} bytes long, more than ${MAX_LIST_BYTES}`,
    );
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return text.split('\n').flatMap((line, at) => readLine(line, at + 1) ?? []);
}

/** Writes a version list, one a line with a final newline; an empty list is an empty body. */
export function formatVersionList(versions: Iterable<ListedVersion>): Buffer {
  let out = '';
  for (const { version, time } of versions)
    out += time === undefined ? `${version}\n` : `${version} ${time}\n`;
  return Buffer.from(out);
}
