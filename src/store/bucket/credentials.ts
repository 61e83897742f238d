import { join } from 'node:path';
import { type Env, stsEndpoint } from './place.ts';
import { type Send, sdkHandler } from './transport.ts';

/** What requests are signed with. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

export type Provider = () => Promise<Credentials>;

/** How long before their end credentials are renewed, ms. */
const EARLY_MS = 5 * 60_000;
/** Longest wait for a metadata service, ms: most machines have none, and say so by silence. */
const METADATA_MS = 1_000;
/** How long it is believed that there are none, ms: looking for them can take seconds. */
const NONE_MS = 60_000;

/** Where credentials come from, in words for messages. */
type Source =
  | 'AWS_ACCESS_KEY_ID'
  | 'AWS_PROFILE'
  | 'AWS_WEB_IDENTITY_TOKEN_FILE'
  | 'the container'
  | 'the machine';

/** A source of credentials is there, and failed. */
export class CredentialTrouble extends Error {
  override readonly name = 'CredentialTrouble';
  readonly source: Source;
  constructor(source: Source, cause: unknown) {
    super(`no credentials of ${source}`, { cause });
    this.source = source;
  }
}

/** No source of credentials has any. */
export class NoCredentials extends Error {
  override readonly name = 'NoCredentials';
}

interface Link {
  readonly source: Source;
  readonly ask: Provider;
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * The default chain of the AWS SDK, built of its own providers: keys of the environment, profile, web identity, the
 * role of the container or of the machine. Built here because the SDK's own chain reads the environment of the
 * process, which is not that of the job: the daemon gets it over stdin, so that its secrets stand in no process's
 * environment.
 */
export function credentialChain(env: Env, region: string, send: Send): Provider {
  const sts = {
    region,
    endpoint: stsEndpoint(env, region),
    requestHandler: sdkHandler(send),
    maxAttempts: 3,
    retryMode: 'standard',
    defaultsMode: 'standard',
  };
  const links = [
    keysOf(env),
    profileOf(env, sts),
    webIdentityOf(env, sts),
    containerOf(env),
    machineOf(env),
  ].filter(link => link !== undefined);
  return async () => {
    for (const { source, ask } of links) {
      try {
        return await ask();
      } catch (error) {
        if ((error as { tryNextLink?: unknown }).tryNextLink !== true)
          throw new CredentialTrouble(source, error);
      }
    }
    throw new NoCredentials('no credentials');
  };
}

/** As the SDK has it: whoever names a profile means that one, whatever keys there are. */
function keysOf(env: Env): Link | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (env.AWS_PROFILE || !accessKeyId || !secretAccessKey) return undefined;
  const ends = Date.parse(env.AWS_CREDENTIAL_EXPIRATION ?? '');
  const keys = {
    accessKeyId,
    secretAccessKey,
    ...(env.AWS_SESSION_TOKEN ? { sessionToken: env.AWS_SESSION_TOKEN } : {}),
    ...(Number.isNaN(ends) ? {} : { expiration: new Date(ends) }),
  };
  return { source: 'AWS_ACCESS_KEY_ID', ask: async () => keys };
}

function profileOf(env: Env, sts: Readonly<Record<string, unknown>>): Link | undefined {
  const home = env.HOME || env.USERPROFILE;
  const named = env.AWS_SHARED_CREDENTIALS_FILE || env.AWS_CONFIG_FILE;
  if (!home && !named) return undefined;
  const file = (own: string | undefined, name: string) => own || join(home ?? '', '.aws', name);
  const ask = async () => {
    const [{ fromIni }, { fromWebToken }] = await Promise.all([
      import('@aws-sdk/credential-provider-ini'),
      import('@aws-sdk/credential-provider-web-identity'),
    ]);
    return await fromIni({
      logger: SILENT,
      clientConfig: sts,
      parentClientConfig: sts,
      // Its own would not ask at the endpoint that the job names.
      roleAssumerWithWebIdentity: ({ RoleArn = '', RoleSessionName = 'modgate', WebIdentityToken = '' }) =>
        fromWebToken({
          clientConfig: sts,
          roleArn: RoleArn,
          roleSessionName: RoleSessionName,
          webIdentityToken: WebIdentityToken,
        })(),
      profile: env.AWS_PROFILE || 'default',
      filepath: file(env.AWS_SHARED_CREDENTIALS_FILE, 'credentials'),
      configFilepath: file(env.AWS_CONFIG_FILE, 'config'),
      // Tokens in files are renewed by whoever wrote them.
      ignoreCache: true,
    })();
  };
  return { source: 'AWS_PROFILE', ask };
}

function webIdentityOf(env: Env, sts: Readonly<Record<string, unknown>>): Link | undefined {
  const { AWS_WEB_IDENTITY_TOKEN_FILE: webIdentityTokenFile, AWS_ROLE_ARN: roleArn } = env;
  if (!webIdentityTokenFile || !roleArn) return undefined;
  const ask = async () => {
    const { fromTokenFile } = await import('@aws-sdk/credential-provider-web-identity');
    const roleSessionName = env.AWS_ROLE_SESSION_NAME || 'modgate';
    return await fromTokenFile({
      logger: SILENT,
      clientConfig: sts,
      webIdentityTokenFile,
      roleArn,
      roleSessionName,
    })();
  };
  return { source: 'AWS_WEB_IDENTITY_TOKEN_FILE', ask };
}

function containerOf(env: Env): Link | undefined {
  const relative = env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
  const full = env.AWS_CONTAINER_CREDENTIALS_FULL_URI;
  if (!relative && !full) return undefined;
  const token = env.AWS_CONTAINER_AUTHORIZATION_TOKEN;
  const tokenFile = env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE;
  const ask = async () => {
    const { fromHttp } = await import('@aws-sdk/credential-provider-http');
    return await fromHttp({
      logger: SILENT,
      timeout: METADATA_MS,
      maxRetries: 1,
      ...(relative
        ? { awsContainerCredentialsRelativeUri: relative }
        : { awsContainerCredentialsFullUri: full ?? '' }),
      ...(token ? { awsContainerAuthorizationToken: token } : {}),
      ...(tokenFile ? { awsContainerAuthorizationTokenFile: tokenFile } : {}),
    })();
  };
  return { source: 'the container', ask };
}

function machineOf(env: Env): Link | undefined {
  const off = env.AWS_EC2_METADATA_DISABLED;
  if (off !== undefined && off !== '' && off !== 'false') return undefined;
  const ask = async () => {
    const { fromInstanceMetadata } = await import('@smithy/credential-provider-imds');
    return await fromInstanceMetadata({ logger: SILENT, timeout: METADATA_MS, maxRetries: 0 })().catch(
      cause => {
        // Absent nearly everywhere: that nobody answers there is no trouble of its own.
        throw Object.assign(new Error('no metadata service', { cause }), { tryNextLink: true });
      },
    );
  };
  return { source: 'the machine', ask };
}

/** Keeps credentials until shortly before they end; asked once however many need them. */
export class CredentialKeeper {
  readonly #ask: Provider;
  readonly #now: () => number;
  #held: Credentials | undefined;
  #asking: Promise<Credentials> | undefined;
  /** Nobody had any, and until when that is believed. */
  #none: { readonly error: NoCredentials; readonly until: number } | undefined;

  /** @param now ms since the epoch */
  constructor(ask: Provider, now: () => number) {
    this.#ask = ask;
    this.#now = now;
  }

  get held(): Credentials | undefined {
    return this.#held;
  }

  async get(): Promise<Credentials> {
    const held = this.#held;
    const ends = held?.expiration?.getTime() ?? Number.POSITIVE_INFINITY;
    if (held !== undefined && ends - this.#now() > EARLY_MS) return held;
    try {
      return await this.#renewed();
    } catch (error) {
      // They are good for some minutes more, in which asking may work again.
      if (held !== undefined && ends > this.#now()) return held;
      throw error;
    }
  }

  /** The service says that these have ended; whether there are others now. */
  async replace(ended: Credentials | undefined): Promise<boolean> {
    if (this.#held === ended) this.#held = undefined;
    const next = await this.get().catch(() => undefined);
    return next !== undefined && (ended === undefined || !isSame(next, ended));
  }

  async #renewed(): Promise<Credentials> {
    if (this.#none !== undefined && this.#none.until > this.#now()) throw this.#none.error;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    try {
      this.#held = await this.#asking;
      return this.#held;
    } catch (error) {
      if (error instanceof NoCredentials) this.#none = { error, until: this.#now() + NONE_MS };
      throw error;
    }
  }
}

function isSame(one: Credentials, other: Credentials): boolean {
  return one.accessKeyId === other.accessKeyId && one.sessionToken === other.sessionToken;
}
