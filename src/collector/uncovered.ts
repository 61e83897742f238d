import { CollectorError } from './errors.ts';
import { ForgeError } from './forges/errors.ts';
import type { Forge, ForgeRepository } from './forges/types.ts';
import { page, readCursor } from './index/cursor.ts';
import type { UncoveredQuestion } from './questions.ts';
import { survey } from './survey.ts';
import type { Index, Scope } from './types.ts';

/** A repository with Go code whose jobs tell nothing. */
export interface UncoveredRow {
  readonly repository: string;
  /** Address of the forge. */
  readonly forge: string;
  /** Page of the repository. */
  readonly url: string;
  /** The go.mod that was found, nearest to the root; null where the forge did not show all files. */
  readonly goMod: string | null;
  readonly fork: boolean;
  /** When its last record came; null for none ever. */
  readonly last: string | null;
}

export interface UncoveredAnswer {
  readonly uncovered: readonly UncoveredRow[];
  /** What was looked through for it. */
  readonly looked: {
    readonly owners: readonly string[];
    readonly repositories: number;
    /** Left out: nobody changes them, or there is nothing in them. */
    readonly archived: number;
    readonly empty: number;
    /** When the oldest of the lists of repositories was made. */
    readonly asOf: string;
  };
  readonly next: string | null;
}

export type AskUncovered = (question: UncoveredQuestion, scope: Scope) => Promise<UncoveredAnswer>;

export interface UncoveredParts {
  readonly forges: readonly Forge[];
  readonly index: Pick<Index, 'repositories'>;
  /** ms since 1970. */
  readonly now: () => number;
  /** Longest that one question waits while the forges are looked through, ms; they are looked through further then. */
  readonly patienceMs: number;
  readonly onProgress?: (text: string) => void;
}

/** One owner at one forge. */
interface Target {
  readonly forge: Forge;
  readonly owner: string;
}

interface Found {
  readonly rows: readonly UncoveredRow[];
  readonly repositories: number;
  readonly archived: number;
  readonly empty: number;
  readonly asOf: number;
}

/**
 * Answers which repositories of the owners of `serve.forges` have a go.mod and no record, or none since a time. Throws
 * CollectorError: `question` for an owner that is not configured or not known, `looking` while the forges are looked
 * through, `unreachable` for a forge that does not tell.
 */
export function uncoveredFrom(parts: UncoveredParts): AskUncovered {
  const surveys = new Map<string, ReturnType<typeof survey>>();
  const under = new Map<string, Promise<Found>>();

  const look = async (target: Target, since: number | undefined): Promise<Found> => {
    const key = `${target.owner} ${target.forge.url}`;
    // One at a time: the next one finds nearly everything there.
    for (let other = under.get(key); other !== undefined; other = under.get(key)) await other.catch(() => {});
    const one = surveys.get(key) ?? survey(target.forge, target.owner, parts);
    surveys.set(key, one);
    const working = lookThrough(target, one, since, parts).finally(() => under.delete(key));
    under.set(key, working);
    return await working;
  };

  return async ({ owner, since, limit, after }, scope) => {
    const cursor = readCursor(after, ['string', 'string']);
    const targets = targetsOf(parts.forges, owner, scope);
    const work = Promise.all(targets.map(target => look(target, since))).catch((error: unknown) => {
      throw asAnswer(error);
    });
    const found = await inTime(work, parts.patienceMs, () => {
      const told = targets.map(({ owner: of, forge }) => surveys.get(`${of} ${forge.url}`)?.progress() ?? of);
      return new CollectorError(
        'looking',
        `the forges are being looked through: ${told.join('; ')}; ask again`,
      );
    });
    const later = ({ repository, forge }: UncoveredRow): boolean =>
      cursor === undefined || compare([repository, forge], cursor as string[]) > 0;
    const rows = found
      .flatMap(one => one.rows)
      .toSorted((a, b) => compare([a.repository, a.forge], [b.repository, b.forge]))
      .filter(
        (row, at, all) => row.repository !== all[at - 1]?.repository || row.forge !== all[at - 1]?.forge,
      )
      .filter(later);
    const shown = page(rows, limit, row => [row.repository, row.forge]);
    const sum = (of: 'repositories' | 'archived' | 'empty') => found.reduce((all, one) => all + one[of], 0);
    return {
      uncovered: shown.rows,
      looked: {
        owners: targets.map(target => target.owner),
        repositories: sum('repositories'),
        archived: sum('archived'),
        empty: sum('empty'),
        asOf: new Date(Math.min(...found.map(one => one.asOf))).toISOString(),
      },
      next: shown.next,
    };
  };
}

/** Owners that are asked about: configured ones, and of these what the reader may see. */
function targetsOf(forges: readonly Forge[], owner: string | undefined, { owners }: Scope): Target[] {
  const wanted = owner?.toLowerCase();
  const may = owners?.map(one => one.toLowerCase());
  const visible = forges
    .flatMap(forge => forge.owners.map(name => ({ forge, owner: name.toLowerCase() })))
    .filter(
      one => may === undefined || may.some(name => one.owner === name || one.owner.startsWith(`${name}/`)),
    );
  const targets = visible.filter(one => wanted === undefined || one.owner === wanted);
  if (targets.length > 0) return targets;
  throw new CollectorError(
    'question',
    owner === undefined
      ? 'there is no forge whose repositories could be looked through: name one with its owners in serve.forges of the configuration'
      : `${owner} is no owner that may be looked through: name it in the owners of serve.forges of the configuration${visible.length === 0 ? '' : `; there are ${visible.map(one => one.owner).join(', ')}`}`,
  );
}

async function lookThrough(
  { forge }: Target,
  one: ReturnType<typeof survey>,
  since: number | undefined,
  { index }: UncoveredParts,
): Promise<Found> {
  const { repositories, asOf } = await one.repositories();
  const last = await lastRecords(forge, index);
  const lastOf = ({ id, path }: ForgeRepository): string | undefined =>
    last.get(`#${id}`) ?? last.get(path.toLowerCase());
  const alive = repositories.filter(({ archived, empty }) => !archived && !empty);
  // Whoever sent records is known to have Go code; only the others cost a question to the forge.
  const silent = alive.filter(repository => {
    const time = lastOf(repository);
    return time === undefined || (since !== undefined && Date.parse(time) < since);
  });
  const goMods = await one.goMods(silent);
  const rows = silent.flatMap((repository): UncoveredRow[] => {
    const found = goMods.get(repository.id) ?? { state: 'unknown' };
    if (found.state === 'none' || found.state === 'empty') return [];
    return [
      {
        repository: repository.path,
        forge: forge.url,
        url: repository.url,
        goMod: found.state === 'found' ? found.path : null,
        fork: repository.fork,
        last: lastOf(repository) ?? null,
      },
    ];
  });
  const archived = repositories.filter(repository => repository.archived).length;
  const empty = repositories.length - archived - alive.length;
  const turnedOut = silent.filter(({ id }) => goMods.get(id)?.state === 'empty').length;
  return { rows, repositories: repositories.length, archived, empty: empty + turnedOut, asOf };
}

/** When each repository of a forge last sent something, by `#number` and by path in lower case. */
async function lastRecords(forge: Forge, index: Pick<Index, 'repositories'>): Promise<Map<string, string>> {
  const last = new Map<string, string>();
  const note = (key: string, time: string): void => {
    const known = last.get(key);
    if (known === undefined || known < time) last.set(key, time);
  };
  for (let after: string | undefined; ; ) {
    const answer = await index.repositories({
      forge: forge.kind,
      limit: 1000,
      ...(after === undefined ? {} : { after }),
    });
    for (const { iss, repository, repositoryId, last: time } of answer.repositories) {
      if (iss !== forge.issuer) continue;
      // A number stays with its repository when that is renamed, and the path may be another's by then.
      if (repositoryId !== '') note(`#${repositoryId}`, time);
      else note(repository.toLowerCase(), time);
    }
    if (answer.next === null) return last;
    after = answer.next;
  }
}

/** A promise, or an error when it takes too long; it goes on all the same. */
async function inTime<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
  work.catch(() => {});
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = Number.isFinite(ms) ? setTimeout(() => reject(late()), ms) : undefined;
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function asAnswer(error: unknown): unknown {
  if (!(error instanceof ForgeError)) return error;
  const { code, message } = error;
  if (code === 'closing') return new CollectorError('closing', message);
  if (code === 'absent')
    return new CollectorError('question', `${message}; name an owner that the token may see`);
  const advice =
    code === 'token' || code === 'denied' ? 'see to its token in serve.forges' : 'ask again later';
  return new CollectorError('unreachable', `${message}; ${advice}`, { cause: error });
}

function compare(a: readonly string[], b: readonly string[]): number {
  for (const [at, text] of a.entries()) {
    const other = b[at] ?? '';
    if (text !== other) return text < other ? -1 : 1;
  }
  return 0;
}
