import assert from 'node:assert/strict';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HEAD_AGE_MS } from '../../src/collector/index/apply/heads.ts';
import { encodeIds } from '../../src/collector/index/id-list.ts';
import { openIndex } from '../../src/collector/index/open-index.ts';
import { fillIndex } from './audit-fill.mjs';
import {
  askedAt,
  claimsOf,
  closedAt,
  h1Of,
  moduleName,
  openedAt,
  RECORDS_A_JOB,
  sha256,
  versionName,
} from './audit-history.mjs';

const COLLECTED = 5000;

/**
 * Writes what stays of a history for ever (repositories, modules, first sightings, use now, and the jobs that these name)
 * into an index in a file, without the batches. That it is what the collector would have is checked with a small history.
 *
 * @returns {Promise<Record<string, number>>} rows by table
 */
export async function fillRollups({ file, history, jobs, log }) {
  await (await openIndex({ file })).close();
  const db = new DatabaseSync(file);
  const tables = new Map();
  db.exec('pragma synchronous = off; begin');
  const add = (table, row) => {
    let of = tables.get(table);
    if (of === undefined) {
      const names = Object.keys(row);
      const statement = `insert into "${table}" (${names.map(name => `"${name}"`)}) values (${names.map(() => '?')})`;
      of = { insert: db.prepare(statement), rows: 0 };
      tables.set(table, of);
    }
    of.insert.run(...Object.values(row));
    of.rows++;
  };
  const numbers = { repo: new Map(), module: new Map(), modver: new Map() };
  const repos = new Map();
  const cited = new Set();
  const firstModules = new Set();
  const modverOf = use => {
    const name = `${use.module} ${use.version}`;
    let number = numbers.modver.get(name);
    if (number !== undefined) return { number, fresh: false };
    number = numbers.modver.size + 1;
    numbers.modver.set(name, number);
    let module = numbers.module.get(use.module);
    if (module === undefined) {
      module = numbers.module.size + 1;
      numbers.module.set(use.module, module);
      add('module', { id: module, path: moduleName(use.module) });
    }
    add('modver', { id: number, module, version: versionName(use.version), h1: h1Of(use) });
    return { number, fresh: true, module };
  };
  const kept = new Map();
  for (let no = 1; no <= jobs; no++) {
    const job = history.next();
    const { repository } = job;
    let repo = repos.get(repository.number);
    if (repo === undefined) {
      repo = { id: repos.size + 1, has: new Set(), heads: new Map(), path: repository.path };
      repos.set(repository.number, repo);
    }
    repo.last = closedAt(job);
    let names = false;
    for (const use of job.set) {
      const name = use.module * COLLECTED + use.version;
      if (repo.has.has(name)) continue;
      repo.has.add(name);
      names = true;
      const { number, fresh, module } = modverOf(use);
      // What was refused is in the inventory all the same.
      const at = job.denied && use === job.set[0] ? closedAt(job) : askedAt(job);
      add('repo_mod', { repo: repo.id, modver: number, at, job: no });
      if (!fresh) continue;
      add('first_seen', { modver: number, at, job: no });
      if (firstModules.has(module)) continue;
      firstModules.add(module);
      add('first_module', { module, at, job: no });
    }
    if (names) cited.add(no);
    if (names || job.onDefault) kept.set(no, jobRow(no, job, repo, names));
    if (job.onDefault) {
      const before = repo.heads.get(job.name);
      // What is no longer a head and brought nothing in is forgotten, as retention does.
      if (before !== undefined && !cited.has(before.no)) kept.delete(before.no);
      repo.heads.set(job.name, { no, set: job.set, last: closedAt(job) });
    }
    if (no % 20_000 === 0) log(`rollups: ${no} of ${jobs} jobs`);
  }
  const sets = new Map();
  const setOf = uses => {
    const members = [...new Set(uses.map(use => modverOf(use).number))].sort((a, b) => a - b);
    const text = encodeIds(members);
    let id = sets.get(text);
    if (id === undefined) {
      id = sets.size + 1;
      sets.set(text, id);
      add('modset', { id, digest: sha256(text), members: text });
    }
    return { id, members };
  };
  for (const [number, repo] of repos) {
    const all = [];
    const newest = Math.max(...[...repo.heads.values()].map(({ last }) => last));
    for (const [name, head] of repo.heads) {
      kept.get(head.no).modset = setOf(head.set).id;
      add('repo_head', { repo: repo.id, name, job: head.no });
      if (head.last >= newest - HEAD_AGE_MS) all.push(...head.set);
    }
    const uses = all.length === 0 ? undefined : setOf(all);
    for (const modver of uses?.members ?? []) add('repo_use', { modver, repo: repo.id });
    add('repo', {
      id: repo.id,
      iss: 'https://token.example.test',
      key: `id:${1000 + number}`,
      native: String(1000 + number),
      forge: 'github',
      path: repo.path,
      last: repo.last,
      uses: uses?.id ?? null,
    });
  }
  for (const row of kept.values()) add('job', row);
  db.exec('commit');
  db.exec('analyze');
  db.close();
  return Object.fromEntries([...tables].map(([table, { rows }]) => [table, rows]));
}

/**
 * Holds the rollups of a small history, written here, against those that the collector makes of its batches: every
 * question about every module has the same answer. Throws where one has not.
 */
export async function checkRollups({ dir, make, jobs, observations }) {
  const written = path.join(dir, 'written.db');
  const applied = path.join(dir, 'applied.db');
  await fillRollups({ file: written, history: make(), jobs, log: () => {} });
  const history = make();
  await fillIndex({ file: applied, history, observations, log: () => {} });
  const [one, other] = await Promise.all([written, applied].map(file => openIndex({ file })));
  try {
    let uses = 0;
    for (let module = 0; module < history.modules; module++) {
      const asked = { module: moduleName(module), limit: 1000 };
      const answer = await one.used(asked);
      uses += answer.uses.length;
      assert.deepEqual(answer, await other.used(asked));
      assert.deepEqual(await one.who(asked), await other.who(asked));
    }
    assert.ok(uses > 100);
  } finally {
    await one.close();
    await other.close();
  }
}

function jobRow(id, job, repo, cited) {
  const claimed = claimsOf(job);
  return {
    id,
    uid: job.uid,
    repo: repo.id,
    name: job.name,
    ref: claimed.ref,
    sha: claimed.sha,
    event: claimed.event,
    actor: claimed.actor,
    url: claimed.url,
    change: job.onDefault ? '' : String(job.number),
    on_default: job.onDefault ? 1 : 0,
    facts_at: openedAt(job),
    facts_by: job.uid,
    state: 'closed',
    opened: openedAt(job),
    last: closedAt(job),
    batches: 3,
    records: RECORDS_A_JOB,
    dropped: 0,
    inventory: 1,
    assurance: 0,
    modset: null,
    eligible: job.onDefault ? 1 : 0,
    cited: cited ? 1 : 0,
    stripped: 1,
    news: 0,
  };
}
