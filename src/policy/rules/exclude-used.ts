import { placeOf } from '../place.ts';
import type { Rule } from '../rule.ts';
import { argument, shownModule } from '../words.ts';

/** Exclude directives. */
export const excludeUsed: Rule = {
  id: 'exclude/used',
  page: {
    summary: 'A go.mod excludes a version.',
    why:
      'An exclude holds only while the module is built on its own: those who require it do not get it, ' +
      '`go install …@version` refuses the module, and most excludes outlive their reason.',
    limits: 'Excludes are common practice: the rule is off until it is switched on.',
    config: 'rules:\n  exclude/used: warning',
    bad: { file: 'go.mod', text: 'module example.com/shop\n\nexclude example.com/cart v1.2.0\n' },
    good: { file: 'go.mod', text: 'module example.com/shop\n\nrequire example.com/cart v1.2.1\n' },
  },
  check: function* ({ tree }) {
    for (const { path, mod } of tree.mods) {
      for (const line of mod.exclude) {
        const id = `${line.path.value}@${line.version.value}`;
        yield {
          place: placeOf(path, { start: line.path.span.start, end: line.version.span.end }),
          module: line.path.value,
          version: line.version.value,
          message: `${shownModule(line.path.value, line.version.value)} is excluded`,
          why: 'An exclude holds only here: who requires this module does not get it, and go install refuses it.',
          fix: `Require a later version instead: go mod edit -dropexclude=${argument(id)} ${argument(path)}`,
          key: line.version.value,
        };
      }
    }
  },
};
