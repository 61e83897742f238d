import { placeOf } from '../place.ts';
import type { Rule } from '../rule.ts';
import { argument, shownModule } from '../words.ts';

/** Replaces that stand in a go.work. */
export const workReplace: Rule = {
  id: 'work/replace',
  page: {
    summary: 'A go.work replaces a module.',
    why:
      'A replace in go.work overrides those of every go.mod of the workspace, also the more exact ones, and it is ' +
      'gone as soon as a module is built alone or with GOWORK=off.',
    limits: 'What the replacement is, and where it leads, is for the rules replace/* to say.',
    config: 'rules:\n  work/replace: error',
    bad: {
      file: 'go.work',
      text: 'go 1.26\n\nuse ./cart\n\nreplace example.com/till => example.com/fork/till v1.2.1\n',
    },
    good: { file: 'go.work', text: 'go 1.26\n\nuse ./cart\n' },
  },
  check: function* ({ tree }) {
    for (const { path, work } of tree.works) {
      for (const { oldPath, oldVersion, newPath, newVersion } of work.replace) {
        const old = shownModule(oldPath.value, oldVersion?.value);
        const key = oldVersion === undefined ? oldPath.value : `${oldPath.value}@${oldVersion.value}`;
        yield {
          place: placeOf(path, newPath.span),
          module: oldPath.value,
          ...(newVersion === undefined ? {} : { version: newVersion.value }),
          message: `go.work replaces ${old} with ${shownModule(newPath.value, newVersion?.value)}`,
          why: 'It wins over the replaces of every go.mod of the workspace, and is gone when a module is built alone.',
          fix: `Move it to the go.mod of the module that needs it: go work edit -dropreplace=${argument(key)} ${argument(path)}`,
          key: oldVersion === undefined ? '' : 'one version',
        };
      }
    }
  },
};
