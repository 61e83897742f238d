import type { Bucket, GetOptions, ObjectFacts } from './types.ts';

/** An object and all of its bytes. */
export interface SmallObject {
  readonly facts: ObjectFacts;
  readonly bytes: Buffer | 'oversize';
}

/**
 * Reads an object of at most `max` bytes; `oversize` instead of its bytes when it is larger. Undefined when there is
 * none. Throws BucketError.
 */
export async function readSmall(
  bucket: Bucket,
  key: string,
  max: number,
  options?: GetOptions,
): Promise<SmallObject | undefined> {
  const got = await bucket.get(key, options);
  if (got === undefined) return undefined;
  const { facts, body } = got;
  if (facts.size > max) {
    body.destroy();
    return { facts, bytes: 'oversize' };
  }
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    size += (part as Buffer).length;
    // Whatever its headers said.
    if (size > max) return { facts, bytes: 'oversize' };
    parts.push(part as Buffer);
  }
  return { facts, bytes: Buffer.concat(parts) };
}
