import { isPseudo } from '../../gomod/version.ts';
import type { Found } from '../finding.ts';
import { type NamedPath, pathsOfMod, pathsOfWork } from '../named-paths.ts';
import { globsOption } from '../options.ts';
import { placeOf } from '../place.ts';
import type { Rule } from '../rule.ts';
import { argument, shownModule } from '../words.ts';

/** Requirements and replacements at a commit instead of a version that its author has released. */
export const versionPseudo: Rule = {
  id: 'version/pseudo',
  page: {
    summary: 'A required module or a replacement is a commit without a version tag.',
    why:
      'Nobody released that commit: it has no release notes, advisories do not name it, and it may be gone when ' +
      'its branch is rewritten.',
    limits:
      'Nearly half of all real go.mod files have such versions, because many modules never tag one: list those ' +
      'under allow, as globs like those of GOPRIVATE. For a replacement the path on the right counts.',
    config: 'rules:\n  version/pseudo:\n    level: warning\n    allow: [golang.org/x, example.com/acme/*]',
    bad: {
      file: 'go.mod',
      text: 'module example.com/shop\n\nrequire example.com/cart v0.0.0-20240102030405-0123456789ab\n',
    },
    good: { file: 'go.mod', text: 'module example.com/shop\n\nrequire example.com/cart v0.1.0\n' },
  },
  check: function* ({ tree, options }) {
    const allowed = globsOption(options, 'allow');
    for (const file of tree.mods) yield* untagged(file.path, pathsOfMod(file), allowed);
    for (const file of tree.works) yield* untagged(file.path, pathsOfWork(file), allowed);
  },
};

type Allowed = (path: string) => boolean;

function* untagged(file: string, paths: Iterable<NamedPath>, allowed: Allowed): Generator<Found> {
  for (const { role, path, version, module } of paths) {
    if (role !== 'require' && role !== 'replacement') continue;
    if (version === undefined || !isPseudo(version.value) || allowed(path.value)) continue;
    yield {
      place: placeOf(file, version.span),
      module,
      version: version.value,
      message: `${shownModule(path.value, version.value)} is a commit without a version tag`,
      why: 'Nobody released that commit: no advisory names it, and it may be gone when its branch is rewritten.',
      fix:
        role === 'require'
          ? `Take a released version: go get ${argument(path.value)}@latest`
          : `Replace it by a released version; go list -m -versions ${argument(path.value)} prints them.`,
      key: role === 'require' ? '' : `replacement ${path.value}`,
    };
  }
}
