import type { Caller } from './caller.ts';
import { ownKey } from './keys.ts';
import type { ObjectFacts } from './types.ts';
import type { Doing } from './words.ts';

const DOING: Doing = { verb: 'list', action: 's3:ListBucket' };

interface Page {
  readonly objects: readonly ObjectFacts[];
  /** How the next page is asked for; undefined: this was the last. */
  readonly next: string | undefined;
}

export interface ListOptions {
  readonly after?: string;
  readonly signal?: AbortSignal;
}

/** One page is asked for ahead: whoever works through a page need not wait for the next one as well. */
export async function* listObjects(
  caller: Caller,
  prefix: string,
  options: ListOptions,
): AsyncGenerator<ObjectFacts, void, void> {
  const left = new AbortController();
  const { after, signal } = options;
  const both = signal === undefined ? left.signal : AbortSignal.any([signal, left.signal]);
  let coming: Promise<Page> | undefined = page(caller, prefix, after, undefined, both);
  try {
    while (coming !== undefined) {
      const { objects, next }: Page = await coming;
      coming = next === undefined ? undefined : page(caller, prefix, undefined, next, both);
      // Its failure is met when its turn comes, which may be never.
      coming?.catch(() => {});
      yield* objects;
    }
  } finally {
    left.abort();
  }
}

async function page(
  caller: Caller,
  prefix: string,
  after: string | undefined,
  token: string | undefined,
  signal: AbortSignal,
): Promise<Page> {
  const { place } = caller;
  const root = place.prefix === '' ? '' : `${place.prefix}/`;
  const { ListObjectsV2Command } = await import('@aws-sdk/client-s3');
  return await caller.call<Page>(
    async (client, watch) => {
      const command = new ListObjectsV2Command({
        Bucket: place.bucket,
        Prefix: root + prefix,
        // Keys may have characters that XML cannot have.
        EncodingType: 'url',
        ...(after === undefined ? {} : { StartAfter: root + after }),
        ...(token === undefined ? {} : { ContinuationToken: token }),
      });
      const answer = await client.send(command, { abortSignal: watch.signal });
      const encoded = answer.EncodingType === 'url';
      const objects = (answer.Contents ?? []).flatMap(({ Key = '', Size, ETag, LastModified }) => {
        const key = ownKey(place, encoded ? decoded(Key) : Key);
        if (key === undefined || key === '') return [];
        return [{ key, size: Size ?? 0, etag: ETag ?? '', modified: LastModified?.getTime() ?? 0 }];
      });
      const next = answer.IsTruncated === true ? answer.NextContinuationToken : undefined;
      // A page that leads to itself would be listed for ever.
      if (next !== undefined && next === token) throw caller.failed('service', DOING);
      return { objects, next };
    },
    { doing: DOING, signal },
  );
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}
