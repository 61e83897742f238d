import { loadConfig } from '../../config/load.ts';
import type { LoadedConfig } from '../../config/types.ts';
import type { Platform } from '../../platform/types.ts';
import { findBase } from '../base.ts';
import { NeedsFetch } from '../git/objects.ts';
import { openObjects } from '../git/open.ts';
import { remoteFiles } from '../git/remote-file.ts';
import { loadFromCommit, type PolicyOptions } from './load.ts';

export interface PolicyRequest {
  /** Everything that `loadConfig` takes but the source of the files; the root of the checkout is `workspace`. */
  readonly load: PolicyOptions;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: Pick<Platform, 'change' | 'forge'>;
  /** Token for the server of the checkout, for what a shallow clone lacks. */
  readonly token?: string;
  /** False: only what is at hand, without a request to any server. */
  readonly fetch: boolean;
}

/** The configuration that counts for a job. */
export type PolicyAnswer =
  | {
      readonly state: 'read';
      readonly config: LoadedConfig;
      /** The commit it was read from; undefined for the files of the checkout. */
      readonly commit: string | undefined;
      /** What the reader must know; one line each, may hold text of the repository. */
      readonly warnings: readonly string[];
    }
  /** Asked again with `fetch: true` it may be had. */
  | { readonly state: 'needs-fetch' }
  /** The target branch's configuration cannot be had, and the change's own must not count. */
  | { readonly state: 'unavailable'; readonly why: string; readonly advice: string };

/**
 * Reads the configuration of a checkout: of a change, as the target branch has it; else the checkout's own.
 * Throws ConfigError for files that are there and cannot be used.
 */
export async function readPolicy(request: PolicyRequest): Promise<PolicyAnswer> {
  const { load, env, platform, token, fetch } = request;
  const { change } = platform;
  const opened = await openObjects({ dir: load.workspace, env, platform, token, fetch });
  const objects = opened.state === 'open' ? opened.objects : undefined;
  try {
    const readRemote = remoteFiles({ env, platform, token, origin: opened.remote, fetch });
    if (change === undefined) {
      const config = await loadConfig({ readRemote, ...load });
      return { state: 'read', config, commit: undefined, warnings: [] };
    }
    if (objects === undefined) {
      const why = opened.state === 'unreadable' ? opened.why : 'the checkout is no git repository';
      return { state: 'unavailable', why, advice: opened.advice };
    }
    const base = await findBase(objects, { change, advice: opened.advice, policyOnly: true });
    if (base.state !== 'found') return base;
    const config = await loadFromCommit({ readRemote, ...load }, objects, base.policy);
    return { state: 'read', config, commit: base.policy, warnings: base.warnings };
  } catch (error) {
    if (needsFetch(error)) return { state: 'needs-fetch' };
    throw error;
  } finally {
    await objects?.close();
  }
}

/** The loader of the configuration wraps what its reader of other repositories threw. */
function needsFetch(error: unknown): boolean {
  return error instanceof NeedsFetch || (error instanceof Error && error.cause instanceof NeedsFetch);
}
