import { createHash } from 'node:crypto';
import { factsOf } from '../index-entry.ts';
import { MAX_INDEX_SIZE } from '../layout.ts';
import type { IndexEntry } from '../types.ts';

/**
 * Small files of a version inside its index object, because a request costs more than their bytes: one answer then
 * serves the .info and the .mod too. They are copies: the files are there as well, and what does not have the digest
 * of the entry does not count.
 */
export interface Inline {
  readonly info?: Buffer;
  readonly mod?: Buffer;
}

/** Largest file of each kind that is copied, bytes. */
const MAX_INLINE = { info: 4 * 1024, mod: 24 * 1024 } as const;
const KINDS = ['info', 'mod'] as const;

/** The copies in an index object that have the digests of its entry. */
export function inlineIn(bytes: Buffer, entry: IndexEntry): Inline {
  const found: { info?: Buffer; mod?: Buffer } = {};
  try {
    const { inline } = JSON.parse(bytes.toString('utf8')) as { readonly inline?: Record<string, unknown> };
    for (const kind of KINDS) {
      const text = inline?.[kind];
      if (typeof text !== 'string') continue;
      const content = Buffer.from(text, 'base64');
      if (fits(content, entry, kind)) found[kind] = content;
    }
  } catch {
    // What is no JSON has no copies.
  }
  return found;
}

/** An index object with the copies that fit its entry and are small enough. */
export function withInline(formatted: Buffer, entry: IndexEntry, files: Inline): Buffer {
  const inline: Record<string, string> = {};
  for (const kind of KINDS) {
    const content = files[kind];
    if (content === undefined || content.length > MAX_INLINE[kind] || !fits(content, entry, kind)) continue;
    inline[kind] = content.toString('base64');
  }
  if (Object.keys(inline).length === 0) return formatted;
  const plain = JSON.parse(formatted.toString('utf8')) as object;
  const bytes = Buffer.from(`${JSON.stringify({ ...plain, inline })}\n`);
  return bytes.length <= MAX_INDEX_SIZE ? bytes : formatted;
}

function fits(content: Buffer, entry: IndexEntry, kind: 'info' | 'mod'): boolean {
  const facts = factsOf(entry, kind);
  return (
    facts !== undefined &&
    facts.size === content.length &&
    facts.sha256 === createHash('sha256').update(content).digest('hex')
  );
}
