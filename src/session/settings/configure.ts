import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../../config/load.ts';
import { redactUrl } from '../../config/redact.ts';
import type { Config, LoadedConfig } from '../../config/types.ts';
import { auditSettings } from '../audit/settings.ts';
import { CHECKOUT_DIR } from '../checkout-dir.ts';
import { SessionError } from '../errors.ts';
import { packPolicy } from '../policy/policy-json.ts';
import type { ConfigureRequest, DaemonRequest } from '../types.ts';
import { type ConfigQuestion, type PolicyAnswer, type Reach, readConfig } from './read-config.ts';

/** The part of a daemon's request that the configuration decides. */
export type Configured = Pick<
  DaemonRequest,
  | 'config'
  | 'policy'
  | 'policyCommit'
  | 'authorityFiles'
  | 'configDigest'
  | 'save'
  | 'store'
  | 'idleMs'
  | 'audit'
> & {
  /** The job gets a GOMODCACHE of its own. */
  readonly isolated: boolean;
  /** What the user is to know; not part of the request. */
  readonly warnings: readonly string[];
};

export type Configuring =
  | { readonly state: 'ready'; readonly configured: Configured }
  | Exclude<PolicyAnswer, { readonly state: 'read' }>;

/**
 * Reads the configuration that counts for a checkout and turns it into the settings of a session. Throws
 * ConfigError.
 */
export async function configure(request: ConfigureRequest, reach: Reach): Promise<Configuring> {
  const answer = await readConfig(questionOf(request), reach);
  if (answer.state !== 'read') return answer;
  const { config: loaded, commit, warnings } = answer;
  const configured = settingsOf(loaded, request);
  return {
    state: 'ready',
    configured: {
      ...configured,
      ...(commit === undefined ? {} : { policyCommit: commit }),
      warnings: [...configured.warnings, ...warnings],
    },
  };
}

/** The settings of a session whose files are read later: what flags and variables say, and else the defaults. */
export async function configureWithoutFile(request: ConfigureRequest): Promise<Configured> {
  const { cwd, env, flags } = questionOf(request);
  return settingsOf(await loadConfig({ workspace: request.sessionDir, cwd, env, flags }), request);
}

/** Asks for the configuration of a session. */
export function questionOf(request: ConfigureRequest): ConfigQuestion {
  const { workspace, cwd, overrides, platform } = request;
  const { config: explicit, owner: _, listen: __, ...flags } = request.flags;
  const named = explicit === undefined ? {} : { explicit };
  return { workspace, cwd, env: overrides, flags, platform, ...named };
}

function settingsOf(loaded: LoadedConfig, request: ConfigureRequest): Configured {
  const { config, policy, digest, warnings, authorityFiles } = loaded;
  const audit = auditSettings(loaded, request);
  return {
    config,
    policy: packPolicy(policy),
    configDigest: digest,
    save: config.cache.save,
    store: { ...chooseStore(config, request), fallbackDir: join(request.sessionDir, 'store') },
    idleMs: config.proxy.idle,
    isolated: config.proxy.modcache === 'isolated',
    ...(audit === undefined ? {} : { audit }),
    ...(authorityFiles === undefined ? {} : { authorityFiles }),
    warnings,
  };
}

/** Flags and file first; `auto` is the platform's own place. A named store is taken to outlive the job. */
export function chooseStore(
  config: Config,
  {
    workspace,
    cwd,
    flags,
    defaultStore,
  }: Pick<ConfigureRequest, 'workspace' | 'cwd' | 'flags' | 'defaultStore'>,
): { dir: string; lifetime: 'job' | 'persistent' } {
  const named = config.cache.store;
  if (named === 'auto') return defaultStore;
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(named)?.[1]?.toLowerCase();
  if (scheme === 'file') return { dir: fileURLToPath(named), lifetime: 'persistent' };
  if (scheme !== undefined) {
    throw new SessionError(
      'usage',
      `the store ${redactUrl(named)} cannot be used: this version keeps modules in a directory only; name one with --store or cache.store`,
    );
  }
  return { dir: resolve(flags.store === undefined ? workspace : cwd, named), lifetime: 'persistent' };
}

type StorePlace = Pick<DaemonRequest, 'store' | 'workspace'>;

/** Whether the runner archives the store when the job has ended: it lies where the template's `cache:` points. */
export function isArchived({ store, workspace }: StorePlace): boolean {
  return store.lifetime === 'job' && resolve(dirname(store.dir)) === resolve(workspace, CHECKOUT_DIR);
}

/**
 * Whether a session leaves its store as it is: the runner archives whatever it finds in the checkout, and this
 * job may not write what other jobs read.
 */
export function leavesStore(request: StorePlace & Pick<DaemonRequest, 'save' | 'trusted'>): boolean {
  const { save, trusted } = request;
  return isArchived(request) && !(save === 'always' || (save === 'auto' && trusted));
}
