import { createHash } from 'node:crypto';
import type { Header } from '../record.ts';

const KEY =
  /^raw\/v1\/dt=\d{4}-\d{2}-\d{2}\/[0-9a-f]{16}\/[0-9a-f]{64}\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-\d{6,10}-[0-9a-f]{64}\.ndjson\.gz$/;

/** What the name of a raw object follows from. */
export interface KeyParts {
  /** SHA-256 of the NDJSON bytes, lower-case hex. */
  readonly digest: string;
  readonly header: Pick<Header, 'iss' | 'job_uid' | 'inst' | 'batch'> & { readonly clock: { wall: string } };
}

/**
 * The name of a raw object: `raw/v1/dt=DATE/ISSUER/JOB/INST-NO-DIGEST.ndjson.gz`, with the writer's date (UTC), the
 * first 16 hex digits of the issuer's SHA-256 and the number of the batch in six digits. It follows from the batch
 * alone, so that a batch that comes twice meets itself.
 */
export function rawKey({ digest, header }: KeyParts): string {
  const issuer = createHash('sha256').update(header.iss).digest('hex').slice(0, 16);
  const no = String(header.batch).padStart(6, '0');
  return `raw/v1/dt=${header.clock.wall.slice(0, 10)}/${issuer}/${header.job_uid}/${header.inst}-${no}-${digest}.ndjson.gz`;
}

/** Whether a text is the name of a raw object; such a name has no empty part, no `..` and no separator but `/`. */
export function isRawKey(text: string): boolean {
  return KEY.test(text);
}

/** The digest of the batch that a raw object is named after. */
export function digestOfKey(key: string): string {
  return key.slice(-(64 + '.ndjson.gz'.length), -'.ndjson.gz'.length);
}
