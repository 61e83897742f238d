import { createHash } from 'node:crypto';
import type { BatchFacts, JobFacts, ModuleUse } from '../../../src/collector/types.ts';

/** A day in 2026, ms since 1970. */
export const DAY = Date.UTC(2026, 9, 1);
export const MINUTE = 60_000;
/** Of the jobs, unless a test says otherwise. */
export const ISS = 'https://token.example.test';

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** An h1 of its own for each text. */
export function h1(text: string): string {
  return `h1:${createHash('sha256').update(text).digest('base64')}`;
}

/** `module@version`, whose code came in with the hash that follows from the name. */
export function use(name: string, time: number, over: Partial<ModuleUse> = {}): ModuleUse {
  const at = name.lastIndexOf('@');
  return {
    module: name.slice(0, at),
    version: name.slice(at + 1),
    h1: over.code === false ? '' : h1(name),
    code: true,
    time,
    ...over,
  };
}

export function job(name: string, over: Partial<JobFacts> = {}): JobFacts {
  return {
    uid: sha256(`job ${name}`),
    forge: 'github',
    iss: ISS,
    repository: 'acme/app',
    repositoryId: '1001',
    ref: 'refs/heads/main',
    sha: sha256(`commit ${name}`).slice(0, 40),
    event: 'push',
    actor: 'dev',
    name: 'ci / build',
    url: `https://forge.example.test/acme/app/jobs/${sha256(name).slice(0, 8)}`,
    change: '',
    onDefault: true,
    ...over,
  };
}

export interface BatchPlan {
  readonly phase: BatchFacts['phase'];
  readonly at: number;
  readonly uses?: readonly ModuleUse[];
  readonly records?: number;
  readonly over?: Partial<BatchFacts>;
}

/** The batches of one instance: numbered, chained, with consecutive sequence numbers. */
export function batches(facts: JobFacts, plans: readonly BatchPlan[], inst = 'one'): BatchFacts[] {
  const out: BatchFacts[] = [];
  let seq = 1;
  for (const [i, { phase, at, uses = [], records = uses.length, over = {} }] of plans.entries()) {
    const digest =
      over.digest ?? sha256(`${facts.uid} ${inst} ${i} ${JSON.stringify([phase, at, uses, over])}`);
    out.push({
      digest,
      rawKey: `raw/v1/dt=2026-10-01/0000000000000000/${facts.uid}/${inst}-${i + 1}-${digest}.ndjson.gz`,
      job: facts,
      inst: `${inst} of ${facts.uid.slice(0, 8)}`,
      no: i + 1,
      prev: out.at(-1)?.digest,
      phase,
      assurance: 'relayed',
      writer: 'ci',
      received: at + 500,
      sealed: at,
      firstSeq: seq,
      lastSeq: seq + records - 1,
      records,
      dropped: 0,
      modules: uses,
      denials: [],
      findings: [],
      hasInventory: phase === 'close',
      ...over,
    });
    seq += records;
  }
  return out;
}

/** Open, one batch with these modules, and a close whose inventory has the same. */
export function wholeJob(facts: JobFacts, at: number, names: readonly string[]): BatchFacts[] {
  const uses = names.map(name => use(name, at + 1000));
  return batches(facts, [
    { phase: 'open', at },
    { phase: 'data', at: at + 10_000, uses },
    { phase: 'close', at: at + 20_000, uses: uses.map(one => ({ ...one, time: at + 20_000 })), records: 0 },
  ]);
}
