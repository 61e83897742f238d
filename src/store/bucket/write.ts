import { buffer } from 'node:stream/consumers';
import type { Caller } from './caller.ts';
import { conditionFailed, conditionHeaders, EXISTS, type UNCLEAR } from './condition.ts';
import { pieceOf, sizeOf } from './content.ts';
import { fullKey } from './keys.ts';
import { putParts } from './parts.ts';
import { getObject, headObject } from './read.ts';
import type { Content, PutCondition, PutOptions, PutResult } from './types.ts';

/** Files of more bytes are looked for before they are sent where they are only to be written when absent. */
const WORTH_ASKING = 1024 * 1024;
/** What is compared at most to learn whether it was us who wrote it, bytes. */
const MAX_COMPARED = 4 * 1024 * 1024;

export async function putObject(
  caller: Caller,
  key: string,
  content: Content,
  { condition, signal }: PutOptions,
): Promise<PutResult> {
  const size = sizeOf(content);
  if (condition !== undefined && 'absent' in condition && size > WORTH_ASKING) {
    if ((await headObject(caller, key, signal)) !== undefined) return EXISTS;
  }
  const put =
    size > caller.limits.partSize
      ? await putParts(caller, key, content, condition, signal)
      : await putWhole(caller, key, content, condition, signal);
  if (put.state !== 'unclear') return put;
  const etag = await sameThere(caller, key, content, signal);
  return etag === undefined ? EXISTS : { state: 'written', etag };
}

async function putWhole(
  caller: Caller,
  key: string,
  content: Content,
  condition: PutCondition | undefined,
  signal: AbortSignal | undefined,
): Promise<PutResult | typeof UNCLEAR> {
  const { place } = caller;
  const Key = fullKey(place, key);
  const [{ PutObjectCommand }, piece] = await Promise.all([
    import('@aws-sdk/client-s3'),
    pieceOf(content, { start: 0, end: sizeOf(content) - 1 }, place.location),
  ]);
  return await caller.call<PutResult | typeof UNCLEAR>(
    async (client, watch) => {
      const command = new PutObjectCommand({
        Bucket: place.bucket,
        Key,
        Body: piece.body(watch),
        ContentLength: piece.length,
        ChecksumCRC32: piece.crc32,
        ...conditionHeaders(condition),
      });
      const answer = await client.send(command, { abortSignal: watch.signal });
      return { state: 'written', etag: answer.ETag ?? '' };
    },
    {
      doing: { verb: 'write', key, action: 's3:PutObject' },
      signal,
      bytes: piece.length,
      settle: (trouble, doubtful) => conditionFailed(trouble, condition, doubtful),
    },
  );
}

/** The tag of an object that has this very content already; only looked at where that is cheap. */
async function sameThere(
  caller: Caller,
  key: string,
  content: Content,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (!Buffer.isBuffer(content) || content.length > MAX_COMPARED) return undefined;
  const there = await getObject(caller, key, signal === undefined ? {} : { signal });
  if (there === undefined) return undefined;
  if (there.facts.size !== content.length) {
    there.body.destroy();
    return undefined;
  }
  return content.equals(await buffer(there.body)) ? there.facts.etag : undefined;
}
