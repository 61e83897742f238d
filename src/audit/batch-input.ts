import type { BatchInput } from './encode.ts';
import type { JournalHeader } from './journal-record.ts';
import type { Piece } from './pieces.ts';

/** What a batch takes from its session, beside what it tells. */
export interface Context {
  readonly header: JournalHeader;
  /** ms since 1970. */
  readonly now: number;
  /** What the store's clock is ahead, ms. */
  readonly offsetMs: number | undefined;
  /** Why records that are not in the journal are not. */
  readonly lossReason: string | undefined;
}

/**
 * The batch that tells a piece and follows `before`. It answers for all numbers since that one, so that those without a
 * request are counted as dropped.
 */
export function inputOf(
  piece: Piece,
  before: { readonly no: number; readonly digest: string; readonly lastSeq: number } | undefined,
  { header, now, offsetMs, lossReason }: Context,
): BatchInput {
  const { lastSeq, phase, dropReason, ...content } = piece;
  const firstSeq = (before?.lastSeq ?? 0) + 1;
  const dropped = lastSeq - firstSeq + 1 - piece.requests.length;
  const wall = new Date(now).toISOString();
  const { job_uid, inst, forge, iss, tool, policy, claimed } = header;
  return {
    ...content,
    header: {
      job_uid,
      inst,
      batch: (before?.no ?? 0) + 1,
      prev: before?.digest ?? null,
      phase,
      forge,
      iss,
      tool: { ...tool },
      policy: { ...policy },
      clock: {
        wall,
        mono_ns: process.hrtime.bigint().toString(),
        ...(offsetMs === undefined ? {} : { server_offset_ms: offsetMs }),
      },
      claimed: { ...claimed },
    },
    time: wall,
    firstSeq,
    lastSeq,
    dropped,
    ...(dropped === 0 ? {} : { dropReason: dropReason ?? lossReason ?? 'not in the journal' }),
  };
}
