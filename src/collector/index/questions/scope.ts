import { type RawBuilder, sql } from 'kysely';
import { cleanKey } from '../../clean.ts';

/**
 * Repositories that somebody may see, as a condition on the column `path` of `repo`: those whose first element is one of
 * the owners. Undefined where all may be seen.
 */
export function ownedPath(
  path: RawBuilder<unknown>,
  owners: readonly string[] | undefined,
): RawBuilder<unknown> | undefined {
  if (owners === undefined) return undefined;
  // A range, so that an index could serve it; `0` comes after `/`.
  const one = owners.map(
    owner => sql`(${path} >= ${cleanKey(`${owner}/`)} and ${path} < ${cleanKey(`${owner}0`)})`,
  );
  return one.length === 0 ? sql`1 = 0` : sql`(${sql.join(one, sql` or `)})`;
}

/** The same as a condition on the number of a repository. */
export function ownedRepo(
  repo: RawBuilder<unknown>,
  owners: readonly string[] | undefined,
): RawBuilder<unknown> | undefined {
  const owned = ownedPath(sql`o.path`, owners);
  return owned === undefined ? undefined : sql`${repo} in (select o.id from repo as o where ${owned})`;
}
