import {
  type BundledFile,
  type BundledVersion,
  type BundleManifest,
  type BundleRef,
  MAX_PARENTS,
  MAX_PAST,
  type PastBundle,
} from './manifest.ts';

/** What a job restored: the newest entry and its manifest, and what of it is not to be had. */
export interface RestoredBundle extends BundleRef {
  readonly manifest: BundleManifest;
  /** Bundles (by number, 0 the newest) that the service does not have any more, or that cannot be unpacked. */
  readonly lostBundles: readonly number[];
  /** Files that were refused, each as `fileName` has it. */
  readonly lostFiles: readonly string[];
}

export interface PlanInput {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What later jobs are to find, with digests. */
  readonly chosen: readonly BundledVersion[];
  readonly restored: RestoredBundle | undefined;
  /** Most bytes that all entries of modgate may take at the service. */
  readonly quota: number;
  /** Entries of other jobs, which no manifest that was read tells of. */
  readonly others?: readonly PastBundle[];
}

/** What to write. `bytes`: an upper bound of the new entry's size; `used`: what the other entries take beside it. */
export type SavePlan =
  | { readonly do: 'nothing' }
  | { readonly do: 'skip'; readonly used: number; readonly needs: number }
  | {
      readonly do: 'save';
      readonly manifest: BundleManifest;
      readonly bytes: number;
      readonly used: number;
      readonly files: number;
    };

const DAY_MS = 86_400_000;
/** A service forgets an entry that nobody read for seven days; one more for clocks and jobs under way. */
const FORGOTTEN_MS = 8 * DAY_MS;
/** An older manifest is written anew, small as it is, or the times of last use in it would stand still. */
const STALE_MS = 7 * DAY_MS;
/** With more parents than this everything is packed into one bundle again, if the quota has room for it. */
const EASY_PARENTS = 8;
/** Headers, index entries and the manifest, for each file: an upper bound. */
const OVERHEAD = 3_072;
/** Manifest, tiles and records of the checksum database. */
const FIXED = 4 * 1024 * 1024;

/** Name of one file of a version, as `lostFiles` has it. */
export function fileName(version: { path: string; version: string }, kind: string): string {
  return `${version.path}@${version.version}.${kind}`;
}

/**
 * Decides what a job writes to the shared cache. Nothing when the entries there have it all. Only the difference
 * when that is the smaller part: an entry cannot be changed, and the whole set again for each changed dependency
 * would fill the repository's quota in a week. Everything in one entry when there is none to build on, when the
 * parents became many, or when most of what they hold is of no use any more. Pure.
 */
export function planSave(input: PlanInput): SavePlan {
  const { now, chosen, restored } = input;
  const total = bytesOf(chosen.flatMap(version => version.files));
  if (restored === undefined) return fitting(input, [fullPlan(input)]);
  const where = placesOf(restored);
  const placed = chosen.map(version => ({
    ...version,
    files: version.files.map(file => ({ ...file, bundle: where(version, file) ?? 0 })),
  }));
  const fresh = placed.flatMap(version => version.files).filter(file => file.bundle === 0);
  const age = now - Date.parse(restored.manifest.created);
  if (fresh.length === 0 && age < STALE_MS) return { do: 'nothing' };

  const delta = deltaPlan(input, placed, restored, fresh);
  const full = fullPlan(input);
  const held = delta?.manifest.parents.reduce((sum, parent) => sum + parent.bytes, 0) ?? 0;
  const crowded = (delta?.manifest.parents.length ?? 0) > EASY_PARENTS;
  const better = bytesOf(fresh) > total / 2 || crowded || held > 2 * total + FIXED;
  const plans = better ? [full, delta] : [delta, full];
  const plan = fitting(
    input,
    plans.filter(p => p !== undefined),
  );
  // With everything there already, nothing is lost by not writing the times anew.
  return fresh.length === 0 && plan.do === 'skip' ? { do: 'nothing' } : plan;
}

interface Candidate {
  readonly manifest: BundleManifest;
  readonly bytes: number;
  readonly files: number;
}

function fullPlan({ now, chosen, restored, others = [] }: PlanInput): Candidate {
  const versions = chosen.map(v => ({ ...v, files: v.files.map(f => ({ ...f, bundle: 0 })) }));
  const gone = restored === undefined ? [] : [restored, ...restored.manifest.parents];
  const files = versions.flatMap(v => v.files);
  return candidate(now, [], [...others, ...pastOf(restored, gone, now)], versions, files);
}

/** Undefined when more entries would have to be named than one may name. */
function deltaPlan(
  { now, others = [] }: PlanInput,
  placed: readonly BundledVersion[],
  restored: RestoredBundle,
  fresh: readonly BundledFile[],
): Candidate | undefined {
  const bundles: readonly BundleRef[] = [restored, ...restored.manifest.parents];
  const lends = bundles.map((_, at) => placed.some(v => v.files.some(f => f.bundle === at + 1)));
  const parents = bundles.filter((_, at) => lends[at]);
  if (parents.length > MAX_PARENTS) return undefined;
  const renumbered = new Map<number, number>([[0, 0]]);
  for (const [at, bundle] of bundles.entries()) {
    if (lends[at]) renumbered.set(at + 1, parents.indexOf(bundle) + 1);
  }
  const versions = placed.map(v => ({
    ...v,
    files: v.files.map(f => ({ ...f, bundle: renumbered.get(f.bundle) ?? 0 })),
  }));
  const gone = bundles.filter((_, at) => !lends[at]);
  const past = [...others, ...pastOf(restored, gone, now)];
  return candidate(now, parents.map(refOf), past, versions, fresh);
}

function candidate(
  now: number,
  parents: readonly BundleRef[],
  past: readonly PastBundle[],
  versions: readonly BundledVersion[],
  files: readonly BundledFile[],
): Candidate {
  const manifest: BundleManifest = { v: 2, created: new Date(now).toISOString(), parents, past, versions };
  const rows = versions.reduce((sum, v) => sum + v.files.length, 0);
  return {
    manifest,
    bytes: bytesOf(files) + files.length * OVERHEAD + rows * 200 + FIXED,
    files: files.length,
  };
}

/** The first candidate that leaves all entries together within the quota. */
function fitting({ quota }: PlanInput, candidates: readonly Candidate[]): SavePlan {
  let least: { used: number; needs: number } | undefined;
  for (const { manifest, bytes, files } of candidates) {
    const used = [...manifest.parents, ...manifest.past].reduce((sum, entry) => sum + entry.bytes, 0);
    // What a manifest has no room for could not be counted by the next job.
    if (used + bytes <= quota && manifest.past.length <= MAX_PAST)
      return { do: 'save', manifest, bytes, used, files };
    if (least === undefined || bytes < least.needs) least = { used, needs: bytes };
  }
  return { do: 'skip', ...(least ?? { used: 0, needs: 0 }) };
}

/** Where the restored entries have a file with these very bytes: 1 the newest, n + 1 its nth parent. */
function placesOf(restored: RestoredBundle): (v: BundledVersion, file: BundledFile) => number | undefined {
  const lost = new Set(restored.lostFiles);
  const places = new Map<string, { sha256: string; bundle: number }>();
  for (const version of restored.manifest.versions) {
    for (const { kind, sha256, bundle } of version.files) {
      const name = fileName(version, kind);
      if (lost.has(name) || restored.lostBundles.includes(bundle)) continue;
      places.set(name, { sha256, bundle: bundle + 1 });
    }
  }
  return (version, file) => {
    const place = places.get(fileName(version, file.kind));
    return place?.sha256 === file.sha256 ? place.bundle : undefined;
  };
}

/** Entries that may still be at the service though nobody needs them. */
function pastOf(
  restored: RestoredBundle | undefined,
  gone: readonly BundleRef[],
  now: number,
): readonly PastBundle[] {
  const before = (restored?.manifest.past ?? []).filter(entry => entry.until > now - FORGOTTEN_MS);
  return [...before, ...gone.map(entry => ({ ...refOf(entry), until: now }))];
}

function refOf({ key, bytes }: BundleRef): BundleRef {
  return { key, bytes };
}

/** What files take in a bundle at most. */
function bytesOf(files: readonly BundledFile[]): number {
  return files.reduce((sum, file) => sum + (file.packed ?? file.size), 0);
}
