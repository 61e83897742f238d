import type { ListedModule } from '../config/policy.ts';
import { foldCase } from '../gomod/case-fold.ts';
import { inRange, parseRange, type VersionRange } from '../gomod/version-range.ts';
import { PatternIndex } from './patterns.ts';
import { argument, plain, shown, shownModule } from './words.ts';

/** What a list says against a module; the texts of a judgement. */
export interface Refusal {
  /** An entry keeps it out, or a list of what is allowed does not have it. */
  readonly kind: 'denied' | 'absent';
  readonly message: string;
  readonly reason: string;
  readonly fix: string;
  readonly where: string;
}

/** Entries whose pattern matches, as it is written and with case left out of account. */
interface Matches {
  readonly same: readonly ListedModule[];
  readonly folded: readonly ListedModule[];
}

const NONE: Matches = { same: [], folded: [] };

/** Bound of the memory of matches by path. */
const MOST_KNOWN = 20_000;

/** One list of modules, compiled. */
export class ModuleLists {
  readonly #entries: readonly ListedModule[];
  readonly #same: PatternIndex<ListedModule>;
  #folded: PatternIndex<ListedModule> | undefined;
  readonly #known = new Map<string, Matches>();

  constructor(entries: readonly ListedModule[]) {
    this.#entries = entries;
    this.#same = new PatternIndex(entries.map(entry => [entry.pattern, entry] as const));
  }

  /** The refusal of an entry that denies the module; the most specific one gives the reason. */
  denial(path: string, version: string | undefined): Refusal | undefined {
    const { same, folded } = this.#matches(path);
    const entry = mostSpecific(same.filter(listed => covers(listed, version)));
    if (entry !== undefined) return deniedBy(entry, path, version, '');
    // Most forges know no case, so another spelling fetches the same code. Where an entry itself has capitals,
    // or names this spelling as the one to use, its author tells the spellings apart.
    const other = mostSpecific(
      folded.filter(
        listed => covers(listed, version) && listed.use !== path && !/[A-Z]/.test(listed.pattern),
      ),
    );
    return other === undefined ? undefined : deniedBy(other, path, version, ' but for case');
  }

  /** The refusal of an allow list that does not have the module; undefined when the list is empty. */
  absence(
    path: string,
    version: string | undefined,
    { list, name }: { readonly list: string; readonly name: string },
  ): Refusal | undefined {
    const first = this.#entries[0];
    if (first === undefined) return undefined;
    const { same, folded } = this.#matches(path);
    if (same.some(entry => version === undefined || covers(entry, version))) return undefined;
    const limited = mostSpecific(same);
    if (limited !== undefined) {
      return {
        kind: 'absent',
        message: `module ${shownModule(path, version)} is not of an allowed version`,
        reason: `${list} allows ${shown(limited.versions ?? '*', 80)} of ${shown(limited.pattern)} (${plain(limited.where)})${because(limited)}`,
        fix: `Choose a version of that range: go get ${argument(path)}@VERSION.`,
        where: limited.where,
      };
    }
    const spelled = mostSpecific(folded);
    if (spelled !== undefined) {
      return {
        kind: 'absent',
        message: `module ${shownModule(path, version)} is allowed only as ${shown(spelled.pattern)}`,
        reason: `paths are compared letter by letter (${plain(spelled.where)}): the same path in another case is another module`,
        fix: `Write the path as ${plain(spelled.where)} does.`,
        where: spelled.where,
      };
    }
    return {
      kind: 'absent',
      message: `module ${shownModule(path, version)} is not allowed`,
      reason: `${list} does not have it (${plain(first.where)})${this.#nearest(path)}`,
      fix: `Use a module that is allowed, or have ${plain(name)} allow this one under ${list}.`,
      where: first.where,
    };
  }

  #matches(path: string): Matches {
    if (this.#entries.length === 0) return NONE;
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const same = this.#same.matches(path);
    const folded = same.length > 0 ? [] : this.#foldedMatches(path);
    const matches = same.length + folded.length === 0 ? NONE : { same, folded };
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(path, matches);
    return matches;
  }

  #foldedMatches(path: string): readonly ListedModule[] {
    this.#folded ??= new PatternIndex(this.#entries.map(entry => [foldCase(entry.pattern), entry] as const));
    return this.#folded.matches(foldCase(path));
  }

  /** An entry that shares the most of the path, so that a reader sees where a new one belongs. */
  #nearest(path: string): string {
    let best: ListedModule | undefined;
    let most = path.indexOf('/');
    if (most < 0) return '';
    for (const entry of this.#entries.slice(0, 200)) {
      const shared = sharedPrefix(entry.pattern, path);
      if (shared > most) {
        most = shared;
        best = entry;
      }
    }
    return best === undefined ? '' : `; the nearest that it has is ${shown(best.pattern)}`;
  }
}

function sharedPrefix(a: string, b: string): number {
  const end = Math.min(a.length, b.length, 256);
  let at = 0;
  while (at < end && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at;
}

/** Whether an entry speaks of the version; of the module as a whole it does only without a range. */
function covers(entry: ListedModule, version: string | undefined): boolean {
  if (entry.versions === undefined || entry.versions === '*') return true;
  return version !== undefined && inRange(rangeOf(entry, entry.versions), version);
}

const ranges = new WeakMap<ListedModule, VersionRange>();

function rangeOf(entry: ListedModule, text: string): VersionRange {
  let range = ranges.get(entry);
  if (range === undefined) {
    const parsed = parseRange(text);
    // The configuration refuses malformed ranges; an empty one matches nothing.
    range = 'range' in parsed ? parsed.range : [];
    ranges.set(entry, range);
  }
  return range;
}

/** The entry with the most to tell: the longest pattern, then one with a reason. */
function mostSpecific(entries: readonly ListedModule[]): ListedModule | undefined {
  const weight = (entry: ListedModule) =>
    entry.pattern.length * 4 + (entry.versions === undefined ? 0 : 2) + (entry.reason === undefined ? 0 : 1);
  let best: ListedModule | undefined;
  for (const entry of entries) if (best === undefined || weight(entry) > weight(best)) best = entry;
  return best;
}

function because(entry: ListedModule): string {
  return entry.reason === undefined ? '' : `: ${plain(entry.reason)}`;
}

function deniedBy(entry: ListedModule, path: string, version: string | undefined, but: string): Refusal {
  const range =
    entry.versions === undefined || entry.versions === '*' ? '' : ` ${shown(entry.versions, 80)} of`;
  return {
    kind: 'denied',
    message: `module ${shownModule(path, version)} is denied`,
    reason: `modules.deny has${range} ${shown(entry.pattern)}${but} (${plain(entry.where)})${because(entry)}`,
    fix: fixOf(entry, path, range !== ''),
    where: entry.where,
  };
}

function fixOf(entry: ListedModule, path: string, someVersions: boolean): string {
  if (entry.use !== undefined) return `Use ${plain(entry.use, 150)} instead.`;
  const module = argument(path);
  if (someVersions) return `Choose a version outside that range: go get ${module}@latest.`;
  return `Do without it: go mod why -m ${module} tells what needs it, go get ${module}@none removes it.`;
}
