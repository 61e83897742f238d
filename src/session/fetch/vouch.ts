import { matchGlobs } from '../../gomod/module-path.ts';
import type { SumTable } from '../../gomod/sum.ts';
import { TOOLCHAIN } from '../../gomod/toolchain.ts';
import { ProxyError } from '../../proxy/errors.ts';
import type { SumDbService } from '../../proxy/sumdb.ts';
import type { Vouch, VouchFn } from '../../proxy/types.ts';

export interface VouchDeps {
  readonly sums: SumTable;
  /** Whether this job's go.sum may vouch for bytes that other jobs read. */
  readonly trusted: boolean;
  /** Undefined with GOSUMDB=off or without a key. */
  readonly sumdb: SumDbService | undefined;
  /** GONOSUMDB as in force: names that must not be shown to the database. */
  readonly noSumDb: string;
  /** Longest wait for the database, ms; then the file is served under go's own rules. */
  readonly timeoutMs: number;
}

/**
 * Which modules no checksum database is to know, so that the hash of a first fetch is pinned. Toolchains are not among
 * them: go takes none without the database.
 * @param goSumDb GOSUMDB as in force; undefined where nobody could tell
 */
export function pinned(goSumDb: string | undefined, noSumDb: string): (module: string) => boolean {
  const off = /^off(?:\s|$)/.test(goSumDb?.trim() ?? '');
  return module => module !== TOOLCHAIN && (off || matchGlobs(noSumDb, module));
}

/** Answers from go.sum, else from the checksum database. The answer never rejects. */
export function createVouch(deps: VouchDeps): VouchFn {
  const { sums, trusted } = deps;
  const database = createDatabaseVouch(deps);
  return async (module, version, file) => {
    const known = sums.hashes(module, version, file);
    if (known.length > 0) return { state: 'known', h1s: known, by: trusted ? 'gosum' : 'session-gosum' };
    return await database(module, version, file);
  };
}

/** Answers from the checksum database alone. The answer never rejects. */
export function createDatabaseVouch(deps: Omit<VouchDeps, 'sums' | 'trusted'>): VouchFn {
  const { sumdb, noSumDb, timeoutMs } = deps;
  return async (module, version, file) => {
    if (sumdb === undefined) return { state: 'unknown', why: 'no checksum database is configured' };
    if (module !== TOOLCHAIN && matchGlobs(noSumDb, module)) {
      return { state: 'unknown', why: 'GONOSUMDB keeps this module from the checksum database' };
    }
    return await withTimeout(ask(sumdb, module, version, file), timeoutMs);
  };
}

async function ask(
  sumdb: SumDbService,
  module: string,
  version: string,
  file: 'zip' | 'mod',
): Promise<Vouch> {
  try {
    const h1 = (await sumdb.lookup(module, version))[file];
    if (h1 === undefined) return { state: 'unknown', why: `the checksum database has no ${file} hash of it` };
    return { state: 'known', h1s: [h1], by: 'sumdb' };
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
    const absent = error instanceof ProxyError && error.code === 'absent';
    return { state: absent ? 'unknown' : 'unavailable', why };
  }
}

async function withTimeout(answer: Promise<Vouch>, ms: number): Promise<Vouch> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Vouch>(resolve => {
    timer = setTimeout(
      () => resolve({ state: 'unavailable', why: 'the checksum database did not answer in time' }),
      ms,
    );
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
