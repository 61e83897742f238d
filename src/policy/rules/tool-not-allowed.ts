import type { RequireDirective } from '../../gomod/modfile/types.ts';
import { globsOption, textsOption } from '../options.ts';
import { placeOf } from '../place.ts';
import type { Rule } from '../rule.ts';
import { argument, plain, shown } from '../words.ts';

/** Tool lines of packages that are not on the list. */
export const toolNotAllowed: Rule = {
  id: 'tool/not-allowed',
  page: {
    summary: 'A tool line names a package that is not on the list.',
    why:
      'A tool is a program that `go tool` and `go generate` build and run on the machine of whoever asks, with ' +
      'all that the user may do.',
    limits:
      'Entries are globs like those of GOPRIVATE and match a package, its directory, or its module. Programs that ' +
      'a go:generate line runs with go run are not seen.',
    config: 'rules:\n  tool/not-allowed:\n    allow: [golang.org/x/tools, example.com/acme/*]',
    bad: {
      file: 'go.mod',
      text: 'module example.com/shop\n\ngo 1.26\n\ntool example.com/lint/cmd/lint\n\nrequire example.com/lint v1.2.0\n',
    },
    good: { file: 'go.mod', text: 'module example.com/shop\n\ngo 1.26\n' },
  },
  check: function* ({ tree, options }) {
    const allowed = globsOption(options, 'allow');
    const list = plain(textsOption(options, 'allow').join(', '), 120);
    for (const { path, mod } of tree.mods) {
      const own = mod.module?.path.value;
      const required = new Map(mod.require.map(line => [line.path.value, line]));
      for (const { value } of mod.tool) {
        const tool = value.value;
        if (own !== undefined && isBelow(tool, own)) continue;
        if (allowed(tool)) continue;
        const module = moduleOf(tool, required);
        yield {
          place: placeOf(path, value.span),
          module: module?.path.value ?? tool,
          ...(module === undefined ? {} : { version: module.version.value }),
          message: `tool ${shown(tool)} is not allowed`,
          why:
            list === ''
              ? 'The policy allows no tools: they are built and run by go tool and go generate.'
              : `It is built and run by go tool and go generate; the policy allows ${list}.`,
          fix: `go get -tool ${argument(`${tool}@none`)}, or have the policy allow it.`,
          key: tool,
        };
      }
    }
  },
};

function isBelow(path: string, module: string): boolean {
  return path === module || path.startsWith(`${module}/`);
}

/** Go's paths are far shorter; a hostile one must not be cut at each of its slashes. */
const MAX_ELEMENTS = 128;

/** The required module with the longest path that the package lies in. */
function moduleOf(
  tool: string,
  required: ReadonlyMap<string, RequireDirective>,
): RequireDirective | undefined {
  let path = tool;
  for (let n = 0; n < MAX_ELEMENTS; n++) {
    const module = required.get(path);
    if (module !== undefined) return module;
    const slash = path.lastIndexOf('/');
    if (slash < 0) return undefined;
    path = path.slice(0, slash);
  }
  return undefined;
}
