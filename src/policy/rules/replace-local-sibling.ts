import { localFindings } from '../local-replace.ts';
import { dropCommand } from '../replaces.ts';
import type { Rule } from '../rule.ts';

/** Replaces by a directory of this repository that holds the very module. */
export const replaceLocalSibling: Rule = {
  id: 'replace/local-sibling',
  page: {
    summary: 'A module is replaced by a directory of this repository that declares the same module.',
    why:
      'Modules of one repository replace one another so that they are built together. That is sound, but such a ' +
      'module cannot be installed by `go install path@version`, and its tests run against code that no user has.',
    limits:
      'Off unless `replace: {local: deny}` or this rule asks for it. A go.work is the other way to build modules of ' +
      'one repository together, and needs no replace.',
    config: 'replace:\n  local: deny',
    bad: {
      file: 'shop/go.mod',
      text: 'module example.com/shop\n\nrequire example.com/cart v1.0.0\n\nreplace example.com/cart => ../cart\n',
    },
    good: { file: 'shop/go.mod', text: 'module example.com/shop\n\nrequire example.com/cart v1.0.0\n' },
  },
  check: ({ tree }) =>
    localFindings(tree, 'sibling', {
      why: 'The policy takes modules by their versions only: what is built here is not what others get.',
      fix: replace => `Release the module and require that version, then: ${dropCommand(replace)}`,
    }),
};
