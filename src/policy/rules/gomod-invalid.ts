import type { Span } from '../../gomod/modfile/types.ts';
import type { Found, Place } from '../finding.ts';
import { textLines } from '../lines.ts';
import { placeOf, wholeFile } from '../place.ts';
import { cleanPath, isAbsolutePath } from '../repo-path.ts';
import type { Rule } from '../rule.ts';
import type { ModFile, SumFile, Tree, WorkFile } from '../tree.ts';
import { argument, plain, shown } from '../words.ts';

const WHY =
  'go stops at this file: no command works in the module, and what the file means is anyone’s guess.';

/** What go refuses in go.mod, go.work and go.sum, in Go's words and at Go's position. */
export const gomodInvalid: Rule = {
  id: 'gomod/invalid',
  page: {
    summary: 'go refuses this go.mod, go.work or go.sum, or it cannot be read.',
    why:
      'Every tool reads a broken file in its own way, so nothing that another rule says about it can be relied ' +
      'upon; and go itself does not build the module. The position and the words are those of go.',
    limits:
      'A go.mod below the root that holds nothing but comments is left alone: it keeps a directory out of the ' +
      'module around it. Versions such as a branch name are reported, though `go mod tidy` would resolve them: ' +
      'what is committed must say what is built.',
    config: 'rules:\n  gomod/invalid: error',
    bad: {
      file: 'go.mod',
      text: 'module example.com/shop\n\nrequire example.com/cart v1\nrequires example.com/till v1.2.0\n',
    },
    good: {
      file: 'go.mod',
      text: 'module example.com/shop\n\nrequire example.com/cart v1.0.0\nrequire example.com/till v1.2.0\n',
    },
  },
  check: function* ({ tree }) {
    for (const { path, why } of tree.unread) yield unreadable(path, why);
    for (const file of tree.mods) {
      yield* refused(file, file.mod.rejected);
      yield* withoutModule(file);
    }
    for (const file of tree.works) {
      yield* refused(file, file.work.rejected);
      yield* usedTwice(file, tree);
    }
    for (const file of tree.sums) yield* malformedSum(file);
  },
};

function unreadable(path: string, why: string): Found {
  return {
    place: wholeFile(path),
    message: `${shown(path)} cannot be read: ${plain(why)}`,
    why: 'What cannot be read cannot be checked, and go cannot read it either.',
    fix: `Commit the file itself, as text and readable, or remove it: git rm ${argument(path)}`,
    key: 'unread',
  };
}

type Refused = ModFile['mod']['rejected'];

function* refused({ path, problems }: ModFile | WorkFile, rejected: Refused): Generator<Found> {
  const byLine = new Map(rejected.map(line => [line.span.start.line, line]));
  for (const { message, span } of problems) {
    const line = byLine.get(span.start.line);
    const module = line !== undefined && NAMES_MODULE.has(line.verb) ? line.words[0]?.value : undefined;
    yield {
      place: placeOf(path, span),
      ...(module === undefined ? {} : { module }),
      message: plain(message),
      why: WHY,
      fix: fixOf(message, path),
      key: message,
    };
  }
}

const NAMES_MODULE = new Set(['require', 'exclude', 'replace']);

function fixOf(message: string, path: string): string {
  const verb = path.endsWith('.work') ? 'go work edit' : 'go mod edit';
  if (/must be of the form v1\.2\.3/.test(message)) {
    return 'Write the version that is meant: go list -m -f {{.Version}} MODULE@QUERY prints it for a branch or commit.';
  }
  if (/should be v\d/.test(message)) {
    return 'Give path and version the same major: /v2 belongs at the end of the path of v2 and up.';
  }
  return `Mend the line; ${verb} -json ${argument(path)} says whether go takes the file.`;
}

function* withoutModule({ path, dir, mod, problems }: ModFile): Generator<Found> {
  // After a syntax error there is no telling what the file names.
  if (mod.module !== undefined || problems.length > 0) return;
  const bare = mod.go === undefined && mod.require.length + mod.replace.length + mod.tool.length === 0;
  if (bare && dir !== '') return;
  // Another file is only named by -modfile, and may well be a part.
  if (!path.endsWith('go.mod')) return;
  yield {
    place: wholeFile(path),
    message: 'missing module declaration',
    why: WHY,
    fix: `Say the path of the module: go mod edit -module=example.com/mod ${argument(path)}`,
    key: 'no module',
  };
}

function* usedTwice({ path, dir, work }: WorkFile, tree: Tree): Generator<Found> {
  const dirs = new Set<string>();
  const modules = new Map<string, string>();
  const declared = new Map(tree.mods.map(file => [file.path, file.mod.module?.path.value]));
  for (const { value } of work.use) {
    const used = isAbsolutePath(value.value) ? value.value : cleanPath(dir, value.value);
    const module = declared.get(used === '' ? 'go.mod' : `${used}/go.mod`);
    const again = module === undefined ? undefined : modules.get(module);
    if (dirs.has(used)) {
      yield twice(
        path,
        value.span,
        `path ${shown(value.value)} appears multiple times in workspace`,
        `use ${used}`,
      );
    } else if (module !== undefined && again !== undefined) {
      const message = `module ${shown(module)} appears multiple times in workspace: ${shown(again)} declares it, too`;
      yield { ...twice(path, value.span, message, `use ${used}`), module };
    }
    dirs.add(used);
    if (module !== undefined && again === undefined) modules.set(module, value.value);
  }
}

function twice(path: string, span: Span, message: string, key: string): Found {
  return {
    place: placeOf(path, span),
    message,
    why: WHY,
    fix: `Leave one of them: go work edit -dropuse=DIRECTORY ${argument(path)} takes one out.`,
    key,
  };
}

function* malformedSum({ path, bytes, sum }: SumFile): Generator<Found> {
  const lines = textLines(bytes);
  const malformed = sum.problems.find(problem => problem.reason.startsWith('wrong number of fields'));
  if (malformed !== undefined) {
    const text = lines(malformed.line);
    yield {
      place: wholeLine(path, malformed.line, text),
      message: `${plain(malformed.reason)}: ${shown(text)}`,
      why: 'go stops at a go.sum with such a line; most often it is what is left of a merge.',
      fix: 'Take the line out, then let go write what is missing: go mod download',
      key: 'malformed sum',
    };
  }
  // go has no such bounds: a hash that we do not see could be any.
  const unseen = sum.problems.find(({ reason }) =>
    /(?:was not read|could not be used)$|^longer than /.test(reason),
  );
  if (unseen === undefined) return;
  yield {
    place: unseen.line === 0 ? wholeFile(path) : wholeLine(path, unseen.line, lines(unseen.line)),
    message: `${unseen.reason.startsWith('longer') ? 'the line' : 'the file'} cannot be checked: ${plain(unseen.reason)}`,
    why: 'go reads such a file to its end, so a hash that nobody has checked could hide there.',
    fix: 'go mod tidy writes the file anew, without what is not needed; review what it changes.',
    key: 'unread sum',
  };
}

function wholeLine(file: string, line: number, text: string): Place {
  return { file, line, column: 1, endLine: line, endColumn: Math.max(2, text.length + 1) };
}
