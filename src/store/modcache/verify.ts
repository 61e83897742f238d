import { opendir, realpath } from 'node:fs/promises';
import { asStoreError, errnoOf } from '../errors.ts';
import { ThreadPool } from '../thread-pool.ts';
import { questionsFor, type VersionSums } from './questions.ts';
import type { ModcachePart, ModcacheProblem, ModuleQuestion, WorkerReply } from './types.ts';
import type { WorkerSettings } from './worker.ts';

export type { VersionSums } from './questions.ts';
export type { ModcachePart, ModcacheProblem } from './types.ts';

/** What came of one version that go.sum names and the GOMODCACHE has. */
export interface ModuleVerdict {
  readonly module: string;
  readonly version: string;
  /** What was there and was compared. */
  readonly looked: readonly ModcachePart[];
  /** Empty when all of it is what go.sum says. */
  readonly problems: readonly ModcacheProblem[];
  /** Why it could not be looked at; undefined when it was. */
  readonly unread?: string;
}

export interface VerifyOptions {
  /** Threads that hash; default 1. */
  readonly threads?: number;
  /** Let everything else on the machine go first, where the system can; default false. */
  readonly background?: boolean;
  /** Ends that: somebody waits for the rest. */
  readonly hurry?: AbortSignal;
  /** Ends the verification between two versions. */
  readonly signal?: AbortSignal;
  /** Awaited before each version: a way to let others go first. */
  readonly pause?: () => Promise<void>;
  /** Told once, before the first verdict, how many versions will be looked at. */
  readonly onTotal?: (total: number) => void;
  /** A version that takes longer is given up, ms; default 5 minutes. */
  readonly timeoutMs?: number;
}

/**
 * Compares every version of a GOMODCACHE that go.sum names with go.sum: zip, `.ziphash`, unpacked directory and
 * .mod, in the order of `sums`. Yields a verdict for each that is there. What differs is looked at a second time
 * after all others, so that a go command which unpacks or cleans at that moment is not taken for damage. Reads
 * only; memory grows with the number of sums and not with the cache.
 *
 * Yields nothing for a directory that is not there. Throws StoreError when it cannot be read at all.
 *
 * @param dir the GOMODCACHE; it may be a link itself, below it none is followed
 */
export async function* verifyModcache(
  dir: string,
  sums: Iterable<VersionSums>,
  options: VerifyOptions = {},
): AsyncGenerator<ModuleVerdict> {
  const { threads = 1, background = false, hurry, signal, pause, onTotal } = options;
  const root = await resolved(dir);
  const questions = root === undefined ? [] : await questionsFor(root, sums, signal);
  onTotal?.(questions.length);
  if (questions.length === 0) return;
  const pools = new Map<'patient' | 'quick', Pool>();
  const poolOf = (kind: 'patient' | 'quick'): Pool => {
    const known = pools.get(kind) ?? createPool(options, { background: kind === 'patient' });
    pools.set(kind, known);
    return known;
  };
  const close = async () => void (await Promise.all([...pools.values()].map(one => one.close())));
  const onAbort = () => void close();
  // A thread that was made to wait for others stays so, and a busy machine would starve it.
  const onHurry = () => void pools.get('patient')?.close();
  signal?.addEventListener('abort', onAbort, { once: true });
  hurry?.addEventListener('abort', onHurry, { once: true });
  const look = async (question: ModuleQuestion): Promise<Looked> => {
    await pause?.();
    const kind = background && hurry?.aborted !== true ? 'patient' : 'quick';
    const verdict = await verdictOn(poolOf(kind), question);
    const abandoned = kind === 'patient' && verdict.unread !== undefined && hurry?.aborted === true;
    if (!abandoned || signal?.aborted === true) return { question, verdict };
    return { question, verdict: await verdictOn(poolOf('quick'), question) };
  };
  try {
    const doubted: Looked[] = [];
    for await (const looked of overlapping(questions, threads, look)) {
      if (signal?.aborted === true) break;
      if (looked.verdict.problems.length > 0) doubted.push(looked);
      else yield looked.verdict;
    }
    for await (const { verdict } of overlapping(doubted, threads, first => again(first, look, signal))) {
      yield verdict;
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    hurry?.removeEventListener('abort', onHurry);
    await close();
  }
}

type Pool = ThreadPool<ModuleQuestion, WorkerReply>;

function createPool(
  { threads = 1, timeoutMs = 5 * 60_000 }: VerifyOptions,
  workerData: WorkerSettings,
): Pool {
  return new ThreadPool({
    name: 'modcache',
    url: new URL('./worker.ts', import.meta.url),
    threads,
    timeoutMs,
    workerData,
    failed: (code, _, cause) => new Error(FAILURES[code], cause === undefined ? undefined : { cause }),
  });
}

interface Looked {
  readonly question: ModuleQuestion;
  readonly verdict: ModuleVerdict;
}

/** A second look; when there is no time for it, what the first one saw counts. */
async function again(
  first: Looked,
  look: (question: ModuleQuestion) => Promise<Looked>,
  signal: AbortSignal | undefined,
): Promise<Looked> {
  if (signal?.aborted === true) return first;
  const second = await look(first.question);
  return second.verdict.unread === undefined ? second : first;
}

const FAILURES = {
  crashed: 'the thread that read it died',
  timeout: 'reading it took too long',
  closed: 'the verification was ended',
} as const;

async function resolved(dir: string): Promise<string | undefined> {
  try {
    const root = await realpath(dir);
    await (await opendir(root)).close();
    return root;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw asStoreError(error, dir, 'read');
  }
}

/** Never rejects. */
async function verdictOn(pool: Pool, question: ModuleQuestion): Promise<ModuleVerdict> {
  const { path: module, version } = question;
  const unread = (why: string): ModuleVerdict => ({ module, version, looked: [], problems: [], unread: why });
  try {
    const reply = await pool.run(question).reply;
    if (!reply.ok) return unread(reply.why);
    const { looked, problems } = reply.answer;
    const failed = problems.find(({ what }) => what === 'unread');
    const known = problems.filter(({ what }) => what !== 'unread');
    return {
      module,
      version,
      looked,
      problems: known,
      ...(failed === undefined ? {} : { unread: `${failed.path} ${failed.detail}` }),
    };
  } catch (error) {
    return unread(error instanceof Error ? error.message : String(error));
  }
}

/** Does `width` things at a time, and gives their results in order. `work` must not reject. */
async function* overlapping<T, R>(
  items: Iterable<T>,
  width: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  for (const item of items) {
    running.push(work(item));
    if (running.length < width) continue;
    const first = await running.shift();
    if (first !== undefined) yield first;
  }
  for (const rest of running) yield await rest;
}
