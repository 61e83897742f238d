import { localFindings } from '../local-replace.ts';
import { dropCommand } from '../replaces.ts';
import type { Rule } from '../rule.ts';

/** Replaces by a directory of this repository that is missing or holds another module. */
export const replaceLocalBroken: Rule = {
  id: 'replace/local-broken',
  page: {
    summary: 'A module is replaced by a directory of this repository that is not there or is another module.',
    why:
      'A missing directory fails every build but the one on the machine that has it. A directory with another ' +
      'module builds without a word: go does not compare the names, so any code can take the place of any module.',
    limits:
      'The directory must be tracked by git with its go.mod; a submodule is another repository and counts as ' +
      'missing. The paths are compared letter by letter, major suffix included.',
    config: 'rules:\n  replace/local-broken: error',
    bad: {
      file: 'go.mod',
      text: 'module example.com/shop\n\nrequire example.com/cart v1.0.0\n\nreplace example.com/cart => ./local-fork\n',
    },
    good: { file: 'go.mod', text: 'module example.com/shop\n\nrequire example.com/cart v1.0.0\n' },
  },
  check: ({ tree }) =>
    localFindings(tree, 'broken', {
      why: 'go takes whatever lies in the directory for the module, under any name; and where it is missing, nothing builds.',
      fix: replace =>
        `Remove it: ${dropCommand(replace)}; or commit the directory with a go.mod that declares the replaced path.`,
    }),
};
