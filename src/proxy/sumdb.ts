import { matchGlobs, unescapePath, unescapeVersion } from '../gomod/module-path.ts';
import { TOOLCHAIN } from '../gomod/toolchain.ts';
import type { Store } from '../store/types.ts';
import { SumDb, SumDbError, type SumDbOps } from '../tlog/client.ts';
import { ProxyError } from './errors.ts';
import { checkSumDbBody } from './sumdb-body.ts';
import { type ChainDeps, type ChainEntry, createChain, type Want } from './upstream/chain.ts';
import { bodyBytes } from './upstream/transfer.ts';

export interface SumDbSettings {
  /** The database's name as in GOSUMDB (host and path). */
  readonly name: string;
  /** Verifier key, `name+hash+base64`, from the job's own Go installation or from GOSUMDB. */
  readonly key: string;
  /** GOSUMDB="key url": asked there, past all proxies. */
  readonly url: string | undefined;
  /** The upstream chain: go asks the database through the first proxy that supports it. */
  readonly entries: readonly ChainEntry[];
  readonly chain: ChainDeps;
  /** Where answers are kept. */
  readonly store: Pick<Store, 'getSoft' | 'putSoft'>;
  /** GONOSUMDB as in force: names that no step of the job may show to the database through us. */
  readonly noSumDb: string;
  readonly warn: (line: string) => void;
}

/** What a look-up says; `undefined` hashes are not in the record. */
export interface SumDbRecord {
  readonly record: Buffer;
  readonly zip?: string;
  readonly mod?: string;
}

const LOOKUP_LIMIT = 64 * 1024;
/**
 * A look-up that the proofs refuse starts anew this often before that is believed to be meant. Twice for each
 * of the record, the tiles of the tree head and the tiles of the record, which are found wrong one by one.
 */
const TRIES = 8;

/**
 * The checksum database, verified here: what go gets from us was checked against the signed tree first, so a
 * byte that flipped on the way costs a retry and not go's "SECURITY ERROR". Answers are kept as soft state of
 * the store and serve when the database cannot be reached.
 */
export class SumDbService {
  readonly name: string;
  readonly #settings: SumDbSettings;
  readonly #client: SumDb;
  #base: Promise<ChainEntry> | undefined;

  constructor(settings: SumDbSettings) {
    this.name = settings.name;
    this.#settings = settings;
    const { store, name, warn } = settings;
    const soft = (path: string) => `sumdb/${name}${path}`;
    let latest: Uint8Array | undefined;
    const ops: SumDbOps = {
      readRemote: async path => await this.#remote(path),
      readCache: async path => (await store.getSoft(soft(path)).catch(() => undefined))?.bytes,
      writeCache: async (path, bytes) => {
        await store.putSoft(soft(path), Buffer.from(bytes)).catch(() => undefined);
      },
      readLatest: async () => latest ?? (await store.getSoft(soft('/latest')).catch(() => undefined))?.bytes,
      writeLatest: async (_old, next) => {
        latest = next;
        await store.putSoft(soft('/latest'), Buffer.from(next)).catch(() => undefined);
        return 'ok';
      },
      securityError: message =>
        warn(`SECURITY: the checksum database ${name} contradicts itself: ${message}`),
    };
    this.#client = new SumDb(settings.key, ops);
  }

  /** Rejects with ProxyError: `absent` when the database has no such version, outage codes otherwise. */
  async lookup(module: string, version: string): Promise<SumDbRecord> {
    return await this.#again(`${module}@${version}`, async () => {
      const found = await this.#client.lookup(module, version);
      return {
        record: Buffer.from(found.record),
        ...(found.zip === undefined ? {} : { zip: found.zip }),
        ...(found.mod === undefined ? {} : { mod: found.mod }),
      };
    });
  }

  /** Answers a request below `/sumdb/<name>`: `/supported`, `/latest`, `/lookup/...`, `/tile/...`. */
  async serve(path: string): Promise<Buffer> {
    if (path === '/supported') return Buffer.alloc(0);
    if (path === '/latest') {
      return await this.#again('the latest tree head', async () => Buffer.from(await this.#client.latest()));
    }
    if (path.startsWith('/tile/')) {
      return await this.#again(path.slice(1), async () => Buffer.from(await this.#client.tile(path)));
    }
    const at = path.lastIndexOf('@');
    let module: string;
    let version: string;
    try {
      module = unescapePath(path.slice('/lookup/'.length, at));
      version = unescapeVersion(path.slice(at + 1));
    } catch (error) {
      throw new ProxyError('bad-request', error instanceof Error ? error.message : String(error));
    }
    // The go command checks toolchains against the database even when GONOSUMDB names everything.
    if (module !== TOOLCHAIN && matchGlobs(this.#settings.noSumDb, module)) {
      throw new ProxyError(
        'absent',
        `modgate does not ask the checksum database ${this.name} for ${module}: it is private by proxy.private, or by GOPRIVATE or GONOSUMDB of the step that started modgate\nnext: set GONOSUMDB (or GOPRIVATE) for this step, too`,
      );
    }
    return (await this.lookup(module, version)).record;
  }

  async #again<T>(what: string, ask: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await ask();
      } catch (error) {
        if (error instanceof ProxyError) throw error;
        if (!(error instanceof SumDbError)) throw error;
        if (error.code === 'not-found') {
          throw new ProxyError(
            'absent',
            `not found: ${what}: the checksum database ${this.name} has no record of it`,
          );
        }
        const cause = error.cause instanceof ProxyError ? error.cause : undefined;
        if (cause !== undefined) throw cause;
        if (error.code === 'fork' || error.code === 'unreachable' || tries >= TRIES) {
          const code = error.code === 'unreachable' ? 'upstream-unavailable' : 'upstream-wrong';
          throw new ProxyError(code, `modgate: checksum database ${this.name}, ${what}: ${error.message}`, {
            upstream: this.name,
            retries: tries - 1,
            cause: error,
          });
        }
      }
    }
  }

  async #remote(path: string): Promise<Uint8Array> {
    const base = await this.#whichBase();
    const prefix = this.#isDirect(base) ? '' : `sumdb/${this.name}`;
    const chain = createChain([{ ...base, fallBackOn: 'absent' }], this.#settings.chain);
    const walked = await chain.fetch(this.#want(`${prefix}${path}`.replace(/^\//, ''), path));
    if (walked.state === 'ok') return walked.value;
    const text = walked.state === 'absent' ? walked.text : 'the session is ending';
    throw Object.assign(new Error(text), { code: 'not-found' });
  }

  #want(path: string, what: string): Want<Buffer> {
    return {
      path,
      what: `sumdb ${this.name}${what}`,
      limit: LOOKUP_LIMIT,
      wrongStops: true,
      check: async body => checkSumDbBody(what, await bodyBytes(body), this.#settings.key),
    };
  }

  #isDirect(entry: ChainEntry): boolean {
    return entry.url === (this.#settings.url ?? `https://${this.name}`);
  }

  /** The first proxy that says it supports the database, else the database itself; go's own rule. */
  async #whichBase(): Promise<ChainEntry> {
    this.#base ??= this.#findBase();
    try {
      return await this.#base;
    } catch (error) {
      this.#base = undefined;
      throw error;
    }
  }

  async #findBase(): Promise<ChainEntry> {
    const { url, entries, chain } = this.#settings;
    if (url !== undefined) return { url, fallBackOn: 'absent' };
    for (const entry of entries) {
      if (entry.url === 'direct' || entry.url === 'off') break;
      try {
        const asked = await createChain([entry], chain).fetch(
          this.#want(`sumdb/${this.name}/supported`, '/supported'),
        );
        if (asked.state === 'ok') return entry;
      } catch (error) {
        if (entry.fallBackOn === 'absent') throw error;
      }
    }
    return { url: `https://${this.name}`, fallBackOn: 'absent' };
  }
}
