import { createHash } from 'node:crypto';

/** What makes a finding the same finding after lines, versions and words have changed. */
export interface Identity {
  readonly rule: string;
  readonly file: string;
  readonly module?: string | undefined;
  readonly key?: string | undefined;
}

/** One string for an identity; parts cannot run into each other. */
export function identityOf({ rule, file, module = '', key = '' }: Identity): string {
  return JSON.stringify([rule, file, module, key]);
}

/** Lower-case hex SHA-256 of an identity and the number of the finding among its equals, from 0. */
export function fingerprint(identity: Identity, ordinal: number): string {
  const hash = createHash('sha256').update(identityOf(identity));
  return hash.update(`\n${ordinal}`).digest('hex');
}
