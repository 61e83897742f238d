import type { JSONWebKeySet } from 'jose';

/** A forge whose tokens count: an entry of `serve.issuers`. */
export interface Issuer {
  readonly kind: 'github' | 'gitlab';
  /** The `iss` of its tokens, to the letter; its keys are asked below it. */
  readonly url: string;
  /** GitHub: the middle of `modgate:v1:AUDIENCE:DIGEST`. GitLab: the whole audience. */
  readonly audience: string;
  /** Numeric ids of owners (GitHub) or namespaces (GitLab): names can be given up and taken by others. */
  readonly owners: readonly string[];
}

/**
 * What the event that started a job says about whose code ran in it. `trusted-event`: of the repository itself.
 * `untrusted-event`: others may have caused it or their code may run in it. `indistinguishable`: the token does not
 * tell a fork from its parent.
 */
export type EventClass = 'trusted-event' | 'untrusted-event' | 'indistinguishable';

/** What a verified token says. */
export interface Identity {
  readonly kind: Issuer['kind'];
  readonly issuer: string;
  readonly repositoryId: string;
  readonly ownerId: string;
  /** For people; renamed and taken over freely. */
  readonly repository: string;
  readonly event: string;
  readonly eventClass: EventClass;
  readonly ref: string;
  readonly sha: string;
  /** Number of the pull request, as far as the ref tells it. */
  readonly pullRequest: number | null;
  /** What names the job, as the job itself makes it; undefined where the claims do not tell jobs of a run apart. */
  readonly jobKey: readonly string[] | undefined;
  readonly jti: string;
  /** Seconds since 1970. */
  readonly expires: number;
}

/** A token that was accepted, with what proves it later. */
export interface Verified {
  readonly identity: Identity;
  readonly token: string;
  readonly keys: JSONWebKeySet;
  /** How it was judged. */
  readonly expected: Issuer;
}
