import type { Trouble } from './trouble.ts';
import type { PutCondition } from './types.ts';

export const EXISTS = { state: 'exists' } as const;
/** The condition failed after an attempt without answer: it may have been that one which wrote the object. */
export const UNCLEAR = { state: 'unclear' } as const;

export function conditionHeaders(condition: PutCondition | undefined): {
  readonly IfNoneMatch?: '*';
  readonly IfMatch?: string;
} {
  if (condition === undefined) return {};
  return 'absent' in condition ? { IfNoneMatch: '*' } : { IfMatch: condition.etag };
}

/** @param doubtful whether an attempt without answer may have been carried out */
export function conditionFailed(
  { status, reason }: Trouble,
  condition: PutCondition | undefined,
  doubtful: boolean,
): { readonly value: typeof EXISTS | typeof UNCLEAR } | undefined {
  if (condition === undefined) return undefined;
  // An object that is gone has not got the tag either.
  const gone = 'etag' in condition && status === 404 && reason === 'NoSuchKey';
  return status === 412 || gone ? { value: doubtful ? UNCLEAR : EXISTS } : undefined;
}
