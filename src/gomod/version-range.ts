import { compareVersions, isValid } from './version.ts';

/**
 * Ranges of versions in a policy: `<v1.2.3`, `>=v1.2.0 <v1.5.0`, `v1.2.3 || v1.2.4`, `*`. Comparators apart by
 * space must all hold, alternatives apart by `||` hold each for itself. Bounds are exact and versions are ordered
 * as Go orders them: a pre-release or pseudo-version comes before its release, build metadata does not count.
 */

type Operator = '=' | '<' | '<=' | '>' | '>=';

interface Comparator {
  readonly operator: Operator;
  readonly version: string;
}

/** Alternatives of comparators that must all hold; an alternative without comparators is `*`. */
export type VersionRange = readonly (readonly Comparator[])[];

/** Longest range that is read; no range that a person writes comes near. */
const MAX_LENGTH = 2_048;

const HELP = 'write something like <v1.2.3, >=v1.2.0 <v1.5.0, v1.2.3 || v1.2.4, or *';

/** The range that a text means, or in words why it is none; the words follow the text as a sentence would. */
export function parseRange(text: string): { readonly range: VersionRange } | { readonly problem: string } {
  if (text.length > MAX_LENGTH) return { problem: `is longer than ${MAX_LENGTH} characters` };
  const range: Comparator[][] = [];
  for (const part of text.split('||')) {
    const alternative = parseAlternative(part.trim());
    if (typeof alternative === 'string') return { problem: alternative };
    range.push(alternative);
  }
  return { range };
}

function parseAlternative(text: string): Comparator[] | string {
  if (text === '') return `has an empty part; ${HELP}`;
  if (text === '*') return [];
  const comparators: Comparator[] = [];
  // A space behind the operator is how many people write it.
  for (const word of text.replaceAll(/([<>=])[ \t]+/g, '$1').split(/[ \t]+/)) {
    const comparator = parseComparator(word);
    if (typeof comparator === 'string') return comparator;
    comparators.push(comparator);
  }
  return contradiction(comparators) ?? comparators;
}

function parseComparator(word: string): Comparator | string {
  const [, sign = '', version = ''] = /^(<=|>=|<|>|=)?(.*)$/s.exec(word) ?? [];
  if (word.includes(',')) return `has a comma; put a space between bounds that must both hold; ${HELP}`;
  if (/^[~^]/.test(word) || /\.[xX*]$/.test(version)) {
    return 'has a short form that Go does not know; write both bounds, like >=v1.2.0 <v1.3.0';
  }
  if (/^[0-9]/.test(version)) return 'lacks the v that Go versions start with; write v1.2.3';
  if (!isValid(version)) return `is not a range of versions; ${HELP}`;
  const operator = (sign === '' ? '=' : sign) as Operator;
  const whole = /^v\d+\.\d+\.\d/.test(version);
  if (!whole && operator !== '<' && operator !== '>=') {
    return 'leaves open which versions a short one stands for; write all three numbers, like v1.2.0, or >=v1.2 <v1.3';
  }
  return { operator, version };
}

/** Why no version can satisfy all comparators; such a rule would silently never apply. */
function contradiction(comparators: readonly Comparator[]): string | undefined {
  for (const low of comparators) {
    if (low.operator.startsWith('<')) continue;
    for (const high of comparators) {
      if (high.operator.startsWith('>')) continue;
      const order = compareVersions(low.version, high.version);
      const both = !/^[<>]$/.test(low.operator) && !/^[<>]$/.test(high.operator);
      if (order > 0 || (order === 0 && !both)) return 'fits no version at all; check its bounds';
    }
  }
  return undefined;
}

/** Whether a version lies in a range. What is no version (a branch, a commit) lies in `*` only. */
export function inRange(range: VersionRange, version: string): boolean {
  const known = isValid(version);
  return range.some(
    comparators => comparators.length === 0 || (known && comparators.every(one => holds(one, version))),
  );
}

function holds({ operator, version: bound }: Comparator, version: string): boolean {
  const order = compareVersions(version, bound);
  switch (operator) {
    case '=':
      return order === 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

/**
 * `inRange` for a text that was checked before; a malformed one matches nothing. Where many versions are asked
 * about, parse once instead.
 */
export function matchesRange(range: string, version: string): boolean {
  const parsed = parseRange(range);
  return 'range' in parsed && inRange(parsed.range, version);
}
