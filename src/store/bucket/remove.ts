import type { Caller } from './caller.ts';
import { ownKey, possibleKey } from './keys.ts';
import type { Doing } from './words.ts';

/** Most keys of one request. */
const BATCH = 1000;
/** Requests under way at a time: removing is the service's hardest work, and nobody is in a hurry. */
const AT_A_TIME = 4;

export interface NotRemoved {
  readonly key: string;
  /** The service's name for it, like `AccessDenied`. */
  readonly why: string;
}

export async function removeObjects(
  caller: Caller,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly NotRemoved[]> {
  const failed: NotRemoved[] = [];
  let next = 0;
  const work = async () => {
    while (next < keys.length) {
      const batch = keys.slice(next, next + BATCH);
      next += BATCH;
      failed.push(...(await removeBatch(caller, batch, signal)));
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_A_TIME, Math.ceil(keys.length / BATCH)) }, work));
  return failed;
}

async function removeBatch(
  caller: Caller,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly NotRemoved[]> {
  const { place } = caller;
  const doing: Doing = { verb: 'remove', key: keys[0] ?? '', action: 's3:DeleteObject' };
  const Objects = keys.flatMap(key => possibleKey(place, key) ?? []).map(Key => ({ Key }));
  if (Objects.length === 0) return [];
  const { DeleteObjectsCommand } = await import('@aws-sdk/client-s3');
  const errors = await caller.call(
    async (client, watch) => {
      const command = new DeleteObjectsCommand({ Bucket: place.bucket, Delete: { Quiet: true, Objects } });
      return (await client.send(command, { abortSignal: watch.signal })).Errors ?? [];
    },
    { doing, signal },
  );
  return errors.flatMap(({ Key = '', Code = '' }) => {
    const key = ownKey(place, Key);
    if (key === undefined || Code === 'NoSuchKey') return [];
    return [{ key, why: /^\w{1,64}$/.test(Code) ? Code : 'the service says no reason' }];
  });
}
