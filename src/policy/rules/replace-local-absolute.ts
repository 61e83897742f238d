import { localFindings } from '../local-replace.ts';
import { dropCommand } from '../replaces.ts';
import type { Rule } from '../rule.ts';

/** Replaces by an absolute path, of any system. */
export const replaceLocalAbsolute: Rule = {
  id: 'replace/local-absolute',
  page: {
    summary: 'A module is replaced by an absolute path: `/home/…`, `C:\\…`, `\\\\server\\…`.',
    why:
      'The path means a place on one machine, and often tells the name of its user. On every other machine the ' +
      'build fails, or takes in what somebody put there.',
    limits:
      'All forms are reported on every system: what Linux takes for a relative name is a drive on Windows.',
    config: 'rules:\n  replace/local-absolute: error',
    bad: {
      file: 'go.mod',
      text: 'module example.com/shop\n\nrequire example.com/cart v1.0.0\n\nreplace example.com/cart => /home/ada/cart\n',
    },
    good: { file: 'go.mod', text: 'module example.com/shop\n\nrequire example.com/cart v1.0.0\n' },
  },
  check: ({ tree }) =>
    localFindings(tree, 'absolute', {
      why: 'It means a place on one machine; elsewhere nothing is there, or something that nobody reviewed.',
      fix: replace =>
        `Remove it: ${dropCommand(replace)}; for work on your machine use a go.work that is not committed.`,
    }),
};
