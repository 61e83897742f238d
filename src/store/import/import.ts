import { Lanes } from '../verify/lanes.ts';
import { walkAthens } from './athens.ts';
import { Taker } from './take.ts';
import { Tally } from './tally.ts';
import { type Beside, walkModcache, walkTree } from './tree.ts';
import type { ImportOptions, ImportReport, ImportStore, Offer, Source, SourceKind } from './types.ts';

const AT_ONCE = 8;
const MAX_FINDINGS = 1000;

/**
 * Takes over the modules of a directory that anybody may have written, while others may write to it: of each file what
 * is vouched for is copied, and the copy is hashed. Everything else is told of, with the reason. Memory does not grow
 * with the number of files. An import that was ended leaves whole versions only; the next one goes on.
 *
 * @param store undefined for a dry run on one that is not there
 * Throws StoreError when the store fails.
 */
export async function importFrom(
  source: Source,
  store: ImportStore | undefined,
  options: ImportOptions,
): Promise<ImportReport> {
  const tally = new Tally(options.maxFindings ?? MAX_FINDINGS);
  const taker = new Taker(store, options);
  const lanes = new Lanes(options.atOnce ?? AT_ONCE);
  const stopped = () => options.signal?.aborted === true;
  try {
    for await (const offer of WALKS[source.kind](source.root, besideFor(tally))) {
      if (stopped()) break;
      await lanes.run(async () => {
        tally.add(await taker.take(offer));
        options.onProgress?.(tally.progress);
      });
    }
  } finally {
    await lanes.end();
    if (options.dryRun !== true) await store?.flush();
  }
  return tally.report(stopped());
}

type Walk = (root: string, beside: Beside) => AsyncGenerator<Offer>;

const WALKS: Readonly<Record<Exclude<SourceKind, 'archive'>, Walk>> & { readonly archive: Walk } = {
  gomodcache: walkModcache,
  athens: walkAthens,
  goproxy: walkTree,
  tree: walkTree,
  archive: walkTree,
};

function besideFor(tally: Tally): Beside {
  return {
    onForeign: (path, what) => tally.find({ refusal: 'foreign', path, what }),
    onLeftOver: (path, what) => tally.find({ refusal: 'not-whole', path, what }),
    onPassed: () => {
      tally.passedOver += 1;
    },
    onUnreadable: (path, { message }) => tally.find({ refusal: 'unreadable', path, what: message }),
  };
}
