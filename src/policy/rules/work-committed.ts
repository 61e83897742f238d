import { wholeFile } from '../place.ts';
import type { Rule } from '../rule.ts';
import { argument } from '../words.ts';

/** A go.work that git tracks. */
export const workCommitted: Rule = {
  id: 'work/committed',
  page: {
    summary: 'A go.work is committed.',
    why:
      'A go.work changes every build below its directory: its modules and replaces win over what each go.mod says, ' +
      'so what is tested here is not what others get who require the modules one by one.',
    limits:
      'Many repositories of several modules commit one on purpose: the rule is off until it is switched on.',
    config: 'rules:\n  work/committed: error',
    bad: { file: 'go.work', text: 'go 1.26\n\nuse ./cart\n' },
    good: { file: '.gitignore', text: 'go.work\ngo.work.sum\n' },
  },
  check: function* ({ tree }) {
    for (const { path } of tree.works) {
      yield {
        place: wholeFile(path),
        message: 'a go.work is committed',
        why: 'Builds below its directory follow it and no longer each go.mod; those who require the modules do not have it.',
        fix: `git rm --cached ${argument(path)}, and list it in .gitignore.`,
      };
    }
  },
};
