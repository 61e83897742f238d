import type { Policy } from '../../config/policy.ts';
import type { Platform } from '../../platform/types.ts';
import { type ModcacheContents, readModcache } from '../../store/modcache/contents.ts';
import { type CachedClone, readClones } from '../../store/modcache/vcs.ts';
import { readGoSettings } from '../fetch/go-command.ts';
import type { GoSettings, SessionFile } from '../types.ts';
import { type Before, keptBefore } from './before.ts';
import { isOn, keptPolicy, onOwnMachine } from './levels.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface LookRequest {
  readonly sessionDir: string;
  /** Undefined when not even its file is left. */
  readonly session: SessionFile | undefined;
  /** Environment of the step that ends the session; that of the job's start where a daemon ends by itself. */
  readonly env: Env;
  readonly platform: Pick<Platform, 'name' | 'workspace' | 'modcacheAdvice'>;
  /** The inventory is wanted: there is an audit store. */
  readonly record: boolean;
}

/** What a job's module cache holds. */
export interface Cache {
  readonly dir: string;
  readonly contents: ModcacheContents;
  readonly clones: readonly CachedClone[];
}

/** What somebody wants to know at the end of a session. */
export interface Scope {
  readonly policy: Policy;
  readonly before: Before | undefined;
  /** Into the module cache. */
  readonly looksInto: boolean;
  readonly hasEnv: boolean;
}

/** What is being looked at, and takes its time. Nothing of it rejects. */
export interface Look {
  /** go's settings without ours in front of them: what its files say. */
  readonly go: Promise<GoSettings | undefined>;
  /** The module cache that the job most likely still has. */
  readonly cache: { readonly dir: string; readonly read: Promise<Cache> } | undefined;
}

/** Undefined where nobody wants to know anything. */
export async function scopeOf({
  sessionDir,
  session,
  platform,
  record,
}: LookRequest): Promise<Scope | undefined> {
  const isOwn = platform.name === 'local';
  const [kept, before] = await Promise.all([keptPolicy(sessionDir), keptBefore(sessionDir)]);
  if (session === undefined && before === undefined) return undefined;
  const policy = isOwn ? onOwnMachine(kept) : kept;
  const looksInto = record || !isOwn || isOn(policy, 'bypass/unserved') || isOn(policy, 'bypass/vcs');
  const hasEnv = session !== undefined && isOn(policy, 'bypass/env');
  return looksInto || hasEnv ? { policy, before, looksInto, hasEnv } : undefined;
}

/** go is asked while the module cache is read. */
export function beginLook({ env, sessionDir }: LookRequest, { before, looksInto }: Scope): Look {
  const dir = looksInto ? before?.goModCache : undefined;
  return {
    cache: dir === undefined ? undefined : { dir, read: readCache(dir) },
    go: readGoSettings(env.MODGATE_GO ?? 'go', { ...env, GOPROXY: '' }, sessionDir),
  };
}

/**
 * Begins to look while the daemon still ends, at what that does not change. Undefined where nothing is to be looked
 * at, as far as can be known so early. Never rejects.
 */
export async function lookAhead(request: LookRequest): Promise<Look | undefined> {
  const scope = await scopeOf(request);
  return scope && beginLook(request, scope);
}

export async function readCache(dir: string): Promise<Cache> {
  const [contents, clones] = await Promise.all([readModcache(dir), readClones(dir)]);
  return { dir, contents, clones };
}
