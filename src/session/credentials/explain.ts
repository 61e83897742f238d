import { named, needs } from './advice.ts';
import type { Credential } from './types.ts';

/** Why a server gave nothing, as far as it is about credentials. */
export interface Refusal {
  /** False: it may as well mean that there is no such module; some servers hide what one may not see. */
  readonly certain: boolean;
  /** Who refused what, in one line. */
  readonly why: string;
  /** What to do, in one line. */
  readonly next: string;
}

/** What the explanation of an error may know. */
export interface Known {
  /** What is sent to a URL. */
  sent(url: URL): Credential | undefined;
  /** What would be sent if it were https. */
  held(url: URL): Credential | undefined;
  /** Why a credential that the configuration names for a URL is none. */
  problem(url: URL): string | undefined;
  /** There is an agent for ssh. */
  readonly agent: boolean;
}

/** More of what git or go printed is not looked at, characters. */
const MAX_OUTPUT = 64 * 1024;

const URL_IN = `(https?://[^\\s'"<>]{1,2000}?)`;
const NO_USERNAME = new RegExp(`could not read (?:Username|Password) for '?${URL_IN}'?:? `, 'i');
const FAILED = new RegExp(`Authentication failed for '${URL_IN}'`, 'i');
const GIT_STATUS = new RegExp(
  `unable to access '${URL_IN}': The requested URL returned error: (401|403)`,
  'i',
);
const GO_STATUS = new RegExp(`reading ${URL_IN}: (401|403)\\b`, 'i');
const NOT_FOUND = new RegExp(`(?:repository '${URL_IN}' not found|reading ${URL_IN}: 404\\b)`, 'i');
const SSH_DENIED =
  /(?:[^\s@:]{1,100}@)?([A-Za-z0-9.-]{1,253}|\[[0-9a-f:.]+\]): Permission denied \(([a-z,-]{1,100})\)/;
const SSH_UNKNOWN = /No \S{1,40} host key is known for (\S{1,260}) and/;
const SSH_CHANGED = /Host key verification failed/;

/**
 * Reads from what git or go printed which server refused which credential, and what that lacks. Undefined where the
 * trouble is another.
 */
export function explainOutput(output: string, known: Known): Refusal | undefined {
  // What a server says is no word of git.
  const text = output.slice(-MAX_OUTPUT).replaceAll(/^\s*remote:.*$/gm, '');
  const missing = urlIn(NO_USERNAME.exec(text)?.[1]);
  if (missing !== undefined) return withoutCredential(missing, known);
  const failed = urlIn(FAILED.exec(text)?.[1]);
  if (failed !== undefined) return refused(failed, 401, known);
  const [, at, status] = GIT_STATUS.exec(text) ?? GO_STATUS.exec(text) ?? [];
  const stopped = urlIn(at);
  if (stopped !== undefined) return refused(stopped, Number(status), known);
  const ssh = explainSsh(text, known);
  if (ssh !== undefined) return ssh;
  const [, repository, page] = NOT_FOUND.exec(text) ?? [];
  const hidden = urlIn(repository ?? page);
  return hidden === undefined ? undefined : notFound(hidden, known);
}

/** The same for the answer of a module proxy; undefined where it is about no credential. */
export function explainStatus(url: URL, status: number, known: Known): Refusal | undefined {
  if (status !== 401 && status !== 403) return undefined;
  if (url.username !== '' || url.password !== '') {
    const whose = 'the user and password in its URL';
    const advice = `mend them in GOPROXY or proxy.upstream${status === 403 ? UNKNOWN_PATHS : ''}`;
    return certain(`${url.host} refused ${whose} (HTTP ${status})`, advice);
  }
  const sent = known.sent(url);
  // What a mirror says of a path that it does not know.
  if (sent === undefined && status === 403) return undefined;
  if (sent === undefined) return withoutCredential(url, known);
  const right =
    sent.kind === 'identity token'
      ? needs(sent)
      : 'to be valid and allowed to read modules there; with a username in proxy.credentials it is sent as a password, without one as a bearer token';
  const advice = `it needs ${right}${status === 403 ? UNKNOWN_PATHS : ''}`;
  return certain(`${url.host} refused ${named(sent)} (HTTP ${status})`, advice);
}

/** A mirror may say 403 of whatever it does not know, whoever asks. */
const UNKNOWN_PATHS =
  '; a mirror that answers 403 for unknown paths needs absent-on-403: true in .modgate.yaml';

function refused(url: URL, status: number, known: Known): Refusal {
  const sent = known.sent(url);
  if (sent !== undefined) {
    return certain(`${url.host} refused ${named(sent)} (HTTP ${status})`, `it needs ${needs(sent)}`);
  }
  if (status === 401 && known.held(url) !== undefined) return withoutCredential(url, known);
  // git had one all the same: its own helper, a URL with a password in it, a header of its configuration.
  return certain(
    `${url.host} refused the credential that the job's own git settings have for it, or was shown none (HTTP ${status})`,
    `mend that one, or name one: ${howToName(url)}`,
  );
}

function withoutCredential(url: URL, known: Known): Refusal {
  const held = known.held(url);
  if (url.protocol === 'http:' && held !== undefined) {
    return certain(
      `${url.host} asks for a credential, and ${named(held)} is not sent over plain http, where everybody on the way could read it`,
      'use https there, or list the host under proxy.insecure',
    );
  }
  const problem = known.problem(url);
  if (problem !== undefined)
    return certain(`${url.host} asks for a credential, and this job has none`, problem);
  return certain(
    `${url.host} asks for a credential, and this job has none for it`,
    `check the path, for a server may ask the same where nothing is; if it is private, name a credential: ${howToName(url)}`,
  );
}

function howToName(url: URL): string {
  return `proxy.credentials: [{host: ${JSON.stringify(url.host)}, token-env: NAME}], with a token in NAME that may read it`;
}

function notFound(url: URL, known: Known): Refusal | undefined {
  const sent = known.sent(url);
  if (sent === undefined) return undefined;
  return {
    certain: false,
    why: `${url.host} has no such repository, or hides it from ${named(sent)}`,
    next: `check the path; if it is right, that credential needs ${needs(sent)}`,
  };
}

function explainSsh(text: string, known: Known): Refusal | undefined {
  const [, host, methods] = SSH_DENIED.exec(text) ?? [];
  if (host !== undefined) {
    const keys = known.agent
      ? 'neither of its agent nor of ~/.ssh'
      : 'which has no SSH agent (SSH_AUTH_SOCK is not set)';
    return certain(
      `${host} accepted no SSH key of this job, ${keys} (${methods})`,
      'load a key that may read the repository (a deploy key, or one of a user) into an agent before modgate starts, or run modgate start again in the step that starts the agent',
    );
  }
  const [, unknown] = SSH_UNKNOWN.exec(text) ?? [];
  if (unknown === undefined && !SSH_CHANGED.test(text)) return undefined;
  const whose = unknown !== undefined && /^[A-Za-z0-9.:[\]-]+$/.test(unknown) ? unknown : 'the server';
  return certain(
    `the SSH host key of ${whose} is not known to this job, or is not the one it knows`,
    'put its key into ~/.ssh/known_hosts before modgate starts, and compare it with the one that the server publishes',
  );
}

function certain(why: string, next: string): Refusal {
  return { certain: true, why, next };
}

function urlIn(text: string | undefined): URL | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url;
}
