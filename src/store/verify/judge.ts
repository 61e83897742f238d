import { h1Of } from '../index-entry.ts';
import type { FileKind, IndexEntry, ModVer, Voucher } from '../types.ts';
import type { Examined } from './examine.ts';
import type { Authorities, SumDbWord, VouchedFor } from './types.ts';

/** What those who may know say of the hash of a zip or go.mod. */
export interface Judgement {
  readonly by: keyof VouchedFor;
  /** Who proves it now, strongest first, so that the index may say so to other jobs. */
  readonly proven?: Voucher;
  /** Somebody knows another hash. `mendable`: it is the file that is wrong. */
  readonly contradiction?: { readonly what: string; readonly mendable: boolean };
}

/** Undefined for an .info and for what has no hash: nobody vouches for those. */
export function judge(
  kind: FileKind,
  { h1 }: Examined,
  entry: IndexEntry | undefined,
  asked: SumDbWord | undefined,
  authorities: Authorities,
  mv: ModVer,
): Judgement | undefined {
  if (kind === 'info' || h1 === undefined) return undefined;
  const database = asked?.state === 'known' ? asked[kind] : undefined;
  const sums = authorities.goSum?.(mv.path, mv.version, kind) ?? [];
  const recorded = entry !== undefined && h1Of(entry, kind) === h1 ? entry.vouchedBy?.[kind] : undefined;
  if (database !== undefined && database !== h1) {
    const what = `it has ${h1} where the checksum database has ${database}`;
    return { by: 'nobody', contradiction: { what, mendable: true } };
  }
  if (sums.length > 0 && !sums.includes(h1)) {
    const what = `it has ${h1} where go.sum has ${sums.join(' and ')}`;
    if (database === h1 || recorded === 'sumdb') {
      const why = `${what}; the checksum database vouches for the file, so look at the go.sum`;
      return { by: database === h1 ? 'sumdb' : 'index', contradiction: { what: why, mendable: false } };
    }
    return { by: 'nobody', contradiction: { what, mendable: authorities.goSumTrusted === true } };
  }
  if (database === h1) return { by: 'sumdb', proven: 'sumdb' };
  if (sums.includes(h1)) {
    return { by: 'gosum', ...(authorities.goSumTrusted === true ? { proven: 'gosum' as const } : {}) };
  }
  return { by: recorded === undefined ? 'nobody' : 'index' };
}
