import { compareGoVersions, goLanguage, goVersionOfToolchain, isGoLanguage } from './go-version.ts';

/**
 * Sets of Go versions as a policy writes them: `go1.26.3`, `go1.26.*`, `>=go1.25`, `>=go1.25 <go1.27`, and
 * alternatives with `||`. The `go` in front may be left out.
 */

type Test = (version: string) => boolean;

interface Term {
  readonly test: Test;
  /** `-acme` of `go1.26.3-acme`: a toolchain of somebody else's, which only its own name admits. */
  readonly suffix: string;
}

const TERM = /^(<=|>=|<|>|=)?(?:go)?([0-9][0-9a-z.]*?)(\.\*)?(-[\w.+-]+)?$/;

const COMPARE: Readonly<Record<string, (order: number) => boolean>> = {
  '<': order => order < 0,
  '<=': order => order <= 0,
  '>': order => order > 0,
  '>=': order => order >= 0,
  '=': order => order === 0,
};

function readTerm(text: string): Term | undefined {
  const m = TERM.exec(text);
  if (m === null) return undefined;
  const [, operator, wanted = '', star, suffix = ''] = m;
  if (goVersionOfToolchain(`go${wanted}`) === '') return undefined;
  if (star !== undefined) {
    if (operator !== undefined || (goLanguage(wanted) !== wanted && wanted !== '1')) return undefined;
    const any = wanted === '1' ? (version: string) => /^1(?:\.|$)/.test(version) : undefined;
    return { test: any ?? (version => goLanguage(version) === wanted), suffix };
  }
  const holds = COMPARE[operator ?? '='];
  if (holds === undefined) return undefined;
  // «Up to 1.26» means the releases of 1.26, too: they all speak that language.
  const language = operator === '<=' || operator === '>' ? isGoLanguage(wanted) : false;
  return {
    test: version => {
      const same = language && goLanguage(version) === wanted;
      return same ? operator === '<=' : holds(compareGoVersions(version, wanted));
    },
    suffix,
  };
}

function readRange(range: string): Term[][] | undefined {
  const alternatives: Term[][] = [];
  for (const alternative of range.split('||')) {
    const terms: Term[] = [];
    for (const word of alternative.trim().split(/\s+/)) {
      const term = readTerm(word);
      if (term === undefined) return undefined;
      terms.push(term);
    }
    alternatives.push(terms);
  }
  return alternatives;
}

/**
 * Reads such a set; undefined when it is malformed. The answer tells of a toolchain (`go1.26.3`,
 * `go1.26.3-acme`) or a bare version whether it is in the set: a name with a suffix is only in sets that write
 * the same suffix, and what go does not read as a version is in none.
 */
export function goRange(range: string): ((toolchain: string) => boolean) | undefined {
  const alternatives = readRange(range);
  if (alternatives === undefined) return undefined;
  return toolchain => {
    const name = toolchain.startsWith('go') ? toolchain : `go${toolchain}`;
    const version = goVersionOfToolchain(name);
    if (version === '') return false;
    const suffix = name.slice(2 + version.length);
    return alternatives.some(terms => terms.every(term => term.suffix === suffix && term.test(version)));
  };
}
