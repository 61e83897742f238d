import { tmpdir } from 'node:os';
import { matchGlobs } from '../gomod/module-path.ts';
import type { SumTable } from '../gomod/sum.ts';
import { TOOLCHAIN } from '../gomod/toolchain.ts';
import { openSumDbFor } from '../session/fetch/ask-sumdb.ts';
import { readGoSettings } from '../session/fetch/go-command.ts';
import { pinned } from '../session/fetch/vouch.ts';
import { privatePaths } from '../session/settings/private-paths.ts';
import type { ImportAuthorities } from '../store/import/types.ts';
import type { Store } from '../store/types.ts';
import type { AnyCachePlace } from './cache-place.ts';
import { say } from './say.ts';

export interface AuthoritiesQuestion {
  /** Of the go.sum files that were named. */
  readonly sums: SumTable;
  /** Nobody is asked over the network. */
  readonly offline: boolean;
  /** Hashes of private modules are pinned. */
  readonly pinPrivate: boolean;
  /** Answers of the checksum database that the source keeps. */
  readonly kept: (key: string) => Promise<Buffer | undefined>;
  /** The same of the store. */
  readonly soft: Pick<Store, 'getSoft' | 'putSoft'> | undefined;
  /** Whether the store gets new answers. */
  readonly keeps: boolean;
}

export interface OpenAuthorities {
  readonly authorities: ImportAuthorities;
  /** Why the database cannot be asked, unless it is switched off. */
  readonly noSumDb?: string;
  readonly close: () => Promise<void>;
}

/** Who may vouch for what is imported, by the configuration and `go env`. What does not count is told on stderr. */
export async function openAuthorities(
  { platform, config }: Pick<AnyCachePlace, 'platform' | 'config'>,
  { sums, offline, pinPrivate, kept, soft, keeps }: AuthoritiesQuestion,
): Promise<OpenAuthorities> {
  const { env } = process;
  const { trusted, reason } = platform.trust;
  if (!trusted && (sums.size > 0 || pinPrivate)) {
    say(
      `warning: only the checksum database counts here: neither a go.sum nor a pin may vouch for what other jobs read, because ${reason}`,
    );
  }
  const go = await readGoSettings('go', env, tmpdir());
  const noSumDb = privatePaths({ configured: config.proxy.private, go, env }).noSumDb.join(',');
  const goSumDb = go?.GOSUMDB ?? env.GOSUMDB;
  const pins = pinned(goSumDb, noSumDb);
  const opened = await openSumDbFor({
    env,
    config,
    goCommand: 'go',
    workspace: platform.workspace,
    ...(keeps && soft !== undefined ? { store: soft } : {}),
    kept: async key => (await kept(key)) ?? (await soft?.getSoft(key))?.bytes,
    offline,
    log: () => undefined,
    warn: line => say(`warning: ${line}`),
  });
  const asks = 'ask' in opened ? opened : undefined;
  const why = 'why' in opened ? opened.why : '';
  const off = /^off(?:\s|$)/.test(goSumDb?.trim() ?? '');
  return {
    authorities: {
      goSum: (module, version, file) => (trusted ? sums.hashes(module, version, file) : []),
      sumdb: asks === undefined ? why : mv => asks.ask(mv),
      isPrivate: module => module !== TOOLCHAIN && matchGlobs(noSumDb, module),
      pins: module => trusted && pinPrivate && pins(module),
    },
    ...(asks === undefined && !off ? { noSumDb: why } : {}),
    close: async () => await asks?.close(),
  };
}
