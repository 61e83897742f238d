import { cleanKey, cleanText } from '../../clean.ts';
import type { Assurance, BatchFacts, ModuleUse } from '../../types.ts';

/** A batch in the words of the index: texts fit for both engines, each module version once. */
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

/** UTF-16 units of a text that is only shown. */
export const SHOWN = 2048;

/** The key of a module version in memory; NUL is in no clean text. */
export function modverKey(use: Pick<ModuleUse, 'module' | 'version' | 'h1'>): string {
  return `${use.module}\0${use.version}\0${use.h1}`;
}

/** How a repository is known: by the forge's number, which survives renames, else by its path. */
export function repositoryKey(repository: { repository: string; repositoryId: string }): string {
  const { repositoryId, repository: path } = repository;
  return repositoryId === '' ? `path:${cleanKey(path)}` : `id:${cleanKey(repositoryId)}`;
}

/** Pure: the same facts come out the same. */
export function prepare(facts: BatchFacts): Prepared {
  const modules = new Map<string, ModuleUse>();
  for (const use of facts.modules) {
    const clean = cleanUse(use);
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
        iss: cleanKey(job.iss),
        ref: cleanText(job.ref, SHOWN),
        sha: cleanKey(job.sha),
        event: cleanText(job.event, SHOWN),
        actor: cleanText(job.actor, SHOWN),
        url: cleanText(job.url, SHOWN),
        change: cleanText(job.change, SHOWN),
      },
      inst: cleanKey(facts.inst),
      rawKey: cleanText(facts.rawKey, SHOWN),
      records: Math.min(facts.records, MOST),
      dropped: Math.min(facts.dropped, MOST),
    },
    repoKey: repositoryKey(job),
    path: cleanKey(job.repository),
    name: cleanKey(job.name),
    modules,
    denied: facts.denials.map(denial => cleanKey(denial.module)),
    assurance: Math.max(0, ASSURANCES.indexOf(facts.assurance)),
  };
}

/** The use itself where nothing is to be cleaned, as nearly always. */
function cleanUse(use: ModuleUse): ModuleUse {
  const module = cleanKey(use.module);
  const version = cleanKey(use.version);
  const h1 = cleanKey(use.h1);
  if (module === use.module && version === use.version && h1 === use.h1) return use;
  return { ...use, module, version, h1 };
}

function merge(a: ModuleUse, b: ModuleUse): ModuleUse {
  const { unasked: _, ...rest } = a;
  return {
    ...rest,
    ...(a.unasked === true && b.unasked === true ? { unasked: true } : {}),
    code: a.code || b.code,
    // The first time that the code came in, where it did; a look-up before it brought nothing.
    time: a.code === b.code ? Math.min(a.time, b.time) : a.code ? a.time : b.time,
  };
}
