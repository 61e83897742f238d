import type { Credential } from './types.ts';

const ALLOWLIST =
  'the project that has the module must list this one under Settings > CI/CD > Job token permissions, and the user who started the pipeline needs the role Reporter there';

/** What a credential needs so that a module can be read with it; follows `it needs`. */
export function needs({ kind, source, at }: Credential): string {
  switch (kind) {
    case 'CI job token':
      return `access to that project: ${ALLOWLIST}`;
    case 'deploy token':
      return 'the scope read_repository in the project or group that has the module, the user name that GitLab shows for it, and not to be revoked or expired; for a module in a subgroup GitLab wants an access token with read_api instead';
    case 'GitLab access token':
      return 'the scope read_repository (read_api too where modules lie in subgroups), the role Reporter in that project, and not to be revoked or expired';
    case 'GitHub App token':
      return source === 'GITHUB_TOKEN'
        ? 'to be another one: that of a job reads only its own repository. Give actions/proxy the input token: of an App that is installed there, with contents: read'
        : 'an App that is installed on that repository with contents: read, and to be younger than an hour';
    case 'GitHub access token':
      return 'contents: read on that repository (classic: the scope repo), and where the organisation uses SSO to be authorized for it';
    case 'identity token':
      return `a server that trusts its issuer and its audience (aud); ${at.hostname} says that it does not`;
    case 'password':
    case 'token':
      return 'to be valid, and the right to read that repository (contents: read at GitHub, read_repository at GitLab)';
  }
}

/** The credential in words: `the CI job token from CI_JOB_TOKEN`. */
export function named({ kind, source }: Credential): string {
  return `the ${kind} from ${source}`;
}
