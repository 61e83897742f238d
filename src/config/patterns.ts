import { globProblem } from '../gomod/glob-syntax.ts';

/**
 * Patterns of `hosts` and `modules`. What could never match, or would match by another rule than the author
 * thinks, is refused where it is read: a pattern that silently matches nothing lets through what it should stop.
 */

/** Why a pattern for whole first path elements cannot be used; follows the pattern as a sentence would. */
export function hostPatternProblem(pattern: string): string | undefined {
  const common = commonProblem(pattern);
  if (common !== undefined) return common;
  if (pattern.includes('/')) {
    return 'has a slash; a host is the first element of a module path, and longer paths go under modules';
  }
  return undefined;
}

/** The same for a GOPRIVATE glob of module or package paths. */
export function modulePatternProblem(pattern: string): string | undefined {
  const common = commonProblem(pattern);
  if (common !== undefined) return common;
  if (pattern.includes('//')) return 'has an empty path element, which no module path has';
  if (/\[[^\]]*\//.test(pattern)) return 'has a slash inside [ ], which matches nothing';
  return undefined;
}

function commonProblem(pattern: string): string | undefined {
  if (pattern === '') return 'is empty; write a host or path, or take the entry out';
  if (/[\s\u0085\u00a0]/.test(pattern)) return 'has a space; write one pattern an entry, without spaces';
  if (pattern.includes(',')) return 'has a comma; write one pattern an entry';
  if (pattern.includes('://')) return 'is a URL; write the path alone, as an import has it';
  if (pattern.includes('@')) {
    return 'has an @; write the path alone (a version goes under versions, a user name nowhere)';
  }
  if (pattern.includes(':')) return 'has a colon; module paths have neither a scheme nor a port';
  if (pattern.startsWith('/')) return 'starts with a slash; module paths start with their host';
  if (/[^!-~]/.test(pattern)) return 'has a character that no module path has: paths are ASCII';
  const [host = ''] = pattern.split('/', 1);
  if (/[A-Z]/.test(host)) return `has an upper-case host, which Go refuses; write ${host.toLowerCase()}`;
  return globProblem(pattern);
}

/**
 * What a pattern matches besides, or instead of, what its author most likely means; undefined when it is plain.
 * `others` are the patterns of the same list.
 */
export function patternWarning(pattern: string, others: ReadonlySet<string>): string | undefined {
  if (/^\*+$/.test(pattern)) return 'matches every host; leave the list empty if that is meant';
  if (pattern.includes('**')) return 'has **, which means no more than *: neither crosses a slash';
  const [host = ''] = pattern.split('/', 1);
  if (host.startsWith('*.')) {
    const apex = pattern.slice(2);
    if (others.has(apex)) return undefined;
    return `does not match ${apex} itself; add that, too, if it is meant`;
  }
  if (/^\*[^.*]/.test(host)) {
    return `matches evil${host.slice(1)}, too; write ${host.slice(1)} and *.${host.slice(1)}`;
  }
  // Further to the right the owner is fixed already, and a family of names is what is meant.
  const glued = pattern.split('/', 2).findIndex(element => /[^*/]\*$/.test(element));
  if (glued >= 0) {
    const elements = pattern.split('/').slice(0, glued + 1);
    const before = elements.join('/').replace(/\*+$/, '');
    const meant = `${before}${glued === 0 ? '' : ' (which has all paths below it)'}`;
    return `matches ${before}${glued === 0 ? '.evil.example' : '-evil'}, too; write ${meant}`;
  }
  if (!/[.*?[\\]/.test(host)) return 'has a first element without a dot, which no module of a proxy has';
  return undefined;
}
