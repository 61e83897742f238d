import { type SumEntry, SumTable } from '../../gomod/sum.ts';
import type { Found } from '../finding.ts';
import { textLines } from '../lines.ts';
import type { Rule } from '../rule.ts';
import type { SumFile, Tree } from '../tree.ts';
import { argument, shownModule } from '../words.ts';

/** A hash of go.sum that is another one than before, or than the one beside it. */
export const sumChanged: Rule = {
  id: 'sum/changed',
  page: {
    summary: 'go.sum has another hash than the base for the same version, or two hashes for one file.',
    why:
      'A version never changes, so its hash does not either. Another hash means that a tag was moved, that an ' +
      'upstream or cache delivered something else, or that somebody wants other code to pass under the old ' +
      'number. go never compares lines that are there with the checksum database, so a line that is changed or put ' +
      'in front of another one is believed by every build after it.',
    limits:
      'New versions, removed lines and lines that move to another go.sum are fine. Without a base only two ' +
      'hashes for one file can be seen. The level cannot be changed; a waiver needs two owners. A session reports under ' +
      'this rule, too, that a module which no checksum database knows is not what it was when it was first seen; that is ' +
      'accepted by `modgate cache forget` (docs/closed-networks.md), and by no waiver.',
    config:
      'waivers:\n  - rule: sum/changed\n    module: example.com/cart\n    owners: [alex, robin]\n' +
      '    reason: the author moved the tag v1.2.0 before anybody used it, see ticket 4711\n    expires: 2026-12-31',
    bad: {
      file: 'go.sum',
      text: 'example.com/cart v1.2.0 h1:a4dqKxrKcJB2c7lZfRrKnQ0Kc0m8m8WqXnbdzIK6t3E=\n',
    },
    good: {
      file: 'go.sum',
      text: 'example.com/cart v1.2.0 h1:ybTnKZhrAWPfOmHUmZNNXqQyhX9L6FzzcTqTYh3MUyA=\n',
    },
  },
  check: function* ({ tree, base }) {
    const before = base === undefined ? undefined : hashesOf(base);
    for (const file of tree.sums) yield* changesOf(file, before);
  },
};

/** The hashes that the base had for a file of a version: those of the same go.sum, else of any. */
type Before = (path: string, entry: SumEntry) => readonly string[];

function hashesOf(base: Tree): Before {
  const all = new SumTable();
  const byFile = new Map<string, SumTable>();
  for (const { path, sum } of base.sums) {
    const own = new SumTable();
    own.add(sum.entries);
    all.add(sum.entries);
    byFile.set(path, own);
  }
  return (path, { module, version, file }) => {
    const own = byFile.get(path)?.hashes(module, version, file) ?? [];
    return own.length > 0 ? own : all.hashes(module, version, file);
  };
}

function* changesOf({ path, bytes, sum }: SumFile, before: Before | undefined): Generator<Found> {
  const line = textLines(bytes);
  const seen = new Map<string, { readonly entry: SumEntry; reported: boolean }>();
  for (const entry of sum.entries) {
    const key = `${entry.module} ${entry.version} ${entry.file}`;
    const known = before?.(path, entry) ?? [];
    const first = seen.get(key);
    const changed = known.length > 0 && !known.includes(entry.h1);
    const second = first !== undefined && first.entry.h1 !== entry.h1 && !first.reported;
    if (first === undefined) seen.set(key, { entry, reported: changed });
    else if (changed || second) first.reported = true;
    if (changed) yield changedFrom(known, entry, path, line(entry.line));
    else if (second) yield twoHashes(first.entry, entry, path, line(entry.line));
  }
}

function what({ module, version, file }: SumEntry): string {
  return `${file === 'mod' ? 'the go.mod' : 'the code'} of ${shownModule(module, version)}`;
}

function placed(entry: SumEntry, path: string, text: string): Pick<Found, 'place' | 'module' | 'version'> {
  const at = text.indexOf(entry.h1);
  const column = Math.max(0, at) + 1;
  const endColumn = column + (at < 0 ? 1 : entry.h1.length);
  return {
    place: { file: path, line: entry.line, column, endLine: entry.line, endColumn },
    module: entry.module,
    version: entry.version,
  };
}

/** Never «go mod tidy»: it would only write down what the mirror delivers now. */
function fixFor({ module, version }: SumEntry, restore: string): string {
  const ask = `GOFLAGS=-modcacherw GOMODCACHE=$(mktemp -d) go mod download -json ${argument(`${module}@${version}`)}`;
  return (
    `${restore} To see which hash the checksum database vouches for, run outside the repository: ${ask}. ` +
    'If the author has moved the tag, take a new version instead.'
  );
}

function changedFrom(known: readonly string[], entry: SumEntry, path: string, text: string): Found {
  const was = known.length === 1 ? known[0] : `${known[0]} (and ${known.length - 1} more)`;
  return {
    ...placed(entry, path, text),
    message: `the hash of ${what(entry)} was ${was} and is now ${entry.h1}`,
    why:
      'A version never changes, so its hash does not either: a tag was moved, a mirror delivered something else, ' +
      'or other code is to pass under the old number. go believes the line as it stands.',
    fix: fixFor(entry, `Restore the line of the base: git checkout BASE -- ${argument(path)}.`),
    key: `${entry.version} ${entry.file} ${entry.h1}`,
  };
}

function twoHashes(first: SumEntry, entry: SumEntry, path: string, text: string): Found {
  return {
    ...placed(entry, path, text),
    message: `two hashes for ${what(entry)}: ${first.h1} in line ${first.line} and ${entry.h1}`,
    why: 'go believes the first line that it reads for a file, so one of the two lets other code pass for this version.',
    fix: fixFor(entry, 'Find out which of the two is right and take the other line out.'),
    key: `${entry.version} ${entry.file} ${[first.h1, entry.h1].sort().join(' ')}`,
  };
}
