import type { Voucher } from './types.ts';

/**
 * Whether a hash that `theirs` vouched for gives way to another one that `ours` vouches for: the checksum database
 * beats a go.sum, and what was only seen first beats nothing that somebody vouched for.
 */
export function givesWay(theirs: Voucher | undefined, ours: Voucher | undefined): boolean {
  const pins = ours === 'first-seen' && theirs !== undefined;
  return !pins && (theirs !== 'sumdb' || ours === 'sumdb');
}

/** Who vouches, as the subject of a sentence. */
export function voucherInWords(by: Voucher | undefined): string {
  return by === 'sumdb' ? 'the checksum database' : by === 'gosum' ? 'a go.sum' : 'what was first seen';
}
