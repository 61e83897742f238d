import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { Caller } from './caller.ts';
import { conditionFailed, conditionHeaders, EXISTS, UNCLEAR } from './condition.ts';
import { pieceOf, sizeOf } from './content.ts';
import { fullKey } from './keys.ts';
import { putParts } from './parts.ts';
import { getObject, headObject } from './read.ts';
import type { Content, PutCondition, PutOptions, PutResult } from './types.ts';

/** Files of more bytes are looked for before they are sent where they are only to be written when absent. */
const WORTH_ASKING = 1024 * 1024;
/** Bodies of fewer bytes are with the service before it can hang up. */
const WORTH_COMPARING = 32 * 1024;
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
      // A service that sees at once that a condition fails hangs up on a large body before it says so.
      instead: async () =>
        piece.length > WORTH_COMPARING && (await isOther(caller, key, condition, signal))
          ? { value: UNCLEAR }
          : undefined,
    },
  );
}

/** Whether the object is such that a condition does not hold. */
async function isOther(
  caller: Caller,
  key: string,
  condition: PutCondition | undefined,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (condition === undefined) return false;
  const there = await headObject(caller, key, signal);
  return 'absent' in condition ? there !== undefined : there?.etag !== condition.etag;
}

/**
 * The tag of an object that has this very content already. A large one is believed by its tag, which is the MD5 digest of
 * what was once written; a small one is read.
 */
async function sameThere(
  caller: Caller,
  key: string,
  content: Content,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const there = await headObject(caller, key, signal);
  const size = sizeOf(content);
  if (there === undefined || there.size !== size) return undefined;
  if (size > MAX_COMPARED) return there.etag === `"${await md5Of(content)}"` ? there.etag : undefined;
  const more = signal === undefined ? {} : { signal };
  const got = await getObject(caller, key, { ifMatch: there.etag, ...more });
  if (got === undefined) return undefined;
  const ours = Buffer.isBuffer(content) ? content : await readFile(content.file);
  return ours.equals(await buffer(got.body)) ? there.etag : undefined;
}

async function md5Of(content: Content): Promise<string> {
  const hash = createHash('md5');
  if (Buffer.isBuffer(content)) return hash.update(content).digest('hex');
  for await (const chunk of createReadStream(content.file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
