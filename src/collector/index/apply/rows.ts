import { type RawBuilder, sql } from 'kysely';
import { cleanKey, cleanText } from '../../clean.ts';
import { type Cell, type ColumnKind, type Engine, pieces } from '../engine.ts';
import { eraOf } from '../era.ts';
import { encodeTouched } from '../id-list.ts';
import type { Db, Tables } from '../schema.ts';
import { compare, id, type Names, repoName } from './names.ts';
import { type Prepared, SHOWN } from './prepare.ts';

/** A job as far as it matters for what is worked out from it. */
export interface JobRow {
  readonly id: number;
  readonly uid: string;
  readonly repo: number;
  readonly name: string;
  readonly on_default: number;
  readonly eligible: number;
  readonly state: string;
  readonly modset: number | null;
  readonly stripped: number;
}

const JOB = {
  uid: 'text',
  repo: 'int',
  name: 'text',
  ref: 'text',
  sha: 'text',
  event: 'text',
  actor: 'text',
  url: 'text',
  change: 'text',
  on_default: 'int',
  facts_at: 'int',
  facts_by: 'text',
} as const;

const BATCH = {
  digest: 'text',
  job: 'int',
  repo: 'int',
  inst: 'text',
  no: 'int',
  prev: 'text',
  phase: 'text',
  assurance: 'int',
  received: 'int',
  sealed: 'int',
  first_seq: 'int',
  last_seq: 'int',
  records: 'int',
  dropped: 'int',
  inventory: 'int',
  raw_key: 'text',
  mods: 'text',
} as const;

/** `insert into TABLE select from rows`, in pieces; `tail` is the rest of the statement. */
async function insert(
  engine: Engine,
  tx: Db,
  table: keyof Tables,
  shape: Readonly<Record<string, ColumnKind>>,
  cells: readonly (readonly Cell[])[],
  tail: RawBuilder<unknown> = sql``,
): Promise<void> {
  const columns = sql.raw(Object.keys(shape).join(', '));
  for (const piece of pieces(cells)) {
    await sql`insert into ${sql.table(table)} (${columns})
      select ${columns} from ${engine.rows(shape, piece)} as src where true ${tail}`.execute(tx);
  }
}

/** The jobs of these uids, by uid. */
export async function jobsByUid(
  engine: Engine,
  tx: Db,
  uids: readonly string[],
): Promise<Map<string, JobRow>> {
  const out = new Map<string, JobRow>();
  for (const piece of pieces(uids)) {
    const { rows } = await sql<JobRow>`
      select j.id, j.uid, j.repo, j.name, j.on_default, j.eligible, j.state, j.modset, j.stripped
      from ${engine.rows(
        { uid: 'text' },
        piece.map(uid => [uid]),
      )} as src cross join job as j where j.uid = src.uid`.execute(tx);
    for (const row of rows) out.set(row.uid, row);
  }
  return out;
}

/**
 * Makes the rows of the jobs, and keeps of each the words of the batch that was received first. The rows stay locked.
 */
export async function writeJobs(
  engine: Engine,
  tx: Db,
  names: Names,
  batches: readonly Prepared[],
): Promise<void> {
  const first = new Map<string, Prepared>();
  for (const batch of batches) {
    const before = first.get(batch.facts.job.uid);
    if (before === undefined || earlier(batch, before)) first.set(batch.facts.job.uid, batch);
  }
  const cells = [...first.values()]
    .sort((a, b) => compare(a.facts.job.uid, b.facts.job.uid))
    .map((batch): Cell[] => {
      const { job, received, digest } = batch.facts;
      return [
        job.uid,
        id(names.repos, repoName(batch)),
        batch.name,
        job.ref,
        job.sha,
        job.event,
        job.actor,
        job.url,
        job.change,
        job.onDefault ? 1 : 0,
        received,
        digest,
      ];
    });
  const columns = Object.keys(JOB);
  const taken = columns.slice(1).map(column => `${column} = excluded.${column}`);
  const fresh = { state: "'open'", opened: 0, last: 0, batches: 0, records: 0, dropped: 0, inventory: 0 };
  const zeros = { assurance: 0, eligible: 0, cited: 0, stripped: 0, news: 0 };
  const rest = { ...fresh, ...zeros };
  for (const piece of pieces(cells)) {
    await sql`insert into job (${sql.raw([...columns, ...Object.keys(rest)].join(', '))})
      select ${sql.raw([...columns, ...Object.values(rest)].join(', '))}
      from ${engine.rows(JOB, piece)} as src where true
      on conflict (uid) do update set ${sql.raw(taken.join(', '))}
      where (excluded.facts_at, excluded.facts_by) < (job.facts_at, job.facts_by) and job.stripped = 0`.execute(
      tx,
    );
  }
}

/**
 * Writes the rows of batches that are not there: the batch, what it touched, its denials and findings.
 * Returns the digests that another writer was faster with.
 */
export async function writeBatches(
  engine: Engine,
  tx: Db,
  names: Names,
  jobs: ReadonlyMap<string, JobRow>,
  batches: readonly Prepared[],
): Promise<ReadonlySet<string>> {
  const sorted = [...batches].sort((a, b) => compare(a.facts.digest, b.facts.digest));
  const numbers = new Map<string, number>();
  for (const piece of pieces(sorted, 500)) {
    const cells = piece.map(batch => batchCells(names, jobs, batch));
    const columns = sql.raw(Object.keys(BATCH).join(', '));
    const { rows } = await sql<{ id: number; digest: string }>`insert into batch (${columns})
      select ${columns} from ${engine.rows(BATCH, cells)} as src where true
      on conflict (digest) do nothing returning id, digest`.execute(tx);
    for (const row of rows) numbers.set(row.digest, row.id);
  }
  const late = new Set<string>();
  const touch: Cell[][] = [];
  const denial: Cell[][] = [];
  const finding: Cell[][] = [];
  for (const batch of sorted) {
    const { digest, received, denials, findings } = batch.facts;
    const number = numbers.get(digest);
    if (number === undefined) {
      late.add(digest);
      continue;
    }
    const era = eraOf(received);
    for (const [key, { unasked }] of batch.modules) {
      if (unasked !== true) touch.push([era, names.modvers.get(key)?.modver ?? 0, received, number]);
    }
    const seqs = new Set<number>();
    denials.forEach(({ seq, time, op, version, rule, reason }, i) => {
      if (seqs.has(seq)) return;
      seqs.add(seq);
      denial.push([
        number,
        seq,
        received,
        time,
        cleanKey(op),
        id(names.modules, batch.denied[i] ?? ''),
        cleanKey(version),
        cleanText(rule, SHOWN),
        cleanText(reason, SHOWN),
      ]);
    });
    findings.forEach(({ rule, level, module, version, message }, i) => {
      finding.push([
        number,
        i,
        cleanText(rule, SHOWN),
        level,
        module === undefined ? null : cleanText(module, SHOWN),
        version === undefined ? null : cleanText(version, SHOWN),
        cleanText(message, SHOWN),
      ]);
    });
  }
  // In the order of the table: neighbours go to one page.
  touch.sort((a, b) => Number(a[0]) - Number(b[0]) || Number(a[1]) - Number(b[1]));
  await insert(engine, tx, 'touch', { era: 'int', modver: 'int', received: 'int', batch: 'int' }, touch);
  await insert(
    engine,
    tx,
    'denial',
    {
      batch: 'int',
      seq: 'int',
      received: 'int',
      at: 'int',
      op: 'text',
      module: 'int',
      version: 'text',
      rule: 'text',
      reason: 'text',
    },
    denial,
  );
  await insert(
    engine,
    tx,
    'finding',
    {
      batch: 'int',
      no: 'int',
      rule: 'text',
      level: 'text',
      module: 'text',
      version: 'text',
      message: 'text',
    },
    finding,
  );
  return late;
}

function batchCells(names: Names, jobs: ReadonlyMap<string, JobRow>, batch: Prepared): Cell[] {
  const { facts } = batch;
  const touched = [...batch.modules.entries()]
    .map(([key, use]) => ({ id: names.modvers.get(key)?.modver ?? 0, member: use.code, bare: use.h1 === '' }))
    .sort((a, b) => a.id - b.id);
  return [
    facts.digest,
    jobs.get(facts.job.uid)?.id ?? 0,
    id(names.repos, repoName(batch)),
    facts.inst,
    facts.no,
    facts.prev ?? null,
    facts.phase,
    batch.assurance,
    facts.received,
    facts.sealed,
    facts.firstSeq,
    facts.lastSeq,
    facts.records,
    facts.dropped,
    facts.hasInventory ? 1 : 0,
    facts.rawKey,
    encodeTouched(touched),
  ];
}

function earlier(a: Prepared, b: Prepared): boolean {
  if (a.facts.received !== b.facts.received) return a.facts.received < b.facts.received;
  return a.facts.digest < b.facts.digest;
}
