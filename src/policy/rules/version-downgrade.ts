import { compareVersions } from '../../gomod/version.ts';
import { placeOf } from '../place.ts';
import type { Rule } from '../rule.ts';
import type { ModFile } from '../tree.ts';
import { argument, shown, shownModule } from '../words.ts';

/** Requirements that a change sets back to an older version. */
export const versionDowngrade: Rule = {
  id: 'version/downgrade',
  page: {
    summary: 'A change requires an older version than the base does.',
    why:
      'An older version brings back what the newer one mended. Most often it is a merge that went wrong, or a ' +
      'tool that resolved against old information.',
    limits:
      'Compared with the go.mod of the same name in the base, so nothing is reported without a base. Where a ' +
      'module is required more than once, the highest version counts, as it does for go.',
    config: 'rules:\n  version/downgrade: warning',
    bad: { file: 'go.mod', text: 'module example.com/shop\n\nrequire example.com/cart v1.2.0\n' },
    good: { file: 'go.mod', text: 'module example.com/shop\n\nrequire example.com/cart v1.10.0\n' },
  },
  check: function* ({ tree, base }) {
    if (base === undefined) return;
    const before = new Map(base.mods.map(file => [file.path, file]));
    for (const { path, mod } of tree.mods) {
      const was = highest(before.get(path));
      const is = highest({ mod });
      for (const line of mod.require) {
        const old = was.get(line.path.value);
        if (is.get(line.path.value) !== line.version.value || old === undefined) continue;
        if (compareVersions(line.version.value, old) >= 0) continue;
        yield {
          place: placeOf(path, line.version.span),
          module: line.path.value,
          version: line.version.value,
          message: `${shownModule(line.path.value, line.version.value)} is older than ${shown(old)}, which the base requires`,
          why: 'The older version brings back what the newer one mended.',
          fix: `go get ${argument(`${line.path.value}@${old}`)}, or say in the change why the older one is needed.`,
        };
      }
    }
  },
};

function highest(file: Pick<ModFile, 'mod'> | undefined): ReadonlyMap<string, string> {
  const versions = new Map<string, string>();
  for (const { path, version } of file?.mod.require ?? []) {
    const known = versions.get(path.value);
    if (known === undefined || compareVersions(known, version.value) < 0)
      versions.set(path.value, version.value);
  }
  return versions;
}
