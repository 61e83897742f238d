import type { MultipartUpload } from '@aws-sdk/client-s3';
import type { Caller } from './caller.ts';
import { ownKey } from './keys.ts';
import type { Doing } from './words.ts';

const LIST: Doing = { verb: 'list', action: 's3:ListBucketMultipartUploads' };

/** Where the next page begins. */
interface Marker {
  readonly KeyMarker?: string;
  readonly UploadIdMarker?: string;
}

/** Ends uploads in parts that were begun before a time and never completed; returns how many. */
export async function dropUploads(
  caller: Caller,
  before: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  let dropped = 0;
  let from: Marker | undefined = {};
  while (from !== undefined) {
    const { uploads, next }: Page = await page(caller, from, signal);
    for (const { Key, UploadId, Initiated } of uploads) {
      if (Key === undefined || UploadId === undefined || (Initiated?.getTime() ?? before) >= before) continue;
      if (await drop(caller, Key, UploadId, signal)) dropped++;
    }
    from = next;
  }
  return dropped;
}

interface Page {
  readonly uploads: readonly MultipartUpload[];
  readonly next: Marker | undefined;
}

async function page(caller: Caller, from: Marker, signal: AbortSignal | undefined): Promise<Page> {
  const { place } = caller;
  const { ListMultipartUploadsCommand } = await import('@aws-sdk/client-s3');
  return await caller.call<Page>(
    async (client, watch) => {
      const command = new ListMultipartUploadsCommand({
        Bucket: place.bucket,
        Prefix: place.prefix === '' ? '' : `${place.prefix}/`,
        ...from,
      });
      const answer = await client.send(command, { abortSignal: watch.signal });
      const { IsTruncated, NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = answer;
      const moved = KeyMarker !== from.KeyMarker || UploadIdMarker !== from.UploadIdMarker;
      const more = IsTruncated === true && KeyMarker && moved;
      const next = more ? { KeyMarker, ...(UploadIdMarker ? { UploadIdMarker } : {}) } : undefined;
      return { uploads: answer.Uploads ?? [], next };
    },
    { doing: LIST, signal },
  );
}

/** False when it was gone already. */
async function drop(
  caller: Caller,
  Key: string,
  UploadId: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { AbortMultipartUploadCommand } = await import('@aws-sdk/client-s3');
  const key = ownKey(caller.place, Key) ?? Key;
  return await caller.call<boolean>(
    async (client, watch) => {
      const command = new AbortMultipartUploadCommand({ Bucket: caller.place.bucket, Key, UploadId });
      await client.send(command, { abortSignal: watch.signal });
      return true;
    },
    {
      doing: { verb: 'remove', key, action: 's3:AbortMultipartUpload' },
      signal,
      settle: ({ status }) => (status === 404 ? { value: false } : undefined),
    },
  );
}
