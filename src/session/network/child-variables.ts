import { fileURLToPath } from 'node:url';
import type { GitSetting } from '../fetch/children.ts';
import type { GitSettings } from './git-settings.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What sends go, git and hg through the filter, loopback of git's included. */
export function proxyVariables(url: string): Record<string, string> {
  return {
    HTTP_PROXY: url,
    HTTPS_PROXY: url,
    http_proxy: url,
    https_proxy: url,
    ALL_PROXY: url,
    all_proxy: url,
    NO_PROXY: '',
    no_proxy: '',
    // Without it git asks without a login first, is refused, and asks again.
    GIT_HTTP_PROXY_AUTHMETHOD: 'basic',
  };
}

/** The same in git's own words, which win over variables where the job uses them. */
export function gitThrough(url: string, own: GitSettings, bundle: string | undefined): GitSetting[] {
  const { host } = new URL(url);
  return [
    ...own.proxies.map(({ key }) => [key, url] as const),
    // git hands a proxy's login that worked to the job's credential helpers, some of which keep it for ever.
    [`credential.http://${host}.helper`, ''],
    // Its connections obey no proxy. A job that wants it says so itself.
    ...(own.gitProtocol === undefined ? [['protocol.git.allow', 'never'] as const] : []),
    // On Windows git asks the system about certificates, and only if told so the file, too.
    ...(bundle === undefined ? [] : [['http.schannelUseSSLCAInfo', 'true'] as const]),
  ];
}

/**
 * Puts the gate in the place of ssh; it finds the job's own command in variables of ours.
 * @param variant `ssh.variant` of the job's git; undefined where it has none
 */
export function sshEnvironment(
  env: Env,
  variant: string | undefined,
  filter: string,
): Record<string, string> {
  const gate = fileURLToPath(new URL('../../cli/ssh-gate.ts', import.meta.url));
  const own = env.GIT_SSH_COMMAND || env.GIT_SSH || '';
  return {
    GIT_SSH_COMMAND: `${quoted(process.execPath)} ${quoted(gate)}`,
    // git tells the kind of an ssh by its name, which is node's now.
    GIT_SSH_VARIANT: env.GIT_SSH_VARIANT || variant || variantOf(own),
    MODGATE_FILTER: filter,
    ...(env.GIT_SSH_COMMAND ? { MODGATE_SSH_COMMAND: env.GIT_SSH_COMMAND } : {}),
    ...(env.GIT_SSH ? { MODGATE_SSH: env.GIT_SSH } : {}),
  };
}

function variantOf(command: string): string {
  const [, name = ''] = /(tortoiseplink|plink|putty)(?:\.exe)?["']?(?:\s|$)/i.exec(command) ?? [];
  return name === '' ? 'ssh' : name.toLowerCase();
}

/** A word for the shell that git runs such commands with, on Windows too. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Settings of the job that switch the verification of servers off, by name. */
export function unverified(env: Env, goInsecure: string, git: GitSettings): string[] {
  return [
    ...(env.GIT_SSL_NO_VERIFY ? ['GIT_SSL_NO_VERIFY'] : []),
    ...(goInsecure === '' ? [] : ['GOINSECURE']),
    ...git.unverified,
  ];
}
