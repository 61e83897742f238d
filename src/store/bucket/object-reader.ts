import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import type { SignatureV4 } from '@smithy/signature-v4';
import type { Credentials } from './credentials.ts';
import type { Place } from './place.ts';
import { escaped, type Send, type SentAnswer } from './transport.ts';

/** What a service says when it does not give what was asked for; in the shape in which the SDK has it. */
class Refusal extends Error {
  /** As the SDK names what has no name. */
  override readonly name = 'Unknown';
  readonly Code: string | undefined;
  readonly Region: string | undefined;
  readonly $response: {
    readonly statusCode: number;
    readonly headers: Readonly<Record<string, string>>;
  };
  constructor({ status, headers }: SentAnswer, text: string) {
    super(`the service answered ${status}`);
    this.Code = /<Code>(\w{1,64})<\/Code>/.exec(text)?.[1];
    this.Region = /<Region>([a-z0-9-]{1,32})<\/Region>/.exec(text)?.[1];
    this.$response = { statusCode: status, headers };
  }
}

/** SHA-256 of nothing: what a request without body is signed with. */
const NO_BODY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
/** Most that is read of an error, bytes. */
const MAX_REFUSAL = 64 * 1024;

/**
 * Asks for objects without the SDK's own way of doing it, which takes 0.9 ms of processor for each and 0.2 s to load,
 * where signing and sending alone take 0.2 ms: a job asks a thousand times while go works on the same cores.
 */
export class ObjectReader {
  readonly #base: URL;
  readonly #path: string;
  readonly #region: string;
  readonly #send: Send;
  readonly #credentials: () => Promise<Credentials>;
  readonly #now: () => number;
  #signer: Promise<SignatureV4> | undefined;
  /** What the service's clock is ahead of ours, ms; looked at when that matters. */
  #aheadMs = 0;

  /** @param now ms since the epoch */
  constructor(
    place: Pick<Place, 'endpoint' | 'bucket' | 'pathStyle' | 'host' | 'region'>,
    send: Send,
    credentials: () => Promise<Credentials>,
    now: () => number,
  ) {
    this.#base = new URL(place.endpoint);
    this.#base.host = place.host;
    this.#path = this.#base.pathname.replace(/\/$/, '') + (place.pathStyle ? `/${place.bucket}` : '');
    this.#region = place.region;
    this.#send = send;
    this.#credentials = credentials;
    this.#now = now;
  }

  /**
   * The answer with the object, or with a part of it. Rejects with what `troubleOf` understands.
   * @param key whole, with the prefix
   */
  async ask(
    method: 'GET' | 'HEAD',
    key: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<SentAnswer> {
    this.#signer ??= this.#open();
    const signer = await this.#signer;
    const { protocol, hostname, port, host } = this.#base;
    const path = `${this.#path}/${key.split('/').map(escaped).join('/')}`;
    const signed = await signer.sign(
      {
        method,
        protocol,
        hostname,
        ...(port === '' ? {} : { port: Number(port) }),
        path,
        query: {},
        headers: { ...headers, host, 'x-amz-content-sha256': NO_BODY },
      },
      { signingDate: new Date(this.#now() + this.#aheadMs) },
    );
    const { host: _, ...sent } = signed.headers;
    const url = new URL(`${protocol}//${host}${path}`);
    const answer = await this.#send({ method, url, headers: sent, signal });
    if (answer.status === 200 || answer.status === 206) return answer;
    const refusal = new Refusal(answer, await beginning(answer));
    const date = Date.parse(answer.headers.date ?? '');
    if (refusal.Code === 'RequestTimeTooSkewed' && !Number.isNaN(date)) this.#aheadMs = date - this.#now();
    throw refusal;
  }

  async #open(): Promise<SignatureV4> {
    const { SignatureV4: Signer } = await import('@smithy/signature-v4');
    return new Signer({
      service: 's3',
      region: this.#region,
      credentials: this.#credentials,
      sha256: Sha256,
      uriEscapePath: false,
      applyChecksum: true,
    });
  }
}

async function beginning({ body }: SentAnswer): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  // An answer that breaks off has said enough by its status.
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_REFUSAL) break;
    }
  } catch {}
  return Buffer.concat(chunks).toString('latin1');
}

/** The hash as the signer wants it. */
class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined
        ? createHash('sha256')
        : createHmac('sha256', typeof secret === 'string' ? secret : bytesOf(secret));
  }
  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof chunk === 'string' ? chunk : bytesOf(chunk));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
