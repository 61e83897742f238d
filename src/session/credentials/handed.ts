import { gitSettingsIn } from '../../platform/git-settings.ts';
import type { GitSetting } from '../fetch/children.ts';
import type { ForgeToken, GivenSecrets } from './types.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What a later step of the job hands over to the session that is there; plain data for the control port. */
export interface Handed extends GivenSecrets {
  /** Where that step's agent, netrc and prompts are. */
  readonly env: Readonly<Record<string, string>>;
  /** Settings of git from that step's environment. */
  readonly git: readonly GitSetting[];
}

/** Variables that say where credentials are. Who runs ssh, and how, is decided when the session starts. */
const PLACES = ['SSH_AUTH_SOCK', 'SSH_AGENT_PID', 'NETRC', 'GOAUTH', 'GIT_ASKPASS', 'SSH_ASKPASS'] as const;

const MAX_SETTINGS = 500;

/** What a step has to hand over. */
export function toHand(env: Env, given: GivenSecrets): Handed {
  return { ...given, env: placesIn(env), git: gitSettingsIn(env) };
}

/** Reads what came over the control port; undefined when it is something else. */
export function parseHanded(text: string): Handed | undefined {
  try {
    const { variables, forge, env, git } = JSON.parse(text) as Partial<Handed>;
    const known = forge === undefined ? undefined : forgeOf(forge);
    return {
      variables: textsOf(variables ?? {}),
      ...(known === undefined ? {} : { forge: known }),
      env: placesIn(textsOf(env ?? {})),
      git: (git ?? []).slice(0, MAX_SETTINGS).map(([key, value]) => [String(key), String(value)]),
    };
  } catch {
    return undefined;
  }
}

/** The secrets of a session: what its start was given, and what later steps handed over. */
export class HandedSecrets {
  #begun: GivenSecrets;
  #later: GivenSecrets = { variables: {} };
  #env: Readonly<Record<string, string>> = {};
  #git: readonly GitSetting[] = [];

  constructor(begun: GivenSecrets) {
    this.#begun = begun;
  }

  /** What the start was given, as a configuration that was read later sees it. */
  begin(begun: GivenSecrets): void {
    this.#begun = begun;
  }

  /** The later one counts; what it does not have stays. */
  take({ variables, forge, env, git }: Handed): void {
    const known = forge ?? this.#later.forge;
    this.#later = {
      variables: { ...this.#later.variables, ...variables },
      ...(known === undefined ? {} : { forge: known }),
    };
    this.#env = { ...this.#env, ...env };
    if (git.length > 0) this.#git = git;
  }

  get given(): GivenSecrets {
    const forge = this.#later.forge ?? this.#begun.forge;
    return {
      variables: { ...this.#begun.variables, ...this.#later.variables },
      ...(forge === undefined ? {} : { forge }),
    };
  }

  get env(): Readonly<Record<string, string>> {
    return this.#env;
  }

  get git(): readonly GitSetting[] {
    return this.#git;
  }
}

/** What was handed over, by its names alone. */
export function namesIn({ variables, forge, env, git }: Handed): string {
  const names = [
    ...Object.keys(variables),
    ...(forge === undefined ? [] : [forge.source]),
    ...Object.keys(env),
  ];
  return [...names, ...(git.length === 0 ? [] : [`${git.length} settings of git`])].join(', ') || 'none';
}

/** A small body of a request; rejects when it is longer than `most` bytes. */
export async function textOf(body: AsyncIterable<unknown>, most: number): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    size += (part as Buffer).length;
    if (size > most) throw new Error(`what was handed over has more than ${most} bytes`);
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString();
}

function placesIn(env: Env): Record<string, string> {
  return Object.fromEntries(PLACES.flatMap(name => (env[name] ? [[name, env[name]]] : [])));
}

function textsOf(values: object): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => typeof value === 'string'));
}

function forgeOf({ url, username, token, source }: ForgeToken): ForgeToken | undefined {
  const all = [url, username, token, source];
  return all.every(text => typeof text === 'string') ? { url, username, token, source } : undefined;
}
