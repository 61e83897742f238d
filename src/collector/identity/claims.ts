import type { JWTPayload } from 'jose';
import { IdentityError } from './errors.ts';
import { githubEventClass, gitlabEventClass } from './event-class.ts';
import type { Identity, Issuer } from './types.ts';

/** Claims that a token must have; without being named here even a missing `exp` passes. */
export const REQUIRED: Readonly<Record<Issuer['kind'], readonly string[]>> = {
  github: [
    ...['exp', 'iat', 'nbf', 'jti', 'aud'],
    ...['repository_id', 'repository_owner_id', 'repository', 'run_id', 'run_attempt'],
    ...['event_name', 'ref', 'sha'],
  ],
  gitlab: [
    ...['exp', 'iat', 'nbf', 'jti', 'aud'],
    ...['project_id', 'namespace_id', 'project_path', 'pipeline_id', 'job_id'],
    ...['pipeline_source', 'ref', 'ref_protected', 'sha'],
  ],
};

const MAX_CLAIM = 1024;

/**
 * What verified claims say. `sub` is never read: its format changed with time and organisations change it themselves.
 * Throws IdentityError `refused` for claims of another shape, `foreign` for an owner that is not allowed.
 */
export function identityOf(issuer: Issuer, claims: JWTPayload): Identity {
  const identity = issuer.kind === 'github' ? github(issuer, claims) : gitlab(issuer, claims);
  if (issuer.owners.includes(identity.ownerId)) return identity;
  throw new IdentityError(
    'foreign',
    `the owner ${identity.ownerId} of the repository ${identity.repositoryId} is not among the owners of ${issuer.url} in serve.issuers`,
  );
}

function github(issuer: Issuer, claims: JWTPayload): Identity {
  const repositoryId = idOf(claims, 'repository_id');
  const run = [idOf(claims, 'run_id'), idOf(claims, 'run_attempt')];
  const event = textOf(claims, 'event_name');
  const ref = textOf(claims, 'ref');
  // An Enterprise Server has none, and its claims do not tell the jobs of a run apart.
  const checkRun = claims.check_run_id === undefined ? undefined : idOf(claims, 'check_run_id');
  return {
    ...common(issuer, claims),
    repositoryId,
    ownerId: idOf(claims, 'repository_owner_id'),
    repository: textOf(claims, 'repository'),
    event,
    eventClass: githubEventClass(event),
    ref,
    pullRequest: numberIn(/^refs\/pull\/([1-9]\d{0,14})\//, ref),
    jobKey: checkRun === undefined ? undefined : ['github', issuer.url, repositoryId, ...run, checkRun],
  };
}

function gitlab(issuer: Issuer, claims: JWTPayload): Identity {
  const projectId = idOf(claims, 'project_id');
  const jobProjectId = claims.job_project_id === undefined ? undefined : idOf(claims, 'job_project_id');
  idOf(claims, 'pipeline_id');
  const source = textOf(claims, 'pipeline_source');
  const ref = textOf(claims, 'ref');
  // Where the job runs, which the merge request of a fork may do in the parent.
  const here = jobProjectId ?? projectId;
  const refProtected = textOf(claims, 'ref_protected') === 'true';
  return {
    ...common(issuer, claims),
    repositoryId: here,
    ownerId: idOf(claims, jobProjectId === undefined ? 'namespace_id' : 'job_namespace_id'),
    repository: textOf(claims, jobProjectId === undefined ? 'project_path' : 'job_project_path'),
    event: source,
    eventClass: gitlabEventClass({ source, refProtected, projectId, jobProjectId }),
    ref,
    pullRequest: numberIn(/^refs\/merge-requests\/([1-9]\d{0,14})\//, ref),
    jobKey: ['gitlab', issuer.url, here, idOf(claims, 'job_id')],
  };
}

function common(issuer: Issuer, claims: JWTPayload) {
  return {
    kind: issuer.kind,
    issuer: issuer.url,
    sha: shaOf(claims),
    jti: textOf(claims, 'jti'),
    expires: claims.exp ?? 0,
  };
}

function textOf(claims: JWTPayload, name: string): string {
  const value = claims[name];
  if (typeof value === 'string' && value !== '' && value.length <= MAX_CLAIM) return value;
  throw new IdentityError(
    'refused',
    `the claim "${name}" of the token is no text of 1 to ${MAX_CLAIM} characters`,
  );
}

/** Ids are numbers, as texts: a name in their place would be one that somebody chose. */
function idOf(claims: JWTPayload, name: string): string {
  const value = claims[name];
  if (typeof value === 'string' && /^[1-9]\d{0,19}$/.test(value)) return value;
  throw new IdentityError('refused', `the claim "${name}" of the token is no numeric id`);
}

function shaOf(claims: JWTPayload): string {
  const sha = textOf(claims, 'sha');
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(sha)) return sha;
  throw new IdentityError('refused', 'the claim "sha" of the token is no commit');
}

function numberIn(pattern: RegExp, ref: string): number | null {
  const digits = pattern.exec(ref)?.[1];
  return digits === undefined ? null : Number(digits);
}
