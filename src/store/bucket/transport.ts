import { Readable, Transform } from 'node:stream';

/** One request as it goes out. The body of a stream has its length among the headers. */
export interface SentRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'HEAD' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | Readable;
  readonly signal: AbortSignal;
}

/** `body` must be consumed or destroyed. Header names are lower case. */
export interface SentAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

/** One request through the job's proxies and authorities, no redirect followed. Rejects on network trouble. */
export type Send = (request: SentRequest) => Promise<SentAnswer>;

/** What the AWS SDK hands to the thing that sends; as much of it as S3 and STS use. */
interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Largest answer that is not an object, bytes: a page of 1,000 keys of the longest kind has less. */
const MAX_ANSWER = 8 * 1024 * 1024;

/** The SDK's way to send, over ours: so that proxies, authorities and time limits are those of the job. */
export function sdkHandler(send: Send) {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async (request: SdkRequest, { abortSignal }: { abortSignal?: unknown } = {}) => {
      const url = urlOf(request);
      const body = request.body;
      const answer = await send({
        method: request.method as SentRequest['method'],
        url,
        headers: sentHeaders(request.headers),
        ...(isBody(body) ? { body } : {}),
        signal: abortSignal instanceof AbortSignal ? abortSignal : AbortSignal.timeout(60_000),
      });
      const isObject =
        request.method === 'GET' && answer.status < 300 && Object.keys(request.query ?? {}).every(isOfObject);
      return {
        response: {
          statusCode: answer.status,
          headers: { ...answer.headers },
          body: isObject ? answer.body : bounded(answer.body),
        },
      };
    },
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  };
}

function isBody(body: unknown): body is string | Uint8Array | Readable {
  return typeof body === 'string' || body instanceof Uint8Array || body instanceof Readable;
}

/** `?x-id=GetObject` is what the SDK adds to a plain GET. */
function isOfObject(name: string): boolean {
  return name === 'x-id';
}

/** The other side's own connection decides what goes into these; undici refuses some of them. */
function sentHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !/^(host|expect|connection)$/i.test(name)),
  );
}

function urlOf({ protocol, hostname, port, path, query }: SdkRequest): URL {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) => {
    const values = Array.isArray(value) ? (value as readonly string[]) : [value as string | null];
    return values.map(one => (one === null ? escaped(name) : `${escaped(name)}=${escaped(one)}`));
  });
  const search = pairs.length === 0 ? '' : `?${pairs.join('&')}`;
  return new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}${search}`);
}

/** As the signature has it: everything but unreserved characters (RFC 3986). */
export function escaped(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    found => `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A service that never ends its answer would fill the memory: the SDK gathers it before it reads it. */
function bounded(body: Readable): Readable {
  let length = 0;
  const limit = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      length += chunk.length;
      if (length > MAX_ANSWER) done(new Error(`the answer has more than ${MAX_ANSWER / 1024 / 1024} MiB`));
      else done(null, chunk);
    },
  });
  body.on('error', error => limit.destroy(error));
  limit.on('close', () => body.destroy());
  return body.pipe(limit);
}
