import { createHash } from 'node:crypto';
import { type HostPort, httpsHost, isAt, parseHostPort } from '../../config/host-port.ts';
import { isPlainLoopback } from '../../config/loopback.ts';
import type { Config } from '../../config/types.ts';
import { basicLogin } from '../../platform/url-login.ts';
import { NotSent } from '../../proxy/upstream/http.ts';
import type { ChildPart, GitSetting } from '../fetch/children.ts';
import { explainOutput, explainStatus, type Known, type Refusal } from './explain.ts';
import { SecretFiles } from './files.ts';
import type { HandedSecrets } from './handed.ts';
import { formatNetrc, type NetrcEntry, readNetrc } from './netrc.ts';
import type { Redactor } from './redactor.ts';
import { type Collected, collect } from './sources.ts';
import type { Credential } from './types.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface CredentialsDeps {
  readonly config: Pick<Config['proxy'], 'credentials' | 'insecure'>;
  readonly secrets: HandedSecrets;
  /** The job's environment. */
  readonly env: Env;
  /** What `go env GOAUTH` says, its file included. */
  readonly goauth: string;
  /** Directory for files with secrets; made when it is needed, and gone with the session. */
  readonly dir: string;
  readonly os: NodeJS.Platform;
  readonly redactor: Redactor;
  readonly warn: (line: string) => void;
  /** Milliseconds. */
  readonly now: () => number;
}

/** A netrc that was read a moment ago is not read again for each request to an upstream, ms. */
const NETRC_MS = 1_000;

/** Who a session is to each server. Nothing here leaves for another host and port than it was given for. */
export class Credentials {
  readonly #deps: CredentialsDeps;
  readonly #files: SecretFiles;
  readonly #insecure: readonly HostPort[];
  readonly #warned = new Set<string>();
  #netrc: readonly NetrcEntry[] = [];
  #netrcRead = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> = Promise.resolve();

  constructor(deps: CredentialsDeps) {
    this.#deps = deps;
    this.#files = new SecretFiles(deps.dir);
    this.#insecure = deps.config.insecure.map(parseHostPort).filter(at => typeof at !== 'string');
  }

  /** What is sent to a URL; undefined where there is none, and over plain http unless its host is listed as insecure. */
  async forUrl(url: URL): Promise<Credential | undefined> {
    await this.#readNetrc(NETRC_MS);
    return this.#sent(url);
  }

  /**
   * The Authorization header of a request to a module proxy. User and password in the URL itself win. Throws
   * NotSent where those would be sent over plain http to another machine.
   */
  async authorize(url: URL): Promise<string | undefined> {
    const login = basicLogin(url);
    if (login !== undefined) {
      const readable = url.protocol === 'http:' && !isPlainLoopback(url) && !this.#isInsecure(url);
      if (readable) {
        throw new NotSent(
          `the password in its URL is not sent over plain http, where everybody on the way could read it; use https, or list ${url.host} under proxy.insecure`,
        );
      }
      return login;
    }
    const found = await this.forUrl(url);
    if (found === undefined) return undefined;
    return found.username === undefined ? `Bearer ${found.secret}` : basic(found.username, found.secret);
  }

  /** What children are given: a netrc for go, one helper a host for git. Rejects when the disk fails. */
  async childPart(): Promise<ChildPart> {
    await this.#readNetrc(0);
    const { secrets } = this.#deps;
    const all = this.#all();
    const files = new Map<string, string>();
    const git: GitSetting[] = [...secrets.git];
    const seen = new Set<string>();
    for (const credential of all) {
      const host = httpsHost(credential.at);
      if (seen.has(host)) continue;
      seen.add(host);
      const name = `git-${createHash('sha256').update(host).digest('hex').slice(0, 16)}`;
      files.set(name, `username=${gitUser(credential)}\npassword=${credential.secret}\n`);
      git.push(...this.#helper(credential, this.#files.path(name)));
    }
    const auth = this.#goAuth(all);
    if (auth !== undefined) files.set('netrc', formatNetrc(auth.entries));
    await this.#files.keep(files);
    return {
      env: {
        ...secrets.env,
        ...(auth === undefined ? {} : { NETRC: this.#files.path('netrc') }),
        ...(auth?.goauth === undefined ? {} : { GOAUTH: auth.goauth }),
      },
      git,
    };
  }

  /** Which server refused which credential, read from what git or go printed; undefined where it is another trouble. */
  explain(output: string): Refusal | undefined {
    return explainOutput(output, this.#known());
  }

  /** The same for the answer of a module proxy. */
  explainStatus(url: URL, status: number): Refusal | undefined {
    return explainStatus(url, status, this.#known());
  }

  /** Takes the files away. */
  async close(): Promise<void> {
    await this.#files.remove();
  }

  #known(): Known {
    return {
      sent: url => this.#sent(url),
      held: url => this.#all().find(({ at }) => isAt(url, at)),
      problem: url => this.#collect().missing.find(({ at }) => isAt(url, at))?.why,
      agent: Boolean(this.#deps.secrets.env.SSH_AUTH_SOCK ?? this.#deps.env.SSH_AUTH_SOCK),
    };
  }

  #sent(url: URL): Credential | undefined {
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && this.#isInsecure(url))) return undefined;
    return this.#all().find(({ at }) => isAt(url, at));
  }

  #isInsecure(url: URL): boolean {
    return this.#insecure.some(at => isAt(url, at));
  }

  /** The first one for a host counts: what was named for it, what the job's netrc says, the platform's own token. */
  #all(): Credential[] {
    const { credentials } = this.#collect();
    return [
      ...credentials.filter(({ named }) => named),
      ...this.#netrc.flatMap(ofNetrc),
      ...credentials.filter(({ named }) => !named),
    ];
  }

  #collect(): Collected {
    const { config, secrets, redactor, warn } = this.#deps;
    const collected = collect(config.credentials, secrets.given);
    redactor.add(collected.credentials.map(({ secret }) => secret));
    for (const { why } of collected.missing) {
      if (this.#warned.has(why)) continue;
      this.#warned.add(why);
      warn(why);
    }
    return collected;
  }

  async #readNetrc(maxAgeMs: number): Promise<void> {
    const { env, secrets, os, now, redactor } = this.#deps;
    if (now() - this.#netrcRead >= maxAgeMs) {
      this.#netrcRead = now();
      this.#reading = readNetrc({ ...env, ...secrets.env }, os).then(entries => {
        redactor.add(entries.map(({ password }) => password));
        this.#netrc = entries;
      });
    }
    // Requests come together: the second must not leave with nothing while the first still reads.
    await this.#reading;
  }

  #helper({ at, named }: Credential, file: string): GitSetting[] {
    const urls = [`https://${httpsHost(at)}`];
    const plain = new URL(`http://${at.hostname}${at.port === undefined ? '' : `:${at.port}`}`);
    if (this.#isInsecure(plain)) urls.push(plain.origin);
    return urls.flatMap(url => {
      const key = `credential.${url}.helper`;
      // An empty one takes away those that the job's own settings name for the host.
      const ours: GitSetting = [key, readingHelper(file, this.#deps.os)];
      return named ? [[key, ''] as const, ours] : [ours];
    });
  }

  /** A netrc for go's own requests, and GOAUTH where the job's would not read it; undefined where the job's own will do. */
  #goAuth(all: readonly Credential[]): { entries: NetrcEntry[]; goauth?: string } | undefined {
    const own = this.#deps.secrets.env.GOAUTH ?? (this.#deps.goauth || (this.#deps.env.GOAUTH ?? ''));
    const readsNetrc = own === '' || own.split(';').some(part => part.trim() === 'netrc');
    const entriesOf = (of: readonly Credential[]): NetrcEntry[] =>
      of.map(credential => ({
        machine: httpsHost(credential.at),
        login: gitUser(credential),
        password: credential.secret,
      }));
    // Who chose how go is to log in, chose against a token that nobody named.
    const ours = readsNetrc ? all : all.filter(({ named }) => named);
    if (ours.length === 0) return undefined;
    if (own === '' || own.trim() === 'netrc') return { entries: entriesOf(ours) };
    return { entries: entriesOf(ours), goauth: own.trim() === 'off' ? 'netrc' : `netrc;${own}` };
  }
}

/**
 * A helper of git that reads and never writes: git's own `store` would take in every credential that worked for the
 * host, and drop ours at the first refusal. git runs it by the shell that comes with it, on Windows too.
 */
function readingHelper(file: string, os: NodeJS.Platform): string {
  const path = (os === 'win32' ? file.replaceAll('\\', '/') : file).replaceAll("'", `'\\''`);
  return `!f() { test "$1" != get || cat '${path}'; }; f`;
}

/** git and a netrc know no token without a user; the forges take any name, but for these. */
function gitUser({ username, at: { hostname }, kind }: Credential): string {
  if (username !== undefined) return username;
  if (kind === 'GitHub App token' || kind === 'GitHub access token' || hostname === 'github.com')
    return 'x-access-token';
  return hostname === 'bitbucket.org' ? 'x-token-auth' : 'oauth2';
}

function ofNetrc({ machine, login, password }: NetrcEntry): Credential[] {
  const at = parseHostPort(machine);
  if (typeof at === 'string') return [];
  return [
    { at, kind: 'password', source: 'the netrc of the job', username: login, secret: password, named: false },
  ];
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
