import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { RouteFn } from '../../proxy/route.ts';
import { rememberAbsences } from '../../proxy/upstream/absences.ts';
import { type ChainDeps, type ChainEntry, createChain } from '../../proxy/upstream/chain.ts';
import { createDirect, type DirectSettings } from '../../proxy/upstream/direct.ts';
import type { Store } from '../../store/types.ts';
import { FILES } from '../directory.ts';
import type { PrivatePaths } from '../settings/private-paths.ts';
import type { DaemonRequest } from '../types.ts';

/**
 * Children at once that fetch from version control. As many as go itself would use on a large machine, and no more: a
 * forge counts its connections.
 */
const PARALLEL = Math.min(Math.max(availableParallelism(), 4), 8);
/** Longest that one child may take: a clone of a gigabyte at 2 MB/s. */
const TIMEOUT_MS = 10 * 60_000;
/** The same where the store has an older answer. */
const BRIEF_MS = 15_000;

/**
 * What go says of a version or module that a repository lacks which it could read. A repository that it could not find
 * may be there for the next job, which has another credential.
 */
const IN_REPOSITORY = /unknown revision|no matching versions for query|missing \S*go\.mod/;

export interface RoutesDeps
  extends Pick<DirectSettings, 'childEnv' | 'wantsZip' | 'redact'>,
    Partial<Pick<DirectSettings, 'explain'>> {
  readonly request: Pick<DaemonRequest, 'goCommand' | 'sessionDir'>;
  /** The chain of public modules. */
  readonly entries: readonly ChainEntry[];
  readonly chainDeps: ChainDeps;
  readonly store: Store;
  readonly paths: PrivatePaths;
  /** Whether a go.sum of the checkout names a module. */
  readonly isListed: (module: string) => boolean;
  readonly log: (line: string) => void;
}

/** Where each module of a session is fetched from. */
export interface Routes {
  readonly route: RouteFn;
  /** Ends what is being fetched from version control. */
  close(): void;
}

/** Puts the routes of a session together; nothing is started before it is asked for. */
export function openRoutes(deps: RoutesDeps): Routes {
  const { request, entries, chainDeps, store, paths, isListed, log } = deps;
  const { childEnv, wantsZip, explain, redact } = deps;
  const needed = paths.globs.length > 0 || entries.some(entry => entry.url === 'direct');
  const direct = needed
    ? createDirect({
        childEnv,
        redact,
        ...(wantsZip === undefined ? {} : { wantsZip }),
        ...(explain === undefined ? {} : { explain }),
        goCommand: request.goCommand,
        dir: join(request.sessionDir, FILES.vcs),
        parallel: PARALLEL,
        timeoutMs: TIMEOUT_MS,
        brief: { timeoutMs: BRIEF_MS, health: chainDeps.health },
        onStart: what => log(`direct: ${what}`),
      })
    : undefined;
  const open = {
    chain: rememberAbsences(createChain(entries, chainDeps), { store, now: Date.now }),
    direct,
  };
  const closed = {
    chain: rememberAbsences(createChain([{ url: 'direct', fallBackOn: 'absent' }], chainDeps), {
      store,
      now: Date.now,
      isProof: text => IN_REPOSITORY.test(text),
    }),
    direct,
  };
  return {
    route: module => {
      if (paths.isPrivate(module)) return closed;
      // A public module may lie above a private one; the checkout knows it then.
      return paths.leadsToPrivate(module) && !isListed(module) ? closed : open;
    },
    close: () => direct?.close(),
  };
}
