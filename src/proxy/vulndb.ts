import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Store } from '../store/types.ts';
import { ProxyError } from './errors.ts';
import { sendError, sendText } from './respond.ts';
import { type Body, bodyBytes, WrongBody, words } from './upstream/body.ts';
import { type ChainDeps, createChain } from './upstream/chain.ts';

export interface VulnDbDeps {
  /** Where the database is, http or https. */
  readonly url: string;
  readonly chain: ChainDeps;
  readonly store: Pick<Store, 'getSoft' | 'putSoft'>;
  readonly warn: (line: string) => void;
  readonly redact: (text: string) => string;
}

/** What a client of the protocol asks for: https://go.dev/doc/security/vuln/database#api */
const FILE = /^(?:index\/(?:db|modules|vulns)|ID\/GO-\d{4}-\d{4,9})\.json(?:\.gz)?$/;
/** A file is kept with its tag in one file of soft state, which has 8 MiB. */
const LIMIT = 7 * 1024 * 1024;
const INFLATED = 128 * 1024 * 1024;
/** An answer is not asked for again within this time, ms: one run of a client must not see two states of the index. */
const FRESH_MS = 10 * 60_000;

interface Kept {
  readonly etag: string | undefined;
  readonly bytes: Buffer;
}

/**
 * A mirror of a Go vulnerability database. Files come from the store when the database says that they have not changed,
 * and when it cannot be asked. Nothing in the database is signed, so that files of a store that is not believed are not.
 */
export class VulnDb {
  readonly #deps: VulnDbDeps;
  readonly #prefix: string;
  readonly #flights = new Map<string, Promise<Buffer>>();
  readonly #fresh = new Map<string, number>();
  #toldStale = false;

  constructor(deps: VulnDbDeps) {
    this.#deps = deps;
    this.#prefix = `vuln/${createHash('sha256').update(deps.url).digest('hex').slice(0, 16)}`;
  }

  /**
   * Answers a request.
   * @param path below the database, without query
   */
  async handle(req: IncomingMessage, res: ServerResponse, path: string): Promise<void> {
    const { redact } = this.#deps;
    // A client finds out by HEAD whether this is a database at all.
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.writeHead(405, { Allow: 'GET, HEAD', 'Content-Length': 0 });
      res.end();
      return;
    }
    try {
      const bytes = await this.get(path);
      await sendText(res, bytes, path.endsWith('.gz') ? 'application/gzip' : 'application/json');
    } catch (error) {
      const known =
        error instanceof ProxyError
          ? error
          : new ProxyError('disk', `modgate: ${words(error)}`, { cause: error });
      if (res.headersSent) res.destroy();
      else await sendError(res, known, redact).catch(() => undefined);
    }
  }

  /** A file of the database. Rejects with ProxyError. */
  async get(path: string): Promise<Buffer> {
    if (!FILE.test(path)) {
      throw new ProxyError(
        'bad-request',
        'not a file of a vulnerability database (want index/... or ID/GO-...)',
      );
    }
    let flight = this.#flights.get(path);
    if (flight === undefined) {
      flight = this.#find(path).finally(() => this.#flights.delete(path));
      this.#flights.set(path, flight);
    }
    return await flight;
  }

  async #find(path: string): Promise<Buffer> {
    const { url, chain, store, warn } = this.#deps;
    const key = `${this.#prefix}/${path}/@latest`;
    const kept = unpack((await store.getSoft(key).catch(() => undefined))?.bytes);
    if (kept !== undefined && chain.now() - (this.#fresh.get(path) ?? Number.NEGATIVE_INFINITY) < FRESH_MS) {
      return kept.bytes;
    }
    try {
      const walked = await createChain([{ url, fallBackOn: 'absent' }], chain).fetch<Kept>(
        {
          path,
          what: `${path} of the vulnerability database`,
          limit: LIMIT,
          wrongStops: true,
          ...(kept?.etag === undefined ? {} : { kept: { etag: kept.etag, bytes: kept.bytes } }),
          check: async body => ({ etag: body.etag, bytes: await checked(path, body) }),
        },
        { brief: kept !== undefined },
      );
      if (walked.state !== 'ok') {
        const text = walked.state === 'absent' ? walked.text : 'modgate: the session is ending';
        throw new ProxyError(walked.state === 'absent' ? 'absent' : 'closing', text);
      }
      // Written also when it has not changed: what is asked for stays young.
      await store.putSoft(key, pack(walked.value)).catch(() => undefined);
      this.#fresh.set(path, chain.now());
      return walked.value.bytes;
    } catch (error) {
      const outage = error instanceof ProxyError && error.code.startsWith('upstream-');
      if (!outage || kept === undefined) throw error;
      if (!this.#toldStale) {
        warn(
          `the vulnerability database comes from the store and may be out of date: ${error.message.split('\n', 1)[0]}`,
        );
      }
      this.#toldStale = true;
      return kept.bytes;
    }
  }
}

/** The file as it has to go out: a server that says gzip for a file which is gzip had it unpacked on the way here. */
async function checked(path: string, body: Body): Promise<Buffer> {
  const bytes = await bodyBytes(body);
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const plain = packed ? await inflate(bytes) : bytes;
  const text = plain.subarray(0, 64).toString('latin1').trimStart();
  if (!/^[[{]/.test(text) || !/[\]}]\s*$/.test(plain.subarray(-64).toString('latin1'))) {
    throw new WrongBody('the answer is no JSON');
  }
  if (!path.endsWith('.gz')) return plain;
  return packed ? bytes : await promisify(gzip)(plain);
}

async function inflate(bytes: Buffer): Promise<Buffer> {
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: INFLATED });
  } catch (error) {
    throw new WrongBody(`the answer cannot be unpacked (${words(error)})`);
  }
}

/** One line with the tag, then the bytes. */
function pack({ etag, bytes }: Kept): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify({ v: 1, etag })}\n`), bytes]);
}

/** Damaged soft state is as good as none. */
function unpack(stored: Buffer | undefined): Kept | undefined {
  const end = stored?.indexOf('\n') ?? -1;
  if (stored === undefined || end < 0 || end > 1024) return undefined;
  try {
    const head = JSON.parse(stored.subarray(0, end).toString()) as { v?: unknown; etag?: unknown };
    if (head.v !== 1) return undefined;
    const etag =
      typeof head.etag === 'string' && /^"[\x21\x23-\x7e]*"$/.test(head.etag) ? head.etag : undefined;
    return { etag, bytes: stored.subarray(end + 1) };
  } catch {
    return undefined;
  }
}
