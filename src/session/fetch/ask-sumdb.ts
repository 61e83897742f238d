import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Config } from '../../config/types.ts';
import { matchGlobs } from '../../gomod/module-path.ts';
import { TOOLCHAIN } from '../../gomod/toolchain.ts';
import { ProxyError } from '../../proxy/errors.ts';
import { SumDbService } from '../../proxy/sumdb.ts';
import type { ChainDeps } from '../../proxy/upstream/chain.ts';
import { Health } from '../../proxy/upstream/health.ts';
import { PATIENT } from '../../proxy/upstream/patience.ts';
import { existingTree } from '../../store/existing.ts';
import { readRegular } from '../../store/files.ts';
import { MAX_SOFT_SIZE, softKey } from '../../store/layout.ts';
import type { ModVer, Store } from '../../store/types.ts';
import type { SumDbWord } from '../../store/verify/types.ts';
import { Recent } from '../../tlog/recent.ts';
import { credentialsOutside } from '../credentials/outside.ts';
import { openNetwork } from '../network/network.ts';
import { privatePaths } from '../settings/private-paths.ts';
import { VERSION } from '../version.ts';
import { readGoSettings } from './go-command.ts';
import { chooseSumDb } from './sumdb-key.ts';
import { openUpstreams, upstreamEntries } from './upstreams.ts';

export interface AskSumDbRequest {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config: Config;
  readonly goCommand: string;
  /** Root of the checkout, from which the files of `proxy.ca` are named. */
  readonly workspace: string;
  /** The store whose kept answers are used, where that is a directory, and which keeps new ones when it is given open. */
  readonly dir?: string;
  readonly store?: Pick<Store, 'putSoft'>;
  /** Answers that somebody else has kept, by their keys in a store. The database's proofs judge them, too. */
  readonly kept?: (key: string) => Promise<Buffer | undefined>;
  /** Nobody is asked over the network: what is kept has to do. */
  readonly offline?: boolean;
  readonly log: (line: string) => void;
  readonly warn: (line: string) => void;
}

export interface AskSumDb {
  /** Never rejects. */
  ask(mv: ModVer): Promise<SumDbWord>;
  /**
   * The very bytes that the database has at a path like `/lookup/...` or `/tile/...`, verified; undefined where it has
   * nothing. Rejects with ProxyError when it cannot be asked.
   */
  serve(path: string): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}

/** Answers of the database (tiles have 8 KB) that are remembered where the store keeps none. */
const MAX_ANSWERS = 1000;

/** After so many questions in a row without an answer the database counts as out of reach. */
const MAX_SILENCE = 4;

/**
 * The checksum database outside of a session, with the key of the Go installation, through the upstreams that the
 * configuration or `go env GOPROXY` names. `why` when there is none to be asked.
 */
export async function openSumDbFor(request: AskSumDbRequest): Promise<AskSumDb | { readonly why: string }> {
  const { env, config, goCommand, log, warn } = request;
  const go = await readGoSettings(goCommand, env, tmpdir());
  if (go === undefined) {
    return {
      why: `"${goCommand} env" failed: the database is known by the Go installation, so install Go or put it on PATH`,
    };
  }
  const choice = await chooseSumDb(go);
  if ('why' in choice) return choice;
  const { credentials, redactor } = credentialsOutside({
    env,
    config,
    forge: undefined,
    goauth: go.GOAUTH,
    dir: tmpdir(),
    warn,
  });
  const { redact } = redactor;
  const entries = upstreamEntries(config, go.GOPROXY, warn);
  const network = await openNetwork({
    request: { config, go, env, gitEnv: {}, sessionDir: tmpdir(), workspace: request.workspace },
    // What is in the store is here whatever a policy says of it.
    policy: { layers: [], waivers: [], waivable: 'all', failOn: 'error', skip: [] },
    upstreams: entries.map(({ url }) => url),
    log,
    warn,
  });
  const { gate } = network;
  const { http, chainDeps } = await openUpstreams({ env, version: VERSION, credentials, gate, redact, log });
  const noSumDb = privatePaths({ configured: config.proxy.private, go, env }).noSumDb.join(',');
  const settings = { ...choice, store: await answersOf(request), noSumDb, warn };
  const service = new SumDbService({ ...settings, entries, chain: chainDeps });
  const keptOnly = new SumDbService({ ...settings, entries: [], chain: withoutNetwork(chainDeps) });
  let silent = 0;
  let why = request.offline === true ? 'nobody is asked over the network' : '';
  return {
    close: async () => {
      await Promise.all([http.close(), network.close()]);
    },
    ask: async mv => {
      if (mv.path !== TOOLCHAIN && matchGlobs(noSumDb, mv.path)) return { state: 'unknown' };
      if (request.offline === true || silent >= MAX_SILENCE) {
        const word = await ask(keptOnly, mv);
        return word.state === 'unavailable' ? { ...word, why } : word;
      }
      const word = await ask(service, mv);
      silent = word.state === 'unavailable' ? silent + 1 : 0;
      if (word.state === 'unavailable') why = word.why;
      return word;
    },
    serve: async path => {
      try {
        return await (request.offline === true ? keptOnly : service).serve(path);
      } catch (error) {
        if (error instanceof ProxyError && error.code === 'absent') return undefined;
        throw error;
      }
    },
  };
}

/** The same upstreams, none of which is asked. */
function withoutNetwork(deps: ChainDeps): ChainDeps {
  return {
    ...deps,
    http: {
      get: () => Promise.reject(new Error('nobody is asked over the network')),
      close: () => Promise.resolve(),
    },
    patience: { ...PATIENT, attempts: 1 },
    // That nothing answers here says nothing of the upstreams.
    health: new Health(deps.now),
    onFailure: () => undefined,
  };
}

async function ask(service: SumDbService, { path: module, version }: ModVer): Promise<SumDbWord> {
  try {
    const { zip, mod } = await service.lookup(module, version);
    return { state: 'known', ...(zip === undefined ? {} : { zip }), ...(mod === undefined ? {} : { mod }) };
  } catch (error) {
    if (error instanceof ProxyError && error.code === 'absent') return { state: 'unknown' };
    const why = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
    return { state: 'unavailable', why };
  }
}

/** Answers that the store has, read without opening it: that would write into it. The database's proofs judge them. */
async function answersOf({ dir, store, kept }: AskSumDbRequest): Promise<Pick<Store, 'getSoft' | 'putSoft'>> {
  const tree = dir === undefined ? undefined : await existingTree(dir);
  const elsewhere = async (key: string) => {
    const bytes = await kept?.(key);
    if (bytes === undefined) return undefined;
    // Whoever reads it in the store judges it by its proofs as we do. Which head is the newest, the client tells.
    if (!key.endsWith('/latest')) await store?.putSoft(key, bytes).catch(() => undefined);
    return { bytes, storedAt: 0 };
  };
  const recent = new Recent<Buffer>(MAX_ANSWERS);
  return {
    getSoft: async key => {
      const known = recent.get(key);
      if (known !== undefined) return { bytes: known, storedAt: 0 };
      const at = softKey(key);
      if (at === undefined) return undefined;
      if (!(await tree?.hasDir(path.posix.dirname(at)))) return await elsewhere(key);
      const found = tree && (await readRegular(tree.path(at), MAX_SOFT_SIZE));
      if (found === undefined || found.bytes === 'oversize') return await elsewhere(key);
      return { bytes: found.bytes, storedAt: found.stamp.mtimeMs };
    },
    putSoft: async (key, bytes) => {
      recent.set(key, bytes);
      await store?.putSoft(key, bytes);
    },
  };
}
