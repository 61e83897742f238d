import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { type BatchInput, encodeBatch, sealed } from './encode.ts';
import { BATCH_LIMITS } from './limits.ts';
import type { Footer, Header, Inventory, Request } from './record.ts';
import type { SealedBatch } from './types.ts';

const compress = promisify(gzip);
const inflate = promisify(gunzip);

/** A sealed batch and the two lines that tell what it is. */
export interface OwnBatch {
  readonly sealed: SealedBatch;
  readonly header: Header;
  readonly footer: Footer;
}

/** Seals without holding up the thread: the same bytes as `sealBatch`. Throws BatchError `too-large`. */
export async function sealAside(input: BatchInput): Promise<OwnBatch> {
  const { digest, header, footer, ndjson } = encodeBatch(input);
  const bytes = await compress(ndjson, { level: 6 });
  // The byte that names the operating system: the same batch is the same file everywhere.
  bytes[9] = 0xff;
  return { sealed: sealed({ digest, header }, input.requests.length, bytes), header, footer };
}

/** A batch that this code wrote, with its lines. */
export interface ReadBatch extends OwnBatch {
  readonly requests: readonly Request[];
  readonly inventories: readonly Inventory[];
}

/**
 * Reads a batch of our own spool; undefined when its bytes are not those that its digest names. It is not validated
 * again: what carries the right digest was written by us.
 */
export async function readOwn(digest: string, bytes: Buffer): Promise<ReadBatch | undefined> {
  try {
    const ndjson = await inflate(bytes, { maxOutputLength: BATCH_LIMITS.inflated });
    if (createHash('sha256').update(ndjson).digest('hex') !== digest) return undefined;
    const lines = ndjson.toString().trimEnd().split('\n');
    const [header, ...rest] = lines.map(line => JSON.parse(line) as { readonly kind: string });
    const footer = rest.pop();
    const requests = rest.filter(({ kind }) => kind === 'req') as Request[];
    return {
      sealed: sealed({ digest, header: header as Header }, requests.length, bytes),
      header: header as Header,
      footer: footer as Footer,
      requests,
      inventories: rest.filter(({ kind }) => kind === 'inv') as Inventory[],
    };
  } catch {
    return undefined;
  }
}
