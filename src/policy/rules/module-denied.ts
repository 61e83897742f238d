import { judgeOf } from '../judge.ts';
import { refusedUses } from '../module-uses.ts';
import type { Rule } from '../rule.ts';

/** Modules and versions that the policy denies or does not allow. */
export const moduleDenied: Rule = {
  id: 'module/denied',
  page: {
    summary: 'A module, or this version of it, is denied, or not on the list of allowed ones.',
    why:
      'The policy says which modules the company wants to answer for, and which ones it had to give up: ' +
      'abandoned, taken over, or with a hole below some version.',
    limits:
      'Patterns are globs like those of GOPRIVATE and match every module below them; deny beats allow. Of a module ' +
      'that is replaced, the path is judged without a version, because another one is built. The right-hand side ' +
      'of a replace is reported as replace/target-not-allowed. Other spellings of a denied path in upper and lower ' +
      'case are denied, too, unless the pattern has capitals or names that spelling under `use`. Before go 1.17 a ' +
      'go.mod names only some of its modules, so there the zip lines of go.sum are judged as well.',
    config:
      'modules:\n  deny:\n    - pattern: example.com/cart\n      versions: <v1.6.0\n      reason: prices are rounded down\n      use: example.com/cart v1.6.0',
    bad: { file: 'go.mod', text: 'module example.com/shop\n\nrequire example.com/cart v1.5.0\n' },
    good: { file: 'go.mod', text: 'module example.com/shop\n\nrequire example.com/cart v1.6.0\n' },
  },
  check: ({ tree, layer }) => {
    const judge = judgeOf(layer);
    const targets = judge.judgesTargets('module/denied');
    return refusedUses(tree, use =>
      use.isTarget && !targets ? undefined : judge.module(use.path, use.version),
    );
  },
};
