import type { Prefetcher, PrefetchItem, PrefetchStats } from './prefetch.ts';

/** Several queues of what is fetched ahead, as one. */
export interface PrefetchLanes {
  readonly stats: PrefetchStats;
  add(items: Iterable<PrefetchItem>): void;
  stop(): void;
}

/**
 * What version control delivers takes long and is fetched a few at a time: with a queue of its own it keeps nothing
 * waiting that a proxy has. Only what is compiled is fetched ahead from there: each go.mod of the rest of a module graph
 * would cost a child and a question to the forge, and most builds do not look at them.
 */
export function prefetchLanes(
  proxies: Prefetcher,
  versionControl: Prefetcher,
  isVersionControl: (module: string) => boolean,
): PrefetchLanes {
  return {
    get stats() {
      const [a, b] = [proxies.stats, versionControl.stats];
      return {
        ready: a.ready + b.ready,
        refused: a.refused + b.refused,
        failed: a.failed + b.failed,
        waiting: a.waiting + b.waiting,
      };
    },
    add: items => {
      const { direct = [], others = [] } = Object.groupBy(items, item =>
        isVersionControl(item.path) ? 'direct' : 'others',
      );
      const compiled = new Set(direct.filter(({ kind }) => kind === 'zip').map(nameOf));
      versionControl.add(direct.filter(item => compiled.has(nameOf(item))));
      proxies.add(others);
    },
    stop: () => {
      proxies.stop();
      versionControl.stop();
    },
  };
}

function nameOf({ path, version }: PrefetchItem): string {
  return `${path}@${version}`;
}
