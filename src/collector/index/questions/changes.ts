import { sql } from 'kysely';
import { cleanKey, cleanText } from '../../clean.ts';
import type { ChangeInfo, CommitName, Index } from '../../types.ts';
import { repositoryKey } from '../apply/prepare.ts';
import { pageSize } from '../cursor.ts';
import type { Engine } from '../engine.ts';
import type { Db } from '../schema.ts';
import { ownedPath } from './scope.ts';

const APPROVERS = 100;
/** UTF-16 units of a text that is only shown. */
const SHOWN = 2048;

/** Commits that brought in a version nobody had before, and that their forge is to be asked about; newest first. */
export async function unexplained(
  db: Db,
  { forges, now, limit }: Parameters<Index['unexplained']>[0],
): Promise<Awaited<ReturnType<Index['unexplained']>>> {
  const wanted = forges.map(({ iss, owners }) => {
    const owned = ownedPath(
      sql`lower(r.path)`,
      owners?.map(owner => owner.toLowerCase()),
    );
    const from = sql`r.iss = ${cleanKey(iss)}`;
    return owned === undefined ? from : sql`(${from} and ${owned})`;
  });
  if (wanted.length === 0) return [];
  const { rows } = await sql<Awaited<ReturnType<Index['unexplained']>>[number]>`
    select r.iss as iss, r.path as repository, r.native as "repositoryId", j.sha as sha,
      max(j.change) as change, max(j.opened) as seen
    from job as j cross join repo as r left join change as c on c.repo = j.repo and c.sha = j.sha
    where j.news = 1 and r.id = j.repo and j.sha <> '' and (${sql.join(wanted, sql` or `)})
      and (c.again is null or c.again <= ${now})
      and exists (select 1 from first_seen as f where f.job = j.id)
    group by r.iss, r.key, r.path, r.native, j.sha
    order by max(j.opened) desc, r.iss, r.key, j.sha limit ${pageSize(limit)}`.execute(db);
  return rows.map(row => ({ ...row }));
}

/** Keeps what the forge said; without a time to ask again nobody asks again. */
export async function explain(
  engine: Engine,
  commit: CommitName,
  change: ChangeInfo | undefined,
  again: number | null,
): Promise<void> {
  const info = change === undefined ? '' : JSON.stringify(bounded(change));
  const sha = cleanKey(commit.sha);
  await engine.writer.transaction().execute(async tx => {
    await engine.lock(tx, 'apply');
    const repo = await tx
      .selectFrom('repo')
      .select('id')
      .where('iss', '=', cleanKey(commit.iss))
      .where('key', '=', repositoryKey(commit))
      .executeTakeFirst();
    if (repo === undefined) return;
    // The order of apply: the repository first.
    await sql`select id from repo where id = ${repo.id}${engine.lockRows}`.execute(tx);
    await tx
      .insertInto('change')
      .values({ repo: repo.id, sha, info, again })
      .onConflict(conflict =>
        conflict.columns(['repo', 'sha']).doUpdateSet(info === '' ? { again } : { info, again }),
      )
      .execute();
    if (again !== null) return;
    await tx
      .updateTable('job')
      .set({ news: 2 })
      .where('news', '=', 1)
      .where('repo', '=', repo.id)
      .where('sha', '=', sha)
      .execute();
  });
}

function bounded(change: ChangeInfo): ChangeInfo {
  const shown = (text: string) => cleanText(text, SHOWN);
  return {
    number: change.number,
    url: shown(change.url),
    title: shown(change.title),
    author: shown(change.author),
    mergedBy: shown(change.mergedBy),
    approvers: change.approvers.slice(0, APPROVERS).map(shown),
  };
}
