/** What a token of a forge may do. */
export interface Grant {
  /** `installation`: the job token or an App's token of GitHub; `job`: CI_JOB_TOKEN; `deploy`: GitLab's deploy token. */
  readonly kind: 'personal' | 'installation' | 'job' | 'deploy';
  /** Projects it may read: paths, or groups with a final slash. For a job token: whose allow-list has its project. */
  readonly projects: readonly string[];
  /** GitLab's scopes, or GitHub's permissions such as `contents:read`. Default: what reading code needs. */
  readonly scopes?: readonly string[];
  /** A deploy token's own username. Default: `gitlab+deploy-token-1`. */
  readonly username?: string;
  readonly expired?: boolean;
  /** Project whose job it is, for the forge's message. */
  readonly from?: string;
}

export interface Login {
  readonly username: string;
  readonly secret: string;
}

export interface Token extends Login {
  readonly grant: Grant;
}

/** A refusal as the forge words it; `challenge` is the realm of a 401. */
export interface Refusal {
  readonly status: 401 | 403 | 404;
  readonly body: string;
  readonly challenge?: string;
}

/** Project paths that exist, and whether everybody may read them. */
export type Projects = ReadonlyMap<string, { readonly public: boolean }>;

export function covers(grant: Grant, project: string): boolean {
  return grant.projects.some(one => (one.endsWith('/') ? project.startsWith(one) : project === one));
}

/** Finds who a login is. A job and a deploy token have a username of their own, the others take any. */
export function whoIs(tokens: readonly Token[], login: Login): Grant | undefined {
  const token = tokens.find(one => one.secret === login.secret);
  if (token === undefined || token.grant.expired === true) return undefined;
  const named = token.grant.kind === 'job' || token.grant.kind === 'deploy';
  return named && token.username !== login.username ? undefined : token.grant;
}
