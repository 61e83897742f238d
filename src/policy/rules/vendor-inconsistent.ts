import type { Span } from '../../gomod/modfile/types.ts';
import type { Found, Place } from '../finding.ts';
import { textLines } from '../lines.ts';
import { placeOf } from '../place.ts';
import type { Rule } from '../rule.ts';
import type { VendorFile } from '../tree.ts';
import { type Inconsistency, isForWorkspace, vendorInconsistencies } from '../vendor-consistency.ts';
import { argument, plain, shownModule } from '../words.ts';
import { membersOf, modsByPath } from '../workspaces.ts';

/** A vendor directory that does not fit the go.mod or go.work beside it. */
export const vendorInconsistent: Rule = {
  id: 'vendor/inconsistent',
  page: {
    summary: 'vendor/modules.txt says something else than go.mod or go.work.',
    why:
      'What is vendored is what is built. go stops where the list does not fit, and until somebody runs ' +
      '`go mod vendor` again, what go.mod requires is not what lies in the directory.',
    limits:
      'The same comparison as go’s own, where vendor/modules.txt is tracked. Edited files in the vendor directory ' +
      'are not seen, neither here nor by go.',
    config: 'rules:\n  vendor/inconsistent: error',
    bad: {
      file: 'cart/vendor/modules.txt',
      text: '# example.com/till v1.2.0\n## explicit; go 1.24\nexample.com/till\n',
    },
    good: {
      file: 'cart/go.mod',
      text: 'module example.com/cart\n\ngo 1.26\n\nrequire example.com/till v1.2.0\n',
    },
  },
  check: function* ({ tree }) {
    const byPath = modsByPath(tree);
    for (const vendor of tree.vendors) {
      const forWork = isForWorkspace(vendor);
      const work = forWork ? tree.works.find(file => file.dir === vendor.dir) : undefined;
      const mod = byPath.get(vendor.dir === '' ? 'go.mod' : `${vendor.dir}/go.mod`);
      const mods = work !== undefined ? membersOf(work, byPath) : mod !== undefined && !forWork ? [mod] : [];
      // Without either, other tools than go made the directory; after a syntax error there is nothing to compare.
      if (mods.length === 0 || mods.some(file => file.problems.length > 0)) continue;
      const line = textLines(vendor.bytes);
      for (const one of vendorInconsistencies(vendor, mods, work)) yield foundOf(vendor, one, line, forWork);
    }
  },
};

function foundOf(
  vendor: VendorFile,
  { message, module, line, vendorLine }: Inconsistency,
  text: (line: number) => string,
  forWork: boolean,
): Found {
  const verb = forWork ? 'go work vendor' : 'go mod vendor';
  const place: Place =
    line === undefined
      ? {
          file: vendor.path,
          line: vendorLine,
          column: 1,
          endLine: vendorLine,
          endColumn: Math.max(2, text(vendorLine).length + 1),
        }
      : placeOf(line.file.path, spanOf(line.directive));
  return {
    place,
    module: module.path,
    ...(module.version === '' ? {} : { version: module.version }),
    message: `inconsistent vendoring: ${shownModule(module.path, module.version)} ${plain(message, 260)}`,
    why: 'go builds what is vendored and stops where the list does not fit; what go.mod says is not what lies there.',
    fix: `${verb} in ${argument(vendor.dir === '' ? '.' : vendor.dir)}; commit the vendor directory with go.mod.`,
    key: `${message.split(' ', 3).join(' ')} ${line === undefined ? 'vendor' : line.file.path}`,
  };
}

function spanOf(directive: NonNullable<Inconsistency['line']>['directive']): Span {
  return 'newPath' in directive ? directive.newPath.span : directive.version.span;
}
