import { type HostPort, parseHostPort } from '../../config/host-port.ts';
import type { Config } from '../../config/types.ts';
import { MIN_SECRET } from './redactor.ts';
import type { Credential, CredentialKind, ForgeToken, GivenSecrets } from './types.ts';

type Env = Readonly<Record<string, string | undefined>>;
type Configured = Config['proxy']['credentials'];

/** Most variables that are taken along for a configuration that is read later. */
const MAX_AHEAD = 200;

/** The values of the variables that a configuration names. */
export function namedVariables(configured: Configured, env: Env): Record<string, string> {
  return pick(
    env,
    configured.map(entry => entry['token-env']),
  );
}

/** An environment for children, which are given what is named for a host in another way. */
export function withoutNamed(env: Env, configured: Configured): Env {
  const names = new Set(configured.map(entry => entry['token-env']));
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.has(name)));
}

/**
 * What a session takes along that does not know its configuration yet: every variable that is secret by its name,
 * but those that are the runner's own.
 */
export function variablesAhead(env: Env, isSecret: (name: string) => boolean): Record<string, string> {
  const names = Object.keys(env).filter(
    name => isSecret(name) && !/^(?:ACTIONS_|INPUT_|GIT_CONFIG_)/i.test(name),
  );
  return pick(env, names.slice(0, MAX_AHEAD));
}

/** The platform's token for its own server: what was handed over, else what the job has. */
export function forgeToken(
  env: Env,
  forge: { readonly url: string; readonly gitUser: string } | undefined,
  input?: string,
): ForgeToken | undefined {
  if (forge === undefined) return undefined;
  const { url, gitUser: username } = forge;
  const tokens = [
    ['the input token', input],
    ['MODGATE_TOKEN', env.MODGATE_TOKEN],
    ...(username === 'gitlab-ci-token'
      ? [['CI_JOB_TOKEN', env.CI_JOB_TOKEN] as const]
      : [['GITHUB_TOKEN', env.GITHUB_TOKEN] as const]),
  ] as const;
  for (const [source, value] of tokens) {
    const token = value?.trim();
    if (token) return { url, username, token, source };
  }
  return undefined;
}

export interface Collected {
  readonly credentials: readonly Credential[];
  /** What the configuration asks for and the environment does not have, with a line for the user. */
  readonly missing: readonly { readonly at: HostPort; readonly why: string }[];
}

/** The credentials of a session but those in files: what the configuration names for a host, then the platform's own token. */
export function collect(configured: Configured, { variables, forge }: GivenSecrets): Collected {
  const credentials: Credential[] = [];
  const missing: { at: HostPort; why: string }[] = [];
  for (const { host, username, 'token-env': name } of configured) {
    const at = parseHostPort(host);
    if (typeof at === 'string') continue;
    const secret = variables[name]?.trim() ?? '';
    const problem = secretProblem(secret);
    if (problem !== undefined) {
      const why = `proxy.credentials names the variable ${name} for ${host}, which ${problem}`;
      missing.push({ at, why });
      continue;
    }
    const source = `${name} (proxy.credentials)`;
    const kind = kindOf(secret, username);
    credentials.push({
      at,
      kind,
      source,
      ...(username === undefined ? {} : { username }),
      secret,
      named: true,
    });
  }
  const own = forge === undefined ? undefined : ofForge(forge);
  return { credentials: own === undefined ? credentials : [...credentials, own], missing };
}

/** Variables that the forges fill by themselves. */
const EVERY_JOB: ReadonlySet<string> = new Set(['CI_JOB_TOKEN', 'GITHUB_TOKEN']);

function ofForge({ url, username, token, source }: ForgeToken): Credential | undefined {
  if (!URL.canParse(url) || secretProblem(token) !== undefined) return undefined;
  const parsed = new URL(url);
  const at: HostPort = {
    hostname: parsed.hostname,
    // http and https of one server are two ports, and only that of the URL is told.
    port: parsed.port === '' ? undefined : Number(parsed.port),
  };
  const kind = source === 'CI_JOB_TOKEN' ? 'CI job token' : kindOf(token, username);
  // Every job of a forge has a token; one that was given to modgate is meant.
  return { at, kind, source, username, secret: token, named: !EVERY_JOB.has(source) };
}

function secretProblem(secret: string): string | undefined {
  if (secret === '')
    return 'is not set or empty in the step that starts modgate; set it there from a secret of the CI';
  // In a header, a netrc or a helper's answer the rest would be another line.
  if (/[\0-\x1f\x7f]/.test(secret))
    return 'holds more than one line, which no token has; name the variable of the token itself';
  if (secret.length < MIN_SECRET)
    return `has only ${secret.length} characters, which is no token; check the secret that it is set from`;
  return undefined;
}

/** Beginnings that the forges give their tokens. */
const PREFIXES: readonly (readonly [RegExp, CredentialKind])[] = [
  [/^glcbt-/, 'CI job token'],
  [/^gldt-/, 'deploy token'],
  [/^gl[a-z]+-/, 'GitLab access token'],
  [/^ghs_/, 'GitHub App token'],
  [/^(?:gh[a-z]_|github_pat_)/, 'GitHub access token'],
  [/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/, 'identity token'],
];

/** What a secret is, as far as its looks and its user name say. */
export function kindOf(secret: string, username: string | undefined): CredentialKind {
  const known = PREFIXES.find(([pattern]) => pattern.test(secret))?.[1];
  if (known !== undefined) return known;
  if (username === 'gitlab-ci-token') return 'CI job token';
  if (username?.startsWith('gitlab+deploy-token-') === true) return 'deploy token';
  return username === undefined || /^(?:x-access-token|oauth2)$/.test(username) ? 'token' : 'password';
}

function pick(env: Env, names: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = env[name];
    if (value) picked[name] = value;
  }
  return picked;
}
