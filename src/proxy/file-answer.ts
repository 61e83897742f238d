import type { RequestRecord } from '../audit/journal-record.ts';
import type { StoredFile } from '../store/types.ts';
import type { Walked } from './upstream/chain.ts';

/** What go accepts at most, bytes. */
export const LIMITS = {
  info: 64 * 1024,
  mod: 16 * 1024 * 1024,
  zip: 500 * 1024 * 1024,
  list: 8 * 1024 * 1024,
} as const;

/** A file ready to be sent, and what the journal wants to know of it. */
export interface FileAnswer {
  readonly file: StoredFile;
  readonly source: NonNullable<RequestRecord['source']>;
  readonly upstream?: string;
  readonly retries: number;
  readonly sumdb?: RequestRecord['sumdb'];
}

/** What a flight brings. Without `file` it is in the store: a prefetch does not read what nobody wants yet. */
export type Found = Omit<FileAnswer, 'file'> & { readonly file?: StoredFile };

/** Where the bytes of a walk came from. */
export function provenance(
  walked: Extract<Walked<unknown>, { state: 'ok' }>,
): Pick<FileAnswer, 'source' | 'retries'> & { readonly upstream: string } {
  return { source: walked.via, upstream: walked.upstream, retries: walked.retries };
}
