import type { HostPort } from '../../config/host-port.ts';

/** What one server is shown. The secret is for that server, and for nobody else. */
export interface Credential {
  readonly at: HostPort;
  /** For messages: `CI job token`, `deploy token`. */
  readonly kind: CredentialKind;
  /** For messages: the variable or file that it came from, never its value. */
  readonly source: string;
  readonly username?: string;
  readonly secret: string;
  /** It was named for this host, and so wins over what the job itself gives git and go. */
  readonly named: boolean;
}

export type CredentialKind =
  | 'CI job token'
  | 'deploy token'
  | 'GitLab access token'
  | 'GitHub access token'
  | 'GitHub App token'
  | 'identity token'
  | 'password'
  | 'token';

/** The token of the platform for its own server. */
export interface ForgeToken {
  /** The server, like `https://git.example.com`. */
  readonly url: string;
  readonly username: string;
  readonly token: string;
  /** The variable or input that held it. */
  readonly source: string;
}

/** The secrets that a session is given for servers of modules. They go over stdin or the control port only. */
export interface GivenSecrets {
  /** Values of variables by their names. */
  readonly variables: Readonly<Record<string, string>>;
  readonly forge?: ForgeToken;
}
