import { sql } from 'kysely';
import { cleanKey, cleanText } from '../../clean.ts';
import type { ChangeInfo, Index } from '../../types.ts';
import { repositoryKey } from '../apply/prepare.ts';
import { pageSize } from '../cursor.ts';
import type { Engine } from '../engine.ts';
import type { Db } from '../schema.ts';

const APPROVERS = 100;
/** UTF-16 units of a text that is only shown. */
const SHOWN = 2048;

/** Commits that brought in a version nobody had before, and that the forge was not asked about; newest first. */
export async function unexplained(db: Db, limit: number): Promise<Awaited<ReturnType<Index['unexplained']>>> {
  const { rows } = await sql<{ iss: string; repository: string; repositoryId: string; sha: string }>`
    select r.iss as iss, r.path as repository, r.native as "repositoryId", j.sha as sha
    from job as j cross join repo as r
    where j.news = 1 and r.id = j.repo and j.sha <> ''
      and exists (select 1 from first_seen as f where f.job = j.id)
    group by r.iss, r.key, r.path, r.native, j.sha
    order by max(j.opened) desc, r.iss, r.key, j.sha limit ${pageSize(limit)}`.execute(db);
  return rows.map(row => ({ ...row }));
}

/** Keeps what the forge said, so that nobody asks again. */
export async function explain(
  engine: Engine,
  commit: Parameters<Index['explain']>[0],
  change: ChangeInfo | undefined,
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
      .values({ repo: repo.id, sha, info })
      .onConflict(conflict => conflict.columns(['repo', 'sha']).doUpdateSet({ info }))
      .execute();
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
