import { flagOption } from '../options.ts';
import { placeOf } from '../place.ts';
import { isLocal, type Replace, replacesOf } from '../replaces.ts';
import type { Rule } from '../rule.ts';
import { shown, shownModule } from '../words.ts';

/** Replaces that do not say why they are there. */
export const replaceMissingReason: Rule = {
  id: 'replace/missing-reason',
  page: {
    summary: 'A replace has no comment that says why it is there.',
    why: 'Nobody dares to remove a line whose reason is forgotten, and so forks stay for years behind their origin.',
    limits:
      'The comment stands above the line, behind it, or above the block. Replaces by directories need none unless ' +
      '`local: true` asks for it.',
    config: 'replace:\n  remote:\n    require-reason: true',
    bad: {
      file: 'go.mod',
      text: 'module example.com/shop\n\nrequire example.com/cart v1.5.0\n\nreplace example.com/cart => example.com/fork/cart v1.5.1\n',
    },
    good: {
      file: 'go.mod',
      text: 'module example.com/shop\n\nrequire example.com/cart v1.5.0\n\n// Until the fix of issue 12 is released.\nreplace example.com/cart => example.com/fork/cart v1.5.1\n',
    },
  },
  check: function* ({ tree, options }) {
    const local = flagOption(options, 'local');
    for (const replace of replacesOf(tree)) {
      if (replace.refused || (isLocal(replace) && !local) || hasReason(replace)) continue;
      const { file, oldPath, newPath, newVersion } = replace;
      yield {
        place: placeOf(file, newPath.span),
        module: oldPath.value,
        ...(newVersion === undefined ? {} : { version: newVersion.value }),
        message: `the replace of ${shown(oldPath.value)} by ${shownModule(newPath.value, newVersion?.value)} gives no reason`,
        why: 'Without a reason nobody can tell when it may go.',
        fix: 'Write above the line, as a comment, why it is there and when it may go.',
        key: newPath.value,
      };
    }
  },
};

/** Words, and not only a ruler or a bracket. */
function hasReason({ comments }: Replace): boolean {
  return comments.some(comment => /\p{L}{2}/u.test(comment));
}
