import type { CompletedPart } from '@aws-sdk/client-s3';
import type { Caller } from './caller.ts';
import { conditionFailed, conditionHeaders } from './condition.ts';
import { pieceOf, sizeOf } from './content.ts';
import { fullKey } from './keys.ts';
import { headObject } from './read.ts';
import type { Content, PutCondition, PutResult } from './types.ts';
import type { Doing } from './words.ts';

/** Most parts that S3 takes for one object. */
const MOST_PARTS = 10_000;
/** Longest that ending an upload that failed may take, ms: nobody waits for its success. */
const ABORT_MS = 10_000;

interface Upload {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string;
}

/** Sends a large file in parts, each bounded and repeated by itself. What was sent of one that fails is thrown away. */
export async function putParts(
  caller: Caller,
  key: string,
  content: Content,
  condition: PutCondition | undefined,
  signal: AbortSignal | undefined,
): Promise<PutResult> {
  const doing: Doing = { verb: 'write', key, action: 's3:PutObject' };
  const upload = await begin(caller, doing, signal);
  const stop = new AbortController();
  let complete = false;
  try {
    const both = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
    const parts = await sendParts(caller, upload, doing, content, both);
    const put = await finish(caller, upload, doing, parts, condition, sizeOf(content), both);
    complete = put.state === 'written';
    return put;
  } finally {
    stop.abort();
    if (!complete) await throwAway(caller, upload, doing);
  }
}

async function begin(caller: Caller, doing: Doing, signal: AbortSignal | undefined): Promise<Upload> {
  const object = { Bucket: caller.place.bucket, Key: fullKey(caller.place, doing.key ?? '') };
  const { CreateMultipartUploadCommand } = await import('@aws-sdk/client-s3');
  return await caller.call<Upload>(
    async (client, watch) => {
      const command = new CreateMultipartUploadCommand({ ...object, ChecksumAlgorithm: 'CRC32' });
      const { UploadId } = await client.send(command, { abortSignal: watch.signal });
      if (!UploadId) throw caller.failed('service', doing);
      return { ...object, UploadId };
    },
    { doing, signal },
  );
}

/** In the order of the parts. The first that fails ends the work on the others. */
async function sendParts(
  caller: Caller,
  upload: Upload,
  doing: Doing,
  content: Content,
  signal: AbortSignal,
): Promise<CompletedPart[]> {
  const { limits, place } = caller;
  const { UploadPartCommand } = await import('@aws-sdk/client-s3');
  const size = sizeOf(content);
  const partSize = Math.max(limits.partSize, Math.ceil(size / MOST_PARTS));
  const count = Math.ceil(size / partSize);
  const parts: CompletedPart[] = [];
  let next = 0;
  const work = async () => {
    while (next < count) {
      const index = next++;
      const start = index * partSize;
      const end = Math.min(start + partSize, size) - 1;
      const piece = await pieceOf(content, { start, end }, place.location);
      parts[index] = await caller.call<CompletedPart>(
        async (client, watch) => {
          const command = new UploadPartCommand({
            ...upload,
            PartNumber: index + 1,
            Body: piece.body(watch),
            ContentLength: piece.length,
            ChecksumCRC32: piece.crc32,
          });
          const { ETag = '' } = await client.send(command, { abortSignal: watch.signal });
          return { ETag, PartNumber: index + 1, ChecksumCRC32: piece.crc32 };
        },
        { doing, signal, bytes: piece.length },
      );
    }
  };
  await Promise.all(Array.from({ length: Math.min(limits.partsAtATime, count) }, work));
  return parts;
}

async function finish(
  caller: Caller,
  upload: Upload,
  doing: Doing,
  parts: readonly CompletedPart[],
  condition: PutCondition | undefined,
  size: number,
  signal: AbortSignal,
): Promise<PutResult> {
  const { CompleteMultipartUploadCommand } = await import('@aws-sdk/client-s3');
  const put = await caller.call<PutResult | 'gone'>(
    async (client, watch) => {
      const command = new CompleteMultipartUploadCommand({
        ...upload,
        MultipartUpload: { Parts: [...parts] },
        ...conditionHeaders(condition),
      });
      const { ETag = '' } = await client.send(command, { abortSignal: watch.signal });
      return { state: 'written', etag: ETag };
    },
    {
      doing,
      signal,
      // The service puts the object together before it answers.
      bytes: size,
      settle: (trouble, doubtful) => {
        if (doubtful && trouble.reason === 'NoSuchUpload') return { value: 'gone' };
        const failed = conditionFailed(trouble, condition, false);
        return failed === undefined ? undefined : { value: { state: 'exists' } };
      },
    },
  );
  if (put !== 'gone') return put;
  // An attempt whose answer was lost has put it together.
  const there = await headObject(caller, doing.key ?? '', signal);
  if (there?.size === size) return { state: 'written', etag: there.etag };
  throw caller.failed('service', doing);
}

async function throwAway(caller: Caller, upload: Upload, doing: Doing): Promise<void> {
  const { AbortMultipartUploadCommand } = await import('@aws-sdk/client-s3');
  const send = caller.call(
    async (client, watch) => {
      await client.send(new AbortMultipartUploadCommand(upload), { abortSignal: watch.signal });
    },
    { doing: { ...doing, action: 's3:AbortMultipartUpload' }, signal: AbortSignal.timeout(ABORT_MS) },
  );
  // What it leaves behind falls to prune, or to the bucket's own lifecycle rule.
  await send.catch(() => {});
}
