import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpAnswer } from '../http.ts';
import { failure } from './failure.ts';
import { get } from './redirect.ts';
import { pause, shortWait } from './retry.ts';
import type { Service } from './service.ts';
import { CacheError } from './types.ts';
import { networkWords } from './words.ts';

/** Where an entry lies. */
export interface Source {
  readonly url: URL;
  /** Asks the service for a new URL of the same entry. Rejects with `gone` when the entry is no longer there. */
  readonly renew: () => Promise<URL>;
}

export interface Download {
  readonly size: number | undefined;
  readonly stream: Readable;
}

/** How often a transfer goes on after it broke. */
const MAX_RESUMPTIONS = 3;

/**
 * Opens the bytes at a signed URL. Resolves when the first answer is there; a transfer that breaks later goes on by
 * Range from the byte it reached, and the consumer sees one stream. Rejects, or fails the stream, with CacheError.
 * A consumer that reads slowly is not a stall: time counts only while a byte is awaited.
 */
export async function openDownload(service: Service, source: Source): Promise<Download> {
  const transfer = new Transfer(service, source);
  let stream: Readable | undefined;
  // Read or not, a session that ends must not leave a connection open behind it.
  const onAbort = (): void => {
    if (stream === undefined) transfer.close();
    else stream.destroy(failure('download', 'cancelled', 'the session ended'));
  };
  service.signal?.addEventListener('abort', onAbort, { once: true });
  const forget = (): void => service.signal?.removeEventListener('abort', onAbort);
  try {
    if (service.signal?.aborted === true) transfer.close();
    await transfer.connect();
  } catch (error) {
    forget();
    transfer.close();
    throw error;
  }
  stream = new Readable({
    read() {
      transfer.next().then(
        chunk => this.push(chunk),
        (error: unknown) => this.destroy(error as CacheError),
      );
    },
    destroy(error, done) {
      forget();
      transfer.close();
      done(error);
    },
  });
  return { size: transfer.size, stream };
}

/** One entry on its way, over as many connections as it takes. */
class Transfer {
  size: number | undefined;
  readonly #service: Service;
  readonly #source: Source;
  #url: URL;
  /** Whether the URL is a new one that has not served a byte yet: a 403 does not mean that it is too old. */
  #renewed = false;
  #received = 0;
  #etag: string | undefined;
  #chunks: AsyncIterator<Buffer> | undefined;
  #resumptions = 0;
  /** Breaks without a byte in between. */
  #fruitless = 0;
  #waited = false;
  #abort = new AbortController();
  #closed = false;

  constructor(service: Service, source: Source) {
    this.#service = service;
    this.#source = source;
    this.#url = source.url;
  }

  /** Asks for what is missing until an answer is there that brings it. */
  async connect(): Promise<void> {
    for (;;) {
      if (this.#closed) throw this.#ended();
      let answer: HttpAnswer;
      try {
        answer = await this.#awaited(() => this.#request());
      } catch (error) {
        await this.#broke(error);
        continue;
      }
      if (this.#accept(answer)) {
        this.#chunks = (answer.body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
        return;
      }
      answer.body.on('error', () => {}).destroy();
      await this.#afterRefusal(answer);
    }
  }

  /** The next bytes, null after the last. */
  async next(): Promise<Buffer | null> {
    for (;;) {
      const chunks = this.#chunks;
      if (chunks === undefined) throw this.#ended();
      try {
        const step = await this.#awaited(() => chunks.next());
        if (step.done !== true) {
          this.#received += step.value.length;
          this.#fruitless = 0;
          this.#renewed = false;
          if (this.size !== undefined && this.#received > this.size) {
            throw this.#failed('bad-answer', `more than the ${this.size} bytes that were announced`);
          }
          return step.value;
        }
        if (this.size === undefined || this.#received === this.size) return null;
        await this.#broke(new Error('the body ended early'));
      } catch (error) {
        await this.#broke(error);
      }
      await this.connect();
    }
  }

  close(): void {
    this.#closed = true;
    this.#chunks = undefined;
    this.#abort.abort();
  }

  #request(): Promise<HttpAnswer> {
    const range = this.#received > 0 ? { range: `bytes=${this.#received}-` } : {};
    const headers = { 'accept-encoding': 'identity', ...range };
    return get(this.#service, 'download', { url: this.#url, headers, signal: this.#abort.signal });
  }

  /** Whether the answer brings the bytes from the one reached on; throws when it brings others. */
  #accept(answer: HttpAnswer): boolean {
    const { status, header } = answer;
    if (status !== 200 && status !== 206) return false;
    const encoding = header('content-encoding') ?? 'identity';
    if (encoding !== 'identity')
      this.#reject(answer, 'bad-answer', 'a content-encoding that was not asked for');
    const etag = header('etag');
    if (this.#received === 0) {
      if (status !== 200) this.#reject(answer, 'bad-answer', 'a part where the whole was asked for');
      this.size = wholeNumber(header('content-length'));
      this.#etag = etag;
      return true;
    }
    if (status === 200) {
      this.#reject(answer, 'unavailable', 'it broke, and the service cannot go on in the middle (no Range)');
    }
    const [, from, to, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header('content-range') ?? '') ?? [];
    const length = wholeNumber(total);
    const last = wholeNumber(to);
    if (wholeNumber(from) !== this.#received || last === undefined || last < this.#received) {
      this.#reject(answer, 'bad-answer', 'another range than the one that was asked for');
    }
    const changed = length !== undefined && this.size !== undefined && length !== this.size;
    if (changed || (etag !== undefined && this.#etag !== undefined && etag !== this.#etag)) {
      this.#reject(answer, 'gone', 'another entry has its place');
    }
    this.size ??= length;
    return true;
  }

  #reject(answer: HttpAnswer, code: CacheError['code'], why: string): never {
    answer.body.on('error', () => {}).destroy();
    throw this.#failed(code, why);
  }

  async #afterRefusal(answer: HttpAnswer): Promise<void> {
    const { status } = answer;
    const why = `status ${status}`;
    if (status === 401 || status === 403) {
      if (this.#renewed) throw this.#failed('denied', why);
      this.#renewed = true;
      this.#count(`${why} (the URL may have expired)`);
      this.#url = await this.#source.renew();
      return;
    }
    if (status === 404 || status === 410) throw this.#failed('gone', why);
    if (status >= 500) return await this.#broke(new Error(why));
    const wait = shortWait(answer);
    if (wait !== undefined && !this.#waited) {
      this.#waited = true;
      return await this.#pause(wait);
    }
    throw this.#failed(status === 429 ? 'limited' : 'bad-answer', why);
  }

  /** After a break: returns after a pause when another attempt is worth it, throws otherwise. */
  async #broke(error: unknown): Promise<void> {
    if (error instanceof CacheError) throw error;
    if (this.#closed) throw this.#ended();
    this.#abort = new AbortController();
    const why = networkWords(error, this.#service.secrets);
    this.#fruitless += 1;
    if (this.#fruitless > 1) throw this.#failed('unavailable', `${why}, again`);
    this.#count(why);
    await this.#pause(pause());
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#abort.signal }).catch(() => {});
    if (this.#closed) throw this.#ended();
  }

  #count(why: string): void {
    this.#resumptions += 1;
    if (this.#resumptions > MAX_RESUMPTIONS) {
      throw this.#failed('unavailable', `${why}, and it has broken ${MAX_RESUMPTIONS} times before`);
    }
    this.#service.log(
      `downloading from the shared cache: ${why} at byte ${this.#received} of ${this.size ?? 'unknown'}; goes on there`,
    );
  }

  /** What comes within the stall limit, or a rejection. The connection does not outlive it. */
  async #awaited<T>(work: () => Promise<T>): Promise<T> {
    const abort = this.#abort;
    const { stallMs } = this.#service.limits;
    let stalled = false;
    const timer = setTimeout(() => {
      stalled = true;
      abort.abort();
    }, stallMs);
    try {
      return await work();
    } catch (error) {
      if (stalled) throw new Error(`no byte for ${Math.ceil(stallMs / 1000)} s`);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #ended(): CacheError {
    return this.#failed('cancelled', 'the session ended');
  }

  #failed(code: CacheError['code'], why: string): CacheError {
    return failure('download', code, why, this.#url.host);
  }
}

function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,15}$/.test(text)) return undefined;
  return Number(text);
}
