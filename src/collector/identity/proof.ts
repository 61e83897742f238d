import type { Header, Receipt } from '../../audit/record.ts';
import { oneLine } from '../../platform/escape.ts';
import { IdentityError } from './errors.ts';
import { ASSURANCE_OF } from './event-class.ts';
import type { Verified } from './types.ts';

/** What a verified token is worth for the batch that it came with. */
export interface Proof {
  readonly assurance: Receipt['assurance'];
  readonly kind: Verified['identity']['kind'];
  readonly repositoryId: string;
  readonly repository: string;
  /** JSON of token and keys, with which both can be judged again. */
  readonly evidence: string;
}

/** @param digest of the batch */
export function proofOf({ identity, token, keys, expected }: Verified, digest: string): Proof {
  const { kind, url, audience, owners } = expected;
  const { repositoryId, repository, eventClass } = identity;
  const issuer = { kind, url, audience, owners };
  const evidence = `${JSON.stringify({ v: 1, digest, event_class: eventClass, issuer, token, jwks: keys })}\n`;
  return { assurance: ASSURANCE_OF[eventClass], kind, repositoryId, repository, evidence };
}

/** The writer that a receipt names. */
export function writerOf({ identity }: Verified): string {
  return `${identity.kind}:${identity.repositoryId}`;
}

/**
 * Refuses a batch that tells of another repository than its token: the index believes what the batch tells. Throws
 * IdentityError `contradicts`.
 */
export function refuseContradiction(
  proof: Proof,
  { forge, claimed }: Pick<Header, 'forge' | 'claimed'>,
): void {
  const said = (name: string): string => (Object.hasOwn(claimed, name) ? (claimed[name] ?? '') : '');
  const wrong = (what: string, value: string): IdentityError =>
    new IdentityError(
      'contradicts',
      `the batch tells of the ${what} ${JSON.stringify(oneLine(value).slice(0, 100))}, and its token is of a job of ${proof.kind} in the repository ${proof.repositoryId}; a job sends its own batches`,
    );
  if (forge !== proof.kind) throw wrong('forge', forge);
  if (said('repository_id') !== proof.repositoryId) throw wrong('repository', said('repository_id'));
  // People ask by the name, which therefore must not be somebody else's.
  if (said('repository').toLowerCase() !== proof.repository.toLowerCase())
    throw wrong('repository named', said('repository'));
}
