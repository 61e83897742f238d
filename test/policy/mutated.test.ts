import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadSurfaceParsers } from '../../src/policy/bypass/parsers.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { policyOf } from './policy-of.ts';
import { otel, realMod } from './real.ts';
import { type FileSpec, repository } from './repository.ts';

const ALL_ON = `hosts: {allow: [github.com], deny: [gopkg.in]}
modules: {deny: [{pattern: github.com/stretchr, versions: <v1.9.0}], allow: [github.com/*/*]}
replace: {local: deny, downgrade: deny, remote: {require-reason: true, allow: [github.com/acme]}}
rules:
  replace/unpinned: {tag: true}
  replace/stale: note
  work/committed: note
  work/use-outside: note
  work/replace: note
  sum/missing: note
  path/lookalike: note
  vendor/inconsistent: note
  version/pseudo: note
  version/downgrade: note
  exclude/used: note
  env/bypass: {all: true}
`;

const START: Readonly<Record<string, string>> = {
  ...otel(),
  'big/go.mod': realMod('argo-cd'),
  'go.work': 'go 1.26\n\nuse (\n\t.\n\t./metric\n\t./link\n)\n\nreplace example.com/a => ./metric\n',
  'go.sum': `github.com/go-logr/logr v1.4.2 h1:${'A'.repeat(43)}=\n`,
  'vendor/modules.txt': '# github.com/go-logr/logr v1.4.2\n## explicit; go 1.18\ngithub.com/go-logr/logr\n',
  '.github/workflows/ci.yml': 'env:\n  GOFLAGS: -modfile=x.mod\njobs: {}\n',
};

const piece = fc.constantFrom(
  '\n',
  '(',
  ')',
  '=> ',
  '"',
  '`',
  '\t',
  'replace ',
  'tool ',
  'exclude ',
  ' v0.0.0',
  '../',
  '\\',
  'C:',
  '//',
  '\u0456',
  '\u202e',
  '\0',
  '__proto__',
  'use ',
  '%',
  '\ud800',
  'toolchain ',
  '[',
  ']',
  ',',
);
const mutation = fc.record({
  file: fc.constantFrom(...Object.keys(START)),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  drop: fc.nat(12),
  put: piece,
});

/** The repository with the damage done; a link that a go.work uses is in it. */
function damaged(mutations: readonly { file: string; at: number; drop: number; put: string }[]) {
  const files: Record<string, FileSpec> = { ...START, link: { link: 'trace' } };
  for (const { file, at, drop, put } of mutations) {
    const text = String(files[file]);
    const from = Math.floor(at * text.length);
    files[file] = text.slice(0, from) + put + text.slice(from + drop);
  }
  return repository(files);
}

await loadSurfaceParsers(damaged([]).texts);

describe('any damage to a repository', () => {
  it('is judged by all rules, in bounded words, with places that can be', async () => {
    const policies = [await policyOf(''), await policyOf(ALL_ON)];
    const base = damaged([]);
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), fc.nat(1), (mutations, which) => {
        const policy = policies[which] ?? policies[0];
        if (policy === undefined) throw new Error('no policy');
        const request = { policy, baseline: undefined, now: new Date('2026-11-23'), scheduled: false };
        const { findings } = evaluate({ ...request, tree: damaged(mutations), base });
        const prints = new Set(findings.map(finding => finding.fingerprint));
        expect(prints.size).toBe(findings.length);
        for (const { line, column, endLine, endColumn, message, why, fix, rule } of findings) {
          const sound =
            line >= 1 && column >= 1 && (endLine > line || (endLine === line && endColumn > column));
          expect(sound ? rule : { rule, line, column, endLine, endColumn }).toBe(rule);
          if (/[\x00-\x1f\u202a-\u202e\ud800-\udfff]/u.test(message + why + fix)) {
            expect({ rule, message, why, fix }).toBe('words on one line');
          }
        }
      }),
      { numRuns: 120 },
    );
  });

  it('a base is the same as itself: nothing is new', async () => {
    const policy = await policyOf(ALL_ON);
    const tree = damaged([]);
    const outcome = evaluate({
      tree,
      base: tree,
      policy,
      baseline: undefined,
      now: new Date('2026-11-23'),
      scheduled: false,
    });
    expect(outcome.findings.length).toBeGreaterThan(20);
    expect(outcome.findings.filter(finding => finding.status === 'new')).toEqual([]);
    expect(outcome.fixed).toEqual([]);
    expect(outcome.failed).toBe(false);
  });
});
