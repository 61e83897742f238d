import { createSend } from '../../audit/targets/http.ts';
import { isReadableOnTheWay } from '../../config/audit-store.ts';
import { githubIssuer } from '../../platform/github.ts';
import type { Env } from '../../platform/types.ts';
import { CollectorError } from '../errors.ts';
import { type ForgeNetwork, forgeNetwork } from './network.ts';
import type { Forge } from './types.ts';

/** One entry of `serve.forges`. */
export interface ForgeEntry {
  readonly kind: Forge['kind'];
  readonly url?: string | undefined;
  readonly 'token-env'?: string | undefined;
  readonly owners: readonly string[];
}

export interface ForgeEffects {
  readonly env: Env;
  readonly version: string;
  /** ms since 1970. */
  readonly now: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

const DEFAULT_URL: Readonly<Record<Forge['kind'], string>> = {
  github: 'https://github.com',
  gitlab: 'https://gitlab.com',
};

/** Longest answer that is read, bytes: GitHub cuts the list of the files of a repository at 7 MB. */
const MAX_ANSWER = 16 * 1024 * 1024;

/**
 * The forges of a configuration, their tokens from the environment; nothing is asked and no client loaded before
 * somebody wants to know something. Throws CollectorError `settings` for a token that is not there, or would go over plain http.
 */
export function openForges(entries: readonly ForgeEntry[], effects: ForgeEffects): Forge[] {
  return entries.map(entry => openForge(entry, effects));
}

function openForge(entry: ForgeEntry, { env, version, now, sleep }: ForgeEffects): Forge {
  const { kind, owners } = entry;
  const url = plainUrl(entry.url ?? DEFAULT_URL[kind]);
  const api = apiOf(kind, url);
  const token = tokenOf(entry, url, env);
  const send = createSend(env, version, { maxAnswer: MAX_ANSWER });
  const network = forgeNetwork({ api, token, send, now, sleep, random: Math.random });
  let client: Promise<Pick<Forge, 'changeOf' | 'repositoriesOf' | 'goModOf'>> | undefined;
  const load = () => {
    client ??= loadClient(kind, url, api, network);
    return client;
  };
  return {
    kind,
    url,
    issuer: kind === 'github' ? githubIssuer(url) : url,
    owners,
    changeOf: async commit => await (await load()).changeOf(commit),
    async *repositoriesOf(owner) {
      yield* (await load()).repositoriesOf(owner);
    },
    goModOf: async repository => await (await load()).goModOf(repository),
    pausedUntil: network.pausedUntil,
    close: network.close,
  };
}

async function loadClient(kind: Forge['kind'], url: string, api: string, network: ForgeNetwork) {
  if (kind === 'github') return await (await import('./github.ts')).githubForge(api, network);
  return await (await import('./gitlab.ts')).gitlabForge(url, network);
}

/** Where the REST interface of a server is. */
function apiOf(kind: Forge['kind'], url: string): string {
  if (kind === 'gitlab') return `${url}/api/v4`;
  const { protocol, host } = new URL(url);
  if (host === 'github.com' || host.endsWith('.ghe.com')) return `${protocol}//api.${host}`;
  return `${url}/api/v3`;
}

function plainUrl(text: string): string {
  const url = new URL(text);
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function tokenOf({ 'token-env': variable }: ForgeEntry, url: string, env: Env): string | undefined {
  if (variable === undefined) return undefined;
  const token = env[variable] ?? '';
  const wrong = (what: string): CollectorError =>
    new CollectorError('settings', `serve.forges has ${url} with the token in ${variable}, ${what}`);
  if (token === '') {
    throw wrong(
      'which is not set; set it to a token that may read repositories and their changes there, or leave token-env out',
    );
  }
  if (!/^[\x21-\x7e]{1,4096}$/.test(token)) throw wrong('which has a character that no header may have');
  if (isReadableOnTheWay(url)) throw wrong('which others could read on its way over plain http; use https');
  return token;
}
