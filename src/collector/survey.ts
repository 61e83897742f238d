import { CollectorError } from './errors.ts';
import { ForgeError } from './forges/errors.ts';
import type { Forge, ForgeRepository, GoModAnswer } from './forges/types.ts';

interface SurveyParts {
  /** ms since 1970. */
  readonly now: () => number;
  readonly onProgress?: (text: string) => void;
}

/** What is known of the repositories of one owner; it is asked of the forge when it is wanted, and kept. */
export interface Survey {
  repositories(): Promise<{ readonly repositories: readonly ForgeRepository[]; readonly asOf: number }>;
  /** By number of the repository. */
  goMods(of: readonly ForgeRepository[]): Promise<ReadonlyMap<string, GoModAnswer>>;
  /** How far it is, for people. */
  progress(): string;
}

/** How long a list of repositories counts, ms. */
const FRESH_MS = 60 * 60_000;
/** More than any owner has; a forge that pages without an end is none. */
const MAX_REPOSITORIES = 100_000;
const LANES = 2;

/** All of it throws ForgeError. Whether a repository has a go.mod is asked once for each state of its code. */
export function survey(forge: Forge, owner: string, { now, onProgress }: SurveyParts): Survey {
  let list: { readonly repositories: readonly ForgeRepository[]; readonly asOf: number } | undefined;
  let known = new Map<string, { readonly stamp: string; readonly answer: GoModAnswer }>();
  let words = owner;

  const tell = (text: string): void => {
    const until = forge.pausedUntil();
    const pause = until === 0 ? '' : `, ${forge.url} wants a pause until ${new Date(until).toISOString()}`;
    words = `${owner}: ${text}${pause}`;
    onProgress?.(words);
  };

  return {
    async repositories() {
      if (list !== undefined && now() - list.asOf < FRESH_MS) return list;
      const asOf = now();
      const repositories = new Map<string, ForgeRepository>();
      tell('listing repositories');
      for await (const page of forge.repositoriesOf(owner)) {
        for (const repository of page) repositories.set(repository.id, repository);
        tell(`${repositories.size} repositories listed`);
        if (repositories.size > MAX_REPOSITORIES) {
          throw new CollectorError(
            'question',
            `${owner} at ${forge.url} has more than ${MAX_REPOSITORIES} repositories; name smaller groups in serve.forges`,
          );
        }
      }
      list = { repositories: [...repositories.values()], asOf };
      known = new Map([...known].filter(([id]) => repositories.has(id)));
      return list;
    },

    async goMods(of) {
      const wanted = of.filter(({ id, stamp }) => known.get(id)?.stamp !== stamp);
      const left = wanted.values();
      let done = 0;
      let failed: { readonly error: unknown } | undefined;
      const lane = async (): Promise<void> => {
        for (const repository of left) {
          if (failed !== undefined) return;
          tell(`looked for go.mod in ${done} of ${wanted.length} repositories`);
          try {
            const answer = await goModOf(forge, repository);
            if (answer !== undefined) known.set(repository.id, { stamp: repository.stamp, answer });
          } catch (error) {
            failed ??= { error };
          }
          done++;
        }
      };
      await Promise.all(Array.from({ length: LANES }, lane));
      if (failed !== undefined) throw failed.error;
      return new Map(
        of.flatMap(({ id }) => {
          const answer = known.get(id)?.answer;
          return answer === undefined ? [] : [[id, answer] as const];
        }),
      );
    },

    progress: () => words,
  };
}

/** Undefined for one repository that cannot be looked into now; it is asked about again next time. */
async function goModOf(forge: Forge, repository: ForgeRepository): Promise<GoModAnswer | undefined> {
  try {
    return await forge.goModOf(repository);
  } catch (error) {
    if (error instanceof ForgeError && ['denied', 'absent', 'failed'].includes(error.code)) return undefined;
    throw error;
  }
}
