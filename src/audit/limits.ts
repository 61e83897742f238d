/** The version of the record format that this code writes, and the highest that it reads. */
export const FORMAT_VERSION = 1;

/** Longest module path, version or query, UTF-16 units: go's file systems give paths a limit, the format this one. */
export const MAX_PATH = 1024;
/** Longest other text of a record, UTF-16 units. */
export const MAX_TEXT = 2048;
/** Longest rule id, policy digest; UTF-16 units. */
export const MAX_NAME = 128;

/** Members of one part of an inventory, and its parts. */
export const MAX_MEMBERS = 2000;
export const MAX_PARTS = 1000;
/** Findings of one footer. */
export const MAX_FINDINGS = 500;

/**
 * What one batch may be; a batch past one of the first five can be split. Whole batches are held in memory where they are
 * read: those of modgate have below 1 MiB of NDJSON, and nobody may send so much that a collector dies of it.
 */
export interface BatchLimits {
  /** gzip bytes. */
  readonly compressed: number;
  /** NDJSON bytes. */
  readonly inflated: number;
  /** Lines, header and footer included. */
  readonly lines: number;
  /** Bytes of one line, without its newline. */
  readonly line: number;
  /** Members and vendored names of all inventories: each becomes several objects in whoever reads them. */
  readonly names: number;
  /** Lines that are no record, before the batch as a whole is no batch. */
  readonly refused: number;
}

export const BATCH_LIMITS: BatchLimits = {
  compressed: 8 * 1024 * 1024,
  inflated: 8 * 1024 * 1024,
  lines: 20_000,
  line: 1024 * 1024,
  names: 20_000,
  refused: 1000,
};

/** How far in the future of the reader's clock a batch may be sealed, ms. */
export const MAX_AHEAD_MS = 24 * 60 * 60 * 1000;
