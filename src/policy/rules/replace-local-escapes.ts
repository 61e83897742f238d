import { localFindings } from '../local-replace.ts';
import { dropCommand } from '../replaces.ts';
import type { Rule } from '../rule.ts';

/** Replaces by a directory outside the repository. */
export const replaceLocalEscapes: Rule = {
  id: 'replace/local-escapes',
  page: {
    summary:
      'A module is replaced by a directory outside the repository, reached by `..` or a symbolic link.',
    why:
      'What lies beside the checkout is on one machine only and under no review: elsewhere the build fails, or it ' +
      'takes in whatever happens to lie there.',
    limits:
      'Paths are cleaned as go does it, then the links that git tracks are followed. A path that leaves the ' +
      'repository and comes back by the name of its directory is reported: nothing says what a checkout is called.',
    config: 'rules:\n  replace/local-escapes: error',
    bad: {
      file: 'go.mod',
      text: 'module example.com/shop\n\nrequire example.com/cart v1.0.0\n\nreplace example.com/cart => ../cart\n',
    },
    good: {
      file: 'go.mod',
      text: 'module example.com/shop\n\nrequire example.com/cart v1.0.0\n\nreplace example.com/cart => example.com/fork/cart v1.0.1\n',
    },
  },
  check: ({ tree }) =>
    localFindings(tree, 'escapes', {
      why: 'Only one machine has that directory, and no review sees what is in it.',
      fix: replace =>
        `Remove it: ${dropCommand(replace)}; for work across repositories use a go.work that is not committed.`,
    }),
};
