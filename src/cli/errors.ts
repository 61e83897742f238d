import { DeliveryError, RawError } from '../audit/errors.ts';
import { CheckError, KeepListError } from '../check/errors.ts';
import { GitError } from '../check/git/command.ts';
import { CollectorError, type CollectorErrorCode } from '../collector/errors.ts';
import { IndexError } from '../collector/index/errors.ts';
import { ConfigError } from '../config/errors.ts';
import { PolicyError } from '../policy/errors.ts';
import { SessionError, type SessionErrorCode } from '../session/errors.ts';
import { BucketError, type BucketErrorCode } from '../store/bucket/errors.ts';
import { StoreError, type StoreErrorCode } from '../store/errors.ts';
import { ExportError, type ExportErrorCode } from '../store/export/errors.ts';
import { ImportError } from '../store/import/errors.ts';

/** The command line is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Exit codes of the contract. */
export const EXIT = { ok: 0, findings: 1, usage: 2, internal: 3, incomplete: 4 } as const;

const USAGE: ReadonlySet<SessionErrorCode> = new Set(['usage', 'config', 'command-not-found']);
/** The directory that was named is none that can be worked on. */
const WRONG_STORE: ReadonlySet<StoreErrorCode> = new Set([
  'store-missing',
  'store-foreign',
  'store-not-a-directory',
]);

/** The URL of the bucket is wrong, as opposed to a service or credentials that fail. */
const WRONG_BUCKET: ReadonlySet<BucketErrorCode> = new Set(['invalid', 'no-bucket', 'wrong-region']);

/** What is asked or configured is wrong, as opposed to a store that fails. */
const WRONG_QUESTION: ReadonlySet<CollectorErrorCode> = new Set(['settings', 'question', 'refused']);

/** A file that is not what its manifest says is a finding, an archive that cannot be read on is broken. */
const EXPORT_CODES: Readonly<Record<ExportErrorCode, number>> = {
  'not-an-export': EXIT.usage,
  'in-the-way': EXIT.usage,
  'other-manifest': EXIT.findings,
  changed: EXIT.findings,
  damaged: EXIT.findings,
  'too-large': EXIT.findings,
  unsteady: EXIT.internal,
  cancelled: EXIT.internal,
};

/** The one place that turns an error into an exit code. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof ConfigError) return EXIT.usage;
  if (error instanceof DeliveryError) return error.code === 'target' ? EXIT.usage : EXIT.incomplete;
  if (error instanceof CollectorError) {
    return WRONG_QUESTION.has(error.code) ? EXIT.usage : EXIT.internal;
  }
  if (error instanceof IndexError)
    return error.code === 'cursor' || error.code === 'no-such-job' ? EXIT.usage : EXIT.internal;
  if (error instanceof CheckError) return error.code === 'io' ? EXIT.internal : EXIT.usage;
  if (error instanceof PolicyError) {
    return error.code === 'baseline-invalid' ? EXIT.usage : EXIT.internal;
  }
  if (error instanceof KeepListError) return EXIT.incomplete;
  if (error instanceof ImportError) return EXIT.usage;
  if (error instanceof BucketError) return WRONG_BUCKET.has(error.code) ? EXIT.usage : EXIT.internal;
  if (error instanceof ExportError) return EXPORT_CODES[error.code];
  if (error instanceof StoreError) return WRONG_STORE.has(error.code) ? EXIT.usage : EXIT.internal;
  if (error instanceof SessionError) {
    if (error.code === 'policy') return EXIT.findings;
    if (error.code === 'policy-unavailable' || error.code === 'audit') return EXIT.incomplete;
    return USAGE.has(error.code) ? EXIT.usage : EXIT.internal;
  }
  return EXIT.internal;
}

/** What the user reads. A stack only for what we did not foresee. */
export function wordsOf(error: unknown): string {
  const foreseen =
    error instanceof UsageError ||
    error instanceof BucketError ||
    error instanceof ConfigError ||
    error instanceof CheckError ||
    error instanceof CollectorError ||
    error instanceof DeliveryError ||
    error instanceof IndexError ||
    error instanceof RawError ||
    error instanceof GitError ||
    error instanceof ExportError ||
    error instanceof ImportError ||
    error instanceof KeepListError ||
    error instanceof PolicyError ||
    error instanceof SessionError ||
    error instanceof StoreError;
  if (foreseen) return error.message;
  return error instanceof Error ? `internal error: ${error.stack ?? error.message}` : String(error);
}
