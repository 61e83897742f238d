import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../../config/load.ts';
import { parseModuleStore, storeTexts } from '../../config/module-store.ts';
import { redactUrl } from '../../config/redact.ts';
import type { Config, LoadedConfig } from '../../config/types.ts';
import { auditSettings } from '../audit/settings.ts';
import { CHECKOUT_DIR } from '../checkout-dir.ts';
import { SessionError } from '../errors.ts';
import { packPolicy } from '../policy/policy-json.ts';
import type { ConfigureRequest, DaemonRequest, LayerPlace } from '../types.ts';
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
    store: { ...chooseStores(config, request), fallbackDir: join(request.sessionDir, 'store') },
    idleMs: config.proxy.idle,
    isolated: config.proxy.modcache === 'isolated',
    ...(audit === undefined ? {} : { audit }),
    ...(authorityFiles === undefined ? {} : { authorityFiles }),
    warnings,
  };
}

/** The store of a job, and what lies behind it. */
export interface ChosenStore {
  readonly dir: string;
  readonly lifetime: 'job' | 'persistent';
  readonly private?: true;
  readonly layers?: readonly LayerPlace[];
}

/**
 * Flags and file first; `auto` is the platform's own place. A named directory is taken to outlive the job. Of several
 * places the first is the job's own store where it is a directory that may be written, or `auto`; what is not is read
 * behind one that the machine keeps, or else ends with the job. Throws SessionError `usage`.
 */
export function chooseStores(
  config: Config,
  request: Pick<ConfigureRequest, 'workspace' | 'cwd' | 'flags' | 'defaultStore' | 'sessionDir'>,
): ChosenStore {
  const base = request.flags.store === undefined ? request.workspace : request.cwd;
  const places = storeTexts(config.cache.store).map(text => placeOf(text, base));
  const [first, ...rest] = places;
  if (first?.kind === 'auto') return withLayers(request.defaultStore, rest, request);
  if (first?.kind === 'directory' && !first.readOnly) {
    return withLayers({ dir: first.dir, lifetime: 'persistent' }, rest, request);
  }
  const { defaultStore, sessionDir } = request;
  return defaultStore.lifetime === 'persistent'
    ? withLayers(defaultStore, places, request)
    : withLayers({ dir: join(sessionDir, 'store'), lifetime: 'job', private: true }, places, request);
}

function withLayers(
  front: ChosenStore,
  behind: readonly (LayerPlace | { readonly kind: 'auto' })[],
  { defaultStore }: Pick<ConfigureRequest, 'defaultStore'>,
): ChosenStore {
  const layers = behind.map(
    (place): LayerPlace =>
      place.kind === 'auto' ? { kind: 'directory', dir: defaultStore.dir, readOnly: false } : place,
  );
  return layers.length === 0 ? front : { ...front, layers };
}

function placeOf(text: string, base: string): LayerPlace | { readonly kind: 'auto' } {
  const parsed = parseModuleStore(text);
  if (typeof parsed === 'string') {
    throw new SessionError('usage', `the store ${redactUrl(text)} ${parsed}`);
  }
  if (parsed.kind !== 'directory') return parsed;
  const { path, readOnly } = parsed;
  const dir = /^file:/i.test(path) ? fileURLToPath(path) : resolve(base, path);
  return { kind: 'directory', dir, readOnly };
}

/** The one directory that a command works on outside of a session. Throws SessionError `usage` where there is none. */
export function chooseStore(
  config: Config,
  {
    workspace,
    cwd,
    flags,
    defaultStore,
  }: Pick<ConfigureRequest, 'workspace' | 'cwd' | 'flags' | 'defaultStore'>,
): { dir: string; lifetime: 'job' | 'persistent' } {
  const [named = 'auto'] = storeTexts(config.cache.store);
  const place = placeOf(named, flags.store === undefined ? workspace : cwd);
  if (place.kind === 'auto') return defaultStore;
  if (place.kind === 'directory') return { dir: place.dir, lifetime: 'persistent' };
  throw new SessionError(
    'usage',
    `the store ${place.place.location} cannot be used: this works on a directory only; name one with --store or cache.store`,
  );
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
  return isArchived(request) && !mayWriteShared(request);
}

/** Whether a session may write what other jobs read. */
export function mayWriteShared({ save, trusted }: Pick<DaemonRequest, 'save' | 'trusted'>): boolean {
  return save === 'always' || (save === 'auto' && trusted);
}
