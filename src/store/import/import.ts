import { Lanes } from '../verify/lanes.ts';
import { type ArchivePlaces, walkArchive } from './archive.ts';
import { walkAthens } from './athens.ts';
import { Taker } from './take.ts';
import { Tally } from './tally.ts';
import { type Beside, walkModcache, walkTree } from './tree.ts';
import type { ImportOptions, ImportReport, ImportStore, Offer, Source, SourceKind } from './types.ts';

const AT_ONCE = 8;
const ZIPS_AT_ONCE = 2;
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
  const { atOnce = AT_ONCE, zipsAtOnce = ZIPS_AT_ONCE, signal } = options;
  // What waits from an archive takes up the store's disk.
  const lanes = new Lanes(source.kind === 'archive' ? Math.min(atOnce, zipsAtOnce + 1) : atOnce);
  const stopped = () => signal?.aborted === true;
  const archive: ArchivePlaces = {
    ...(options.scratch === undefined ? {} : { scratch: options.scratch }),
    ...(options.manifest === undefined ? {} : { manifest: options.manifest }),
    ...(signal === undefined ? {} : { signal }),
    tempFile: options.dryRun === true || store === undefined ? undefined : () => store.tempFile(),
    needs: (mv, kind) => taker.needs(mv, kind),
  };
  try {
    for await (const offer of offersOf(source, besideFor(tally), archive)) {
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

function offersOf({ kind, root }: Source, beside: Beside, archive: ArchivePlaces): AsyncGenerator<Offer> {
  return kind === 'archive' ? walkArchive(root, beside, archive) : WALKS[kind](root, beside);
}

type Walk = (root: string, beside: Beside) => AsyncGenerator<Offer>;

const WALKS: Readonly<Record<Exclude<SourceKind, 'archive'>, Walk>> = {
  gomodcache: walkModcache,
  athens: walkAthens,
  goproxy: walkTree,
  tree: walkTree,
};

function besideFor(tally: Tally): Beside {
  return {
    onForeign: (path, what) => tally.find({ refusal: 'foreign', path, what }),
    onLeftOver: (path, what) => tally.find({ refusal: 'not-whole', path, what }),
    onPassed: () => {
      tally.passedOver += 1;
    },
    onDamaged: (path, what) => tally.find({ refusal: 'damaged', path, what }),
    onUnreadable: (path, { message }) => tally.find({ refusal: 'unreadable', path, what: message }),
  };
}
