import { mkdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answer } from '../../src/audit/journal-record.ts';
import { createHandler } from '../../src/proxy/handler.ts';
import { HeldFiles } from '../../src/proxy/held.ts';
import { ModuleFiles } from '../../src/proxy/module-files.ts';
import { Pins } from '../../src/proxy/pins.ts';
import type { VerdictFn, Vouch } from '../../src/proxy/types.ts';
import { type ChainEntry, createChain } from '../../src/proxy/upstream/chain.ts';
import { Health } from '../../src/proxy/upstream/health.ts';
import { createHttpClient } from '../../src/proxy/upstream/http.ts';
import { PATIENT } from '../../src/proxy/upstream/patience.ts';
import { Versions } from '../../src/proxy/versions.ts';
import { type DiskStore, openDiskStore } from '../../src/store/disk.ts';
import { createHasher } from '../../src/store/hasher.ts';
import type { Damage } from '../../src/store/index-files.ts';
import type { Proof, Representation, Store } from '../../src/store/types.ts';
import { tempDir } from '../support/temp.ts';

/** The proxy itself, without a session around it, in front of the given upstreams. */
export interface Front extends AsyncDisposable {
  readonly url: string;
  readonly storeDir: string;
  readonly records: readonly Answer[];
  readonly warnings: readonly string[];
  readonly log: readonly string[];
  readonly damage: readonly Damage[];
  readonly files: ModuleFiles;
}

export interface FrontOptions {
  /** What vouches for a file; by default nobody does. */
  readonly vouch?: (module: string, version: string, file: 'zip' | 'mod') => Vouch;
  /** Modules that no checksum database is to know; default none. */
  readonly pinned?: (module: string) => boolean;
  /** Whether the job may pin; default true. */
  readonly trusted?: boolean;
  readonly verdict?: VerdictFn;
  readonly requiredBy?: (module: string, version: string) => Promise<string | undefined>;
  /** What the session's go.sum files have. */
  readonly goSum?: (module: string, version: string, file: 'zip' | 'mod') => readonly string[];
  /** In which form zips are kept; default `original`. */
  readonly representation?: Representation;
  /** How far the store is believed. */
  readonly proof?: Proof;
  /** Fills the directory of the store before it is opened. */
  readonly fill?: (dir: string) => Promise<void>;
  /** Stands between the proxy and its store. */
  readonly through?: (store: DiskStore) => Store;
}

/** Starts one on loopback. Its patience is short, so that what keeps failing fails soon. */
export async function startFront(entries: readonly ChainEntry[], options: FrontOptions = {}): Promise<Front> {
  const dir = await tempDir('front');
  const hasher = createHasher();
  const storeDir = dir.join('store');
  await options.fill?.(storeDir);
  const damage: Damage[] = [];
  const opened = await openDiskStore(storeDir, {
    hasher,
    proof: options.proof ?? 'digest',
    onDamage: one => void damage.push(one),
  });
  const store = options.through?.(opened) ?? opened;
  const http = await createHttpClient({ userAgent: 'modgate/test' });
  const now = () => performance.now();
  const chain = createChain(entries, {
    http,
    health: new Health(now),
    now,
    random: () => 0,
    sleep: async () => undefined,
    redact: text => text,
    patience: { ...PATIENT, attempts: 3, totalMs: 2_000, headersMs: 1_000, stallMs: 200 },
  });
  await mkdir(dir.join('held'));
  const warnings: string[] = [];
  const log: string[] = [];
  const warn = (line: string) => void warnings.push(line);
  const beforeUpstream = async () => false;
  const files = new ModuleFiles({
    store,
    held: new HeldFiles(dir.join('held')),
    route: () => ({ chain, direct: undefined }),
    vouch: async (module, version, file) =>
      options.vouch?.(module, version, file) ?? { state: 'unknown', why: 'a test' },
    goSum: (...asked) => options.goSum?.(...asked) ?? [],
    pins: new Pins({
      store,
      covers: module => options.pinned?.(module) ?? false,
      trusted: options.trusted ?? true,
    }),
    hasher,
    representation: options.representation ?? 'original',
    beforeUpstream,
    warn,
    log: line => void log.push(line),
  });
  const records: Answer[] = [];
  const handle = createHandler({
    files,
    versions: new Versions({
      store,
      files,
      route: () => ({ chain, direct: undefined }),
      beforeUpstream,
      warn,
    }),
    sumdb: undefined,
    verdict: (...asked) => options.verdict?.(...asked) ?? { decision: 'allow' },
    ...(options.requiredBy === undefined ? {} : { requiredBy: options.requiredBy }),
    journal: { append: record => void records.push(record), flush: async () => undefined },
    redact: text => text,
    now,
    log: line => void log.push(line),
  });
  const server: Server = createServer((req, res) => {
    handle(req, res, (req.url ?? '').slice(1)).catch(() => res.destroy());
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    storeDir,
    records,
    warnings,
    log,
    damage,
    files,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
      await http.close();
      await store.flush();
      await hasher.close();
      await dir[Symbol.asyncDispose]();
    },
  };
}
