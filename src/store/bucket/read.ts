import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Opened } from './body.ts';
import { resumingBody } from './body.ts';
import type { Caller } from './caller.ts';
import { BucketError } from './errors.ts';
import { possibleKey } from './keys.ts';
import type { Trouble } from './trouble.ts';
import type { ByteRange, GetOptions, GotObject, ObjectFacts } from './types.ts';
import type { Doing } from './words.ts';

const ABSENT = { value: undefined } as const;

/** An absent object is undefined; one without bucket is an error, where the service says which of both it is. */
function absent({ status, reason }: Trouble): typeof ABSENT | undefined {
  return status === 404 && reason !== 'NoSuchBucket' ? ABSENT : undefined;
}

/** What is refused with one of these has its reason in the body, which an answer to HEAD has not got. */
const WORDLESS: ReadonlySet<number | undefined> = new Set([301, 307, 400, 403]);

export async function headObject(
  caller: Caller,
  key: string,
  signal: AbortSignal | undefined,
): Promise<ObjectFacts | undefined> {
  try {
    return await askHead(caller, key, signal);
  } catch (error) {
    if (!(error instanceof BucketError) || error.reason !== undefined || !WORDLESS.has(error.status))
      throw error;
    const asked = { range: { start: 0, end: 0 }, ...(signal === undefined ? {} : { signal }) };
    const got = await getObject(caller, key, asked);
    got?.body.destroy();
    return got?.facts;
  }
}

async function askHead(
  caller: Caller,
  key: string,
  signal: AbortSignal | undefined,
): Promise<ObjectFacts | undefined> {
  const full = possibleKey(caller.place, key);
  if (full === undefined) return undefined;
  return await caller.read<ObjectFacts | undefined>(
    async (reader, watch) => {
      const { headers, body } = await reader.ask('HEAD', full, {}, watch.signal);
      // Its end has to be read, or the connection is of no use to the next request.
      body.on('error', () => {}).resume();
      return factsOf(caller, key, headers, lengthOf(headers));
    },
    { doing: doingOf(key), signal, settle: absent },
  );
}

interface Started {
  readonly facts: ObjectFacts;
  readonly range: ByteRange;
  /** The whole body where it is small. */
  readonly bytes?: Buffer;
  readonly opened?: Opened;
}

export async function getObject(
  caller: Caller,
  key: string,
  { range, ifMatch, signal }: GetOptions,
): Promise<GotObject | undefined> {
  const left = new AbortController();
  const leave = () => left.abort(signal?.reason);
  if (signal?.aborted) throw signal.reason;
  signal?.addEventListener('abort', leave, { once: true });
  const forget = () => signal?.removeEventListener('abort', leave);
  try {
    const started = await start(caller, key, range, ifMatch, left.signal);
    if (started === undefined || started.opened === undefined) {
      forget();
      if (started === undefined) return undefined;
      const { facts, bytes = Buffer.alloc(0) } = started;
      return { facts, body: Readable.from(bytes.length === 0 ? [] : [bytes], { objectMode: false }) };
    }
    const { facts, opened } = started;
    const body = resumingBody({
      first: opened,
      range: started.range,
      limits: caller.limits,
      pause: caller.pause,
      left,
      failed: (code, tired) => caller.failed(code, doingOf(key), tired),
      reopen: async rest => (await start(caller, key, rest, facts.etag, left.signal, true))?.opened,
    });
    return { facts, body: body.once('close', forget) };
  } catch (error) {
    forget();
    throw error;
  }
}

function doingOf(key: string): Doing {
  return { verb: 'read', key, action: 's3:GetObject' };
}

/** @param stream to leave the body alone, however small it is */
async function start(
  caller: Caller,
  key: string,
  range: ByteRange | undefined,
  ifMatch: string | undefined,
  signal: AbortSignal,
  stream = false,
): Promise<Started | undefined> {
  const { place, limits } = caller;
  const full = possibleKey(place, key);
  if (full === undefined) return undefined;
  const asked = {
    ...(range === undefined ? {} : { range: `bytes=${range.start}-${range.end}` }),
    ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
  };
  return await caller.read<Started | undefined>(
    async (reader, watch) => {
      const { headers, body } = await reader.ask('GET', full, asked, watch.signal);
      watch.progress();
      // Whoever destroys it early is told that it broke, and nobody listens any more.
      body.on('error', () => {});
      const { size, ...came } = extentOf(headers['content-range'], lengthOf(headers));
      const isOther = range !== undefined && (came.start !== range.start || came.end > range.end);
      if (isOther) {
        body.destroy();
        throw caller.failed('service', doingOf(key));
      }
      const facts = factsOf(caller, key, headers, size);
      const length = came.end - came.start + 1;
      if (stream || length > limits.smallBody) {
        watch.keep();
        return { facts, range: came, opened: { body, watch } };
      }
      const bytes = await buffer(body);
      if (bytes.length === length) return { facts, range: came, bytes };
      throw Object.assign(new Error('the body ended early'), { code: 'ECONNRESET' });
    },
    {
      doing: doingOf(key),
      signal,
      settle: trouble => (trouble.status === 412 && ifMatch !== undefined ? ABSENT : absent(trouble)),
    },
  );
}

function factsOf(
  caller: Caller,
  key: string,
  { etag = '', 'last-modified': modified = '' }: Readonly<Record<string, string | undefined>>,
  size: number,
): ObjectFacts {
  // One whose end nobody knows cannot be told whole.
  if (Number.isNaN(size)) throw caller.failed('service', doingOf(key));
  return { key, size, etag, modified: Date.parse(modified) || 0 };
}

function lengthOf({ 'content-length': length }: Readonly<Record<string, string | undefined>>): number {
  return length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : Number.NaN;
}

/** Size of the object and the bytes of it that an answer brings. */
function extentOf(contentRange: string | undefined, length: number): ByteRange & { readonly size: number } {
  const [, start, end, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(contentRange ?? '') ?? [];
  if (start === undefined) return { start: 0, end: length - 1, size: length };
  return { start: Number(start), end: Number(end), size: Number(size) };
}
