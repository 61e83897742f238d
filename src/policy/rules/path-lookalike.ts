import { foldCase } from '../../gomod/case-fold.ts';
import { oneEditApart, shortened, skeleton } from '../look-alike.ts';
import { ownedPath } from '../module-owner.ts';
import { type PathRole, pathsOfMod, pathsOfWork } from '../named-paths.ts';
import { textsOption } from '../options.ts';
import { placeOf } from '../place.ts';
import type { Rule } from '../rule.ts';
import type { ModFile, Tree, WorkFile } from '../tree.ts';
import { argument, shown } from '../words.ts';

/** New module paths that a reader takes for one which is in use. */
export const pathLookalike: Rule = {
  id: 'path/lookalike',
  page: {
    summary: 'A new module path looks like one that the repository already uses, but is another owner’s.',
    why:
      'Whoever registers a name that is one slip of the finger away waits for that slip. In a diff the eye reads ' +
      'the name it expects.',
    limits:
      'Only paths that the base does not name are looked at, so nothing is reported without a base. Host or owner ' +
      'must be nearly the same (one letter, two neighbours swapped, hyphen, dot, doubled letter, go- or -go, 0 for o, ' +
      'rn for m) and all that follows the very same: a fork under another name is no look-alike, and neither is ' +
      'anything of the same owner.',
    config: 'rules:\n  path/lookalike:\n    level: error\n    known: [github.com/sirupsen/logrus]',
    bad: {
      file: 'go.mod',
      text: 'module example.com/shop\n\nrequire (\n\tgithub.com/acme/cart v1.2.0\n\tgithub.com/acrne/cart v1.2.1\n)\n',
    },
    good: { file: 'go.mod', text: 'module example.com/shop\n\nrequire github.com/acme/cart v1.2.0\n' },
  },
  check: function* ({ tree, base, options }) {
    if (base === undefined) return;
    const used = new Set(pathsOf(base).map(named => named.path.value));
    const known = new KnownPaths();
    for (const path of used) known.add(path, 'which this repository already uses');
    for (const path of textsOption(options, 'known')) known.add(path, 'which the policy names as known');
    const answers = new Map<string, KnownPath | undefined>();
    for (const { file, role, path, module } of pathsOf(tree)) {
      if (used.has(path.value) || !FETCHED.has(role)) continue;
      if (!answers.has(path.value)) answers.set(path.value, known.like(path.value));
      const like = answers.get(path.value);
      if (like === undefined) continue;
      yield {
        place: placeOf(file, path.span),
        module,
        message: `new ${shown(path.value)} looks like ${shown(like.path)}, ${like.from}`,
        why: 'They have different owners. Names that are one slip away from a known one are registered for that slip.',
        fix: `If ${shown(like.path)} was meant: go get ${argument(like.path)} and take the new line out. If not, say so in the change and have the policy name it as known.`,
        key: `${role} ${path.value}`,
      };
    }
  },
};

/** What code comes in by; the left side of a replace is what it keeps out. */
const FETCHED: ReadonlySet<PathRole> = new Set(['require', 'replacement', 'tool']);

function pathsOf({ mods, works }: Tree) {
  return [
    ...mods.flatMap((file: ModFile) => [...pathsOfMod(file)].map(named => ({ ...named, file: file.path }))),
    ...works.flatMap((file: WorkFile) =>
      [...pathsOfWork(file)].map(named => ({ ...named, file: file.path })),
    ),
  ];
}

/** A part of a path in which it may differ from another one, with all else that must be the same. */
interface Facet {
  readonly name: string;
  readonly same: string;
  /** What the eye sees of the name. */
  readonly eye: string;
}

function facet(name: string, same: string): Facet {
  return { name, same, eye: skeleton(name) };
}

/** The host, and on a forge the owner. */
function facetsOf(path: string): readonly Facet[] {
  const { host, owner, rest } = ownedPath(path);
  if (host === owner) return [facet(host, rest)];
  return [facet(host, `/${owner}${rest}`), facet(owner, `${host} ${rest}`)];
}

interface KnownPath {
  readonly path: string;
  readonly facets: readonly Facet[];
  /** Where it is known from, to follow a comma. */
  readonly from: string;
}

/** Deleted letters of short names leave nothing to recognise. */
const SHORTEST_NAME = 4;

/** Bounds what one hostile name can cost; real names have two or three. */
const MAX_NEIGHBOURS = 64;

class KnownPaths {
  readonly #near = new Map<string, KnownPath[]>();

  add(path: string, from: string): void {
    const known = { path, facets: facetsOf(path), from };
    for (const key of keysOf(known.facets)) {
      const list = this.#near.get(key);
      if (list === undefined) this.#near.set(key, [known]);
      else if (list.length < MAX_NEIGHBOURS) list.push(known);
    }
  }

  /** A known path of another owner that the path is taken for. */
  like(path: string): KnownPath | undefined {
    const facets = facetsOf(path);
    for (const key of keysOf(facets)) {
      const found = this.#near.get(key)?.find(known => isTakenFor(facets, known.facets));
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** Keys of which two look-alikes share one: what the eye sees, the name, and the name short of one letter. */
function* keysOf(facets: readonly Facet[]): Generator<string> {
  for (const { name, same, eye } of facets) {
    yield `eye ${eye} ${same}`;
    yield `edit ${name} ${same}`;
    for (const short of shortened(name)) yield `edit ${short} ${same}`;
  }
}

function isTakenFor(facets: readonly Facet[], others: readonly Facet[]): boolean {
  return facets.some(({ name, same, eye }, i) => {
    const other = others[i];
    // Forges do not tell upper from lower case in an owner: path/case-collision does.
    if (other === undefined || other.same !== same || foldCase(other.name) === foldCase(name)) return false;
    const long = Math.min(name.length, other.name.length) >= SHORTEST_NAME;
    return (eye !== '' && eye === other.eye) || (long && oneEditApart(name, other.name));
  });
}
