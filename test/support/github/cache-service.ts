import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SpooledBody } from './cache-body.ts';
import { answerFault, type CacheFault, type CacheStep } from './cache-faults.ts';
import { Link } from './cache-link.ts';
import { type Call, callOf, type Protocols } from './cache-protocols.ts';
import { reply } from './cache-reply.ts';
import { type CacheEntry, CacheStore } from './cache-store.ts';

export type { CacheFault, CacheStep } from './cache-faults.ts';

/** How the service behaves when nothing is wrong; may be changed at any time. */
export interface CacheSettings {
  /** Whether blob URLs honour `Range`. */
  range: boolean;
  /** Requests that one signed URL serves before it answers 403; undefined: any number. */
  urlUses: number | undefined;
  /** Before each answer, milliseconds. */
  latencyMs: number;
  /** Of all transfers together, in both directions; undefined: as fast as it goes. */
  bytesPerSecond: number | undefined;
  /** Whether a body is announced with its length. */
  contentLength: boolean;
}

/** Longest body that an upload may have, bytes. */
const MAX_BODY = 4 * 1024 ** 3;
/** Longest body of an API call. */
const MAX_MESSAGE = 1024 * 1024;

export interface CacheService extends AsyncDisposable {
  /** `http://127.0.0.1:PORT/`. */
  readonly url: string;
  readonly token: string;
  readonly store: CacheStore;
  readonly settings: CacheSettings;
  /** Steps in the order they were asked, with the status they were answered with (0: none). */
  readonly log: { readonly step: CacheStep; readonly status: number }[];
  /** Steps as they were asked, also those that have no answer yet. */
  readonly asked: CacheStep[];
  /** Paths of all requests, without their queries. */
  readonly paths: string[];
  /** Authorization headers that reached a blob URL; the service must never see one there. */
  readonly leaked: string[];
  /** `Range` headers of downloads, in order. */
  readonly ranges: (string | undefined)[];
  /** Faults that last. */
  readonly faults: Partial<Record<CacheStep, CacheFault>>;
  /** Faults of the next requests of a step, used up one by one before `faults`; undefined: that request succeeds. */
  readonly next: Partial<Record<CacheStep, (CacheFault | undefined)[]>>;
  /** Makes all signed URLs that were given out so far answer 403. */
  expireUrls(): void;
  /** The variables that a runner gives to an action. */
  env(protocol: 'v1' | 'v2'): Record<string, string>;
}

/** Starts a cache service that speaks both protocols of GitHub's, checked against the real client. */
export async function startCacheService(settings: Partial<CacheSettings> = {}): Promise<CacheService> {
  const state = new State(settings);
  const server = createServer((request, response) => {
    state.handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return Object.assign(state, {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
      state.store.spool.dispose();
    },
  });
}

class State implements Protocols {
  url = '';
  readonly token = `e30.${Buffer.from('{}').toString('base64url')}.sig`;
  readonly store = new CacheStore();
  readonly settings: CacheSettings;
  readonly log: { readonly step: CacheStep; readonly status: number }[] = [];
  readonly asked: CacheStep[] = [];
  readonly paths: string[] = [];
  readonly leaked: string[] = [];
  readonly ranges: (string | undefined)[] = [];
  readonly faults: Partial<Record<CacheStep, CacheFault>> = {};
  readonly next: Partial<Record<CacheStep, (CacheFault | undefined)[]>> = {};
  readonly blocks = new Map<string, SpooledBody>();
  readonly #link = new Link();
  /** Requests that a signature still serves. */
  readonly #signatures = new Map<string, number>();
  #signed = 0;

  constructor(settings: Partial<CacheSettings>) {
    this.settings = {
      range: true,
      urlUses: undefined,
      latencyMs: 0,
      bytesPerSecond: undefined,
      contentLength: true,
      ...settings,
    };
  }

  env(protocol: 'v1' | 'v2'): Record<string, string> {
    return {
      ACTIONS_RUNTIME_TOKEN: this.token,
      ...(protocol === 'v2'
        ? { ACTIONS_CACHE_SERVICE_V2: 'True', ACTIONS_RESULTS_URL: this.url }
        : { ACTIONS_CACHE_URL: this.url }),
    };
  }

  expireUrls(): void {
    for (const signature of this.#signatures.keys()) this.#signatures.set(signature, 0);
  }

  sign(entry: CacheEntry): string {
    const signature = `s3cret/${++this.#signed}+=`;
    this.#signatures.set(signature, this.settings.urlUses ?? Number.POSITIVE_INFINITY);
    return `${this.url}blob/${entry.order}?se=2099-01-01T00:00:00Z&sig=${encodeURIComponent(signature)}`;
  }

  entryAt(url: URL): CacheEntry | undefined {
    if (!this.#signatures.has(url.searchParams.get('sig') ?? '')) return undefined;
    return this.store.entries.find(e => e.order === Number(url.pathname.slice('/blob/'.length)));
  }

  /** Counts one use of a signed URL; false when it has expired. */
  #use(url: URL): boolean {
    const signature = url.searchParams.get('sig') ?? '';
    const left = this.#signatures.get(signature) ?? 0;
    this.#signatures.set(signature, left - 1);
    return left > 0;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    this.paths.push(url.pathname);
    const call = callOf(this, request, url);
    const body = await this.#receive(request, call);
    if (body === undefined) return reply(response, { status: 413 });
    if (call === undefined) {
      return reply(response, { status: 404, json: { message: `no such path: ${url.pathname}` } });
    }
    const blob = url.pathname.startsWith('/blob/');
    const { authorization } = request.headers;
    if (blob && authorization) this.leaked.push(authorization);
    if (!blob && authorization !== `Bearer ${this.token}`) {
      return reply(response, { status: 401, json: { message: 'no token' } });
    }
    this.asked.push(call.step);
    if (call.step === 'download') this.ranges.push(request.headers.range);
    response.on('close', () =>
      this.log.push({ step: call.step, status: response.headersSent ? response.statusCode : 0 }),
    );
    if (this.settings.latencyMs > 0) await sleep(this.settings.latencyMs);

    const queue = this.next[call.step];
    const fault = queue !== undefined && queue.length > 0 ? queue.shift() : this.faults[call.step];
    const ofBody = fault === 'cut' || fault === 'stall' || fault === 'garbage' || fault === 'wrong-range';
    if (fault !== undefined && !(ofBody && call.entry)) return answerFault(response, fault, call.step, url);
    if (blob && !this.#use(url)) return reply(response, { status: 403 });
    const answer = call.run(body);
    if (call.entry === undefined) return reply(response, answer);
    await this.#serve(response, call.entry, request.headers.range, fault);
  }

  /** Takes a body in; the text of one that goes nowhere. Undefined when it is too long. */
  async #receive(request: IncomingMessage, call: Call | undefined): Promise<string | undefined> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      if (call?.into === undefined) chunks.push(chunk);
      else call.into.body.write(chunk, call.into.offset + size);
      size += chunk.length;
      if (size > (call?.into === undefined ? MAX_MESSAGE : MAX_BODY)) return undefined;
      await this.#link.carry(chunk.length, this.settings.bytesPerSecond);
    }
    return Buffer.concat(chunks).toString();
  }

  async #serve(
    response: ServerResponse,
    entry: CacheEntry,
    range: string | undefined,
    fault: CacheFault | undefined,
  ): Promise<void> {
    const [, from] = (this.settings.range && /^bytes=(\d+)-/.exec(range ?? '')) || [];
    const start = from === undefined ? 0 : Number(from) + (fault === 'wrong-range' ? 1 : 0);
    const length = this.settings.contentLength ? { 'content-length': entry.size - start } : {};
    const etag = `"${entry.order}"`;
    if (from === undefined) response.writeHead(200, { ...length, etag });
    else {
      const part = `bytes ${start}-${entry.size - 1}/${entry.size}`;
      response.writeHead(206, { ...length, etag, 'content-range': part });
    }
    const broken = fault === 'cut' || fault === 'stall';
    const end = broken ? start + Math.floor((entry.size - start) / 2) : entry.size;
    const carried = this.#carried(entry.read(start, end), fault === 'garbage');
    await pipeline(Readable.from(carried), response, { end: false });
    if (fault === 'cut') response.write('', () => response.destroy());
    else if (fault !== 'stall') response.end();
  }

  async *#carried(chunks: Iterable<Buffer>, garbage: boolean): AsyncGenerator<Buffer> {
    for (const chunk of chunks) {
      await this.#link.carry(chunk.length, this.settings.bytesPerSecond);
      yield garbage ? Buffer.alloc(chunk.length, 'x') : chunk;
    }
  }
}
