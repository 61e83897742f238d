import type { HashLine } from '../../gomod/dirhash.ts';

/** How files of an unpacked module differ from those of its zip. Names are without `<module>@<version>/`. */
export interface TreeDifference {
  readonly changed: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Compares by name and digest. Directories that a zip names are nothing that is unpacked as a file. */
export function compareTrees(
  prefix: string,
  zip: readonly HashLine[],
  tree: readonly HashLine[],
): TreeDifference {
  const short = (name: string) => name.slice(prefix.length + 1);
  const left = new Map(
    zip.filter(({ name }) => !name.endsWith('/')).map(line => [line.name, line.sha256hex]),
  );
  const changed: string[] = [];
  const added: string[] = [];
  for (const { name, sha256hex } of tree) {
    const expected = left.get(name);
    left.delete(name);
    if (expected === undefined) added.push(short(name));
    else if (expected !== sha256hex) changed.push(short(name));
  }
  return { changed: changed.sort(), added: added.sort(), removed: [...left.keys()].map(short).sort() };
}

/** Names that are told of each kind. */
const SHOWN = 3;

/** `uuid.go and 2 more changed; evil.go added`; empty when nothing differs. */
export function differenceInWords({ changed, added, removed }: TreeDifference): string {
  const some = (names: readonly string[], verb: string) => {
    if (names.length === 0) return [];
    const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
    return [`${names.slice(0, SHOWN).map(shownName).join(', ')}${more} ${verb}`];
  };
  return [...some(changed, 'changed'), ...some(added, 'added'), ...some(removed, 'removed')].join('; ');
}

/** A name of a file for a message: one line of printable ASCII, and short. */
export function shownName(name: string): string {
  return shown(name, 120);
}

/** Text of a file system or of a file for a message: one line of printable ASCII. */
export function shownText(text: string): string {
  return shown(text, 600);
}

function shown(text: string, length: number): string {
  const cut = text.length > length ? `${text.slice(0, length)}...` : text;
  return cut.replaceAll(/[^\x20-\x7e]/g, '?');
}
