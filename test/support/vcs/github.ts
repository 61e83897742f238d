import { covers, type Login, type Projects, type Refusal, type Token, whoIs } from './access.ts';

const MISSING = 'Repository not found.';

/** GitHub's answer to a clone over http; undefined is yes. Without access a repository does not exist. */
export function githubRefusal(
  projects: Projects,
  tokens: readonly Token[],
  project: string,
  login: Login | undefined,
): Refusal | undefined {
  const found = projects.get(project);
  if (login === undefined) {
    return found?.public === true ? undefined : { status: 401, challenge: 'GitHub', body: MISSING };
  }
  const grant = whoIs(tokens, login);
  if (grant === undefined) {
    const body = 'Invalid username or token. Password authentication is not supported for Git operations.';
    return { status: 401, challenge: 'GitHub', body };
  }
  if (found?.public === true) return undefined;
  if (found === undefined || !covers(grant, project)) return { status: 404, body: MISSING };
  const scopes = grant.scopes ?? ['contents:read'];
  if (scopes.includes('sso')) {
    const owner = project.split('/')[0] ?? '';
    const body = `The '${owner}' organization has enabled or enforced SAML SSO.\nTo access this repository, you must re-authorize the token.`;
    return { status: 403, body };
  }
  if (scopes.some(scope => /^(repo|contents:(read|write))$/.test(scope))) return undefined;
  return { status: 403, body: 'Write access to repository not granted.' };
}

/** GitHub's answer to `?go-get=1`: public repositories only, for a web page takes no token. */
export function githubGoGet(projects: Projects, path: string): string | undefined {
  const project = path.split('/').slice(0, 2).join('/');
  return projects.get(project)?.public === true ? project : undefined;
}
