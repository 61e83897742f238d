import { covers, type Grant, type Login, type Projects, type Refusal, type Token, whoIs } from './access.ts';

type Ability = 'read_project' | 'download_code';

/** What the scopes of a personal, project, group or deploy token come to. */
const ABILITIES: Readonly<Record<string, readonly Ability[]>> = {
  api: ['read_project', 'download_code'],
  read_api: ['read_project', 'download_code'],
  read_repository: ['download_code'],
  write_repository: ['download_code'],
};

function can(grant: Grant, ability: Ability): boolean {
  if (grant.kind === 'job') return true;
  return (grant.scopes ?? ['read_repository']).some(scope => ABILITIES[scope]?.includes(ability));
}

const DENIED: Refusal = {
  status: 401,
  challenge: 'GitLab',
  body: "HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or you're required to use a token instead of a password. If a token was provided, it was either incorrect, expired, or improperly scoped.",
};

const NOT_FOUND: Refusal = {
  status: 404,
  body: "The project you were looking for could not be found or you don't have permission to view it.",
};

/** GitLab's answer to a clone over http; undefined is yes. */
export function gitlabRefusal(
  projects: Projects,
  tokens: readonly Token[],
  project: string,
  login: Login | undefined,
): Refusal | undefined {
  const found = projects.get(project);
  if (login === undefined) return found?.public === true ? undefined : DENIED;
  const grant = whoIs(tokens, login);
  // A token that is none is refused for public projects too.
  if (grant === undefined) return DENIED;
  if (grant.kind === 'deploy' && found !== undefined && !covers(grant, project)) return DENIED;
  if (found === undefined) return NOT_FOUND;
  if (found.public) return undefined;
  if (!covers(grant, project)) {
    if (grant.kind !== 'job') return NOT_FOUND;
    const target = project.replace(/^.*\//, '');
    const source = (grant.from ?? 'app').replace(/^.*\//, '');
    return {
      status: 403,
      body: `Authentication by CI/CD job token not allowed from ${source} to ${target}.`,
    };
  }
  if (can(grant, 'download_code')) return undefined;
  return { status: 403, body: 'You are not allowed to download code from this project.' };
}

/**
 * GitLab's answer to `?go-get=1`: the project that the path lies in, when the login may see it. Otherwise the first
 * two elements, whatever exists, so that nobody learns of a project in a subgroup; undefined is a path that is shorter.
 */
export function gitlabGoGet(
  projects: Projects,
  tokens: readonly Token[],
  path: string,
  login: Login | undefined,
): string | undefined {
  const parts = path.split('/');
  if (parts.length < 2) return undefined;
  for (let n = parts.length; n >= 2; n--) {
    const project = parts.slice(0, n).join('/');
    const found = projects.get(project);
    if (found === undefined) continue;
    const grant = login === undefined ? undefined : whoIs(tokens, login);
    const visible = grant !== undefined && (found.public || covers(grant, project));
    if (visible && can(grant, 'read_project')) return project;
    if (login === undefined && found.public) return project;
    break;
  }
  return parts.slice(0, 2).join('/');
}
