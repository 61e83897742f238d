import type { Engine } from '../../../src/collector/index/engine.ts';
import { decodeIds, decodeTouched } from '../../../src/collector/index/id-list.ts';
import type { IndexPlace } from '../../../src/collector/index/open-index.ts';
import { withEngine } from './engines.ts';

/**
 * Everything that the tables say, without the numbers that differ from index to index: lines of JSON, sorted. What
 * depends on the order of arrival and shows nowhere (old sets, citations) is left out.
 */
export async function dump(place: IndexPlace): Promise<string[]> {
  return await withEngine(place, async engine => {
    const lines = await tables(engine);
    return lines.map(line => JSON.stringify(line)).sort();
  });
}

async function tables({ reader: db }: Engine): Promise<unknown[]> {
  const named = <T extends { id: number }>(rows: readonly T[], name: (row: T) => string) => {
    const names = new Map(rows.map(row => [row.id, name(row)]));
    return (id: number | null) => (id === null ? null : (names.get(id) ?? `nobody ${id}`));
  };
  const repos = await db.selectFrom('repo').selectAll().execute();
  const modules = await db.selectFrom('module').selectAll().execute();
  const modvers = await db.selectFrom('modver').selectAll().execute();
  const jobs = await db.selectFrom('job').selectAll().execute();
  const batches = await db.selectFrom('batch').selectAll().execute();
  const sets = await db.selectFrom('modset').selectAll().execute();
  const repo = named(repos, row => `${row.iss} ${row.key}`);
  const module = named(modules, row => row.path);
  const modver = named(modvers, row => `${module(row.module)}@${row.version} ${row.h1}`);
  const job = named(jobs, row => row.uid);
  const batch = named(batches, row => row.digest);
  const set = named(sets, row => decodeIds(row.members).map(modver).sort().join('\n'));
  return [
    ...repos.map(({ id, uses, ...row }) => ['repo', { ...row, uses: set(uses) }]),
    ...modules.map(({ path }) => ['module', path]),
    ...modvers.map(({ id }) => ['modver', modver(id)]),
    ...jobs.map(({ id, cited, news, ...row }) => [
      'job',
      { ...row, repo: repo(row.repo), modset: set(row.modset) },
    ]),
    ...batches.map(({ id, ...row }) => [
      'batch',
      {
        ...row,
        job: job(row.job),
        repo: repo(row.repo),
        mods: decodeTouched(row.mods)
          .map(touched => `${modver(touched.id)} ${touched.member} ${touched.bare}`)
          .sort(),
      },
    ]),
    ...(await db.selectFrom('touch').selectAll().execute()).map(row => [
      'touch',
      modver(row.modver),
      row.received,
      batch(row.batch),
    ]),
    ...(await db.selectFrom('repo_head').selectAll().execute()).map(row => [
      'head',
      repo(row.repo),
      row.name,
      job(row.job),
    ]),
    ...(await db.selectFrom('repo_use').selectAll().execute()).map(row => [
      'use',
      modver(row.modver),
      repo(row.repo),
    ]),
    ...(await db.selectFrom('first_seen').selectAll().execute()).map(row => [
      'first',
      modver(row.modver),
      row.at,
      job(row.job),
    ]),
    ...(await db.selectFrom('first_module').selectAll().execute()).map(row => [
      'first',
      module(row.module),
      row.at,
      job(row.job),
    ]),
    ...(await db.selectFrom('repo_mod').selectAll().execute()).map(row => [
      'first in',
      repo(row.repo),
      modver(row.modver),
      row.at,
      job(row.job),
    ]),
    ...(await db.selectFrom('clash').selectAll().execute()).map(row => [
      'clash',
      module(row.module),
      row.version,
    ]),
    ...(await db.selectFrom('denial').selectAll().execute()).map(row => [
      'denial',
      { ...row, batch: batch(row.batch), module: module(row.module) },
    ]),
    ...(await db.selectFrom('finding').selectAll().execute()).map(row => [
      'finding',
      { ...row, batch: batch(row.batch) },
    ]),
  ];
}
