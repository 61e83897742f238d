import type { Assurance, BatchFacts, ModuleUse } from '../../types.ts';
import { SHOWN_BYTES, storable } from '../text.ts';

/** A batch in the words of the index: texts bounded, each module version once. */
export interface Prepared {
  readonly facts: BatchFacts;
  readonly repoKey: string;
  readonly path: string;
  readonly name: string;
  /** By `modverKey`. */
  readonly modules: ReadonlyMap<string, ModuleUse>;
  /** Modules that were refused, for their numbers. */
  readonly denied: readonly string[];
  readonly assurance: number;
}

/** From the weakest; a job is as good as its weakest batch. */
export const ASSURANCES: readonly Assurance[] = ['relayed', 'asserted', 'consistent', 'reconciled'];

/** Sums over the batches of a job stay numbers. */
const MOST = 1e9;

/** The key of a module version in memory; NUL is in no storable text. */
export function modverKey(use: Pick<ModuleUse, 'module' | 'version' | 'h1'>): string {
  return `${use.module}\0${use.version}\0${use.h1}`;
}

/** How a repository is known: by the forge's number, which survives renames, else by its path. */
export function repositoryKey(repository: { repository: string; repositoryId: string }): string {
  return storable(
    repository.repositoryId === '' ? `path:${repository.repository}` : `id:${repository.repositoryId}`,
  );
}

/** Pure: the same facts come out the same. */
export function prepare(facts: BatchFacts): Prepared {
  const modules = new Map<string, ModuleUse>();
  for (const use of facts.modules) {
    const clean = {
      ...use,
      module: storable(use.module),
      version: storable(use.version),
      h1: storable(use.h1),
    };
    const key = modverKey(clean);
    const before = modules.get(key);
    modules.set(key, before === undefined ? clean : merge(before, clean));
  }
  const { job } = facts;
  return {
    facts: {
      ...facts,
      job: {
        ...job,
        iss: storable(job.iss),
        ref: storable(job.ref, SHOWN_BYTES),
        sha: storable(job.sha),
        event: storable(job.event, SHOWN_BYTES),
        actor: storable(job.actor, SHOWN_BYTES),
        url: storable(job.url, SHOWN_BYTES),
        change: storable(job.change, SHOWN_BYTES),
      },
      inst: storable(facts.inst),
      rawKey: storable(facts.rawKey, SHOWN_BYTES),
      records: Math.min(facts.records, MOST),
      dropped: Math.min(facts.dropped, MOST),
    },
    repoKey: repositoryKey(job),
    path: storable(job.repository),
    name: storable(job.name),
    modules,
    denied: facts.denials.map(denial => storable(denial.module)),
    assurance: Math.max(0, ASSURANCES.indexOf(facts.assurance)),
  };
}

function merge(a: ModuleUse, b: ModuleUse): ModuleUse {
  return {
    ...a,
    code: a.code || b.code,
    inventory: a.inventory || b.inventory,
    // The first time that the code came in, where it did; a look-up before it brought nothing.
    time: a.code === b.code ? Math.min(a.time, b.time) : a.code ? a.time : b.time,
  };
}
