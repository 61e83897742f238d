import { readFlagsIn, readScript } from './commands.ts';
import { isVariable, type Report, reportVariable, unquoted } from './settings.ts';
import { expand } from './shell.ts';
import { type Text, TextBuilder } from './text.ts';

const ASSIGN =
  /^[ \t]*(?:(?:export|override|private|define)[ \t]+)*([A-Za-z_][\w.-]*)[ \t]*(\?=|\+=|!=|:{0,3}=)[ \t]*/;

/** Reports what a Makefile sets and runs. */
export function readMakefile(file: Text, report: Report): void {
  for (const line of logicalLines(file)) {
    const recipe = line.text.startsWith('\t');
    if (!recipe && readAssignment(line, report)) continue;
    if (!recipe && /^[ ]*#/.test(line.text)) continue;
    // `target: ; command`
    const command = recipe ? 0 : line.text.indexOf(';') + 1;
    const skip = /^[ \t@+-]*/.exec(line.text.slice(command, command + 100))?.[0].length ?? 0;
    readScript(withoutMake(line.slice(command + skip)), report);
  }
}

/** `NAME = value`, alone or for one target; false when the line is none. */
function readAssignment(line: Text, report: Report): boolean {
  let from = 0;
  let match = ASSIGN.exec(line.text.slice(0, 500));
  if (!match) {
    const colon = line.text.indexOf(':');
    if (colon === -1 || colon > 2000) return false;
    from = colon + 1;
    match = ASSIGN.exec(line.text.slice(from, from + 500));
    if (!match) return false;
  }
  const [all, name = '', operator = ''] = match;
  const value = unquoted(line, from + all.length, line.length);
  const expanded = withoutMake(value);
  if (isVariable(name) && operator !== '!=') {
    reportVariable(
      name,
      expand(expanded),
      operator === '?=' ? 'soft' : 'set',
      report,
      line.at(from + all.indexOf(name)),
    );
  } else {
    // Commands are kept in variables (`GO = GOFLAGS=… go`), and so are their flags.
    const script = withoutMake(line.slice(from + all.length));
    let found = 0;
    readScript(script, setting => {
      found++;
      report(setting);
    });
    if (found === 0) readFlagsIn(expanded, report);
  }
  return true;
}

/** Lines with their continuations. */
function* logicalLines(file: Text): Generator<Text> {
  const source = file.text;
  for (let start = 0; start < source.length; ) {
    let end = start;
    for (;;) {
      const newline = source.indexOf('\n', end);
      end = newline === -1 ? source.length : newline;
      const last = source[end - 1] === '\r' ? end - 2 : end - 1;
      if (newline === -1 || last < start || source[last] !== '\\') break;
      end++;
    }
    yield file.slice(start, source[end - 1] === '\r' ? end - 1 : end);
    start = end + 1;
  }
}

/**
 * The text as the shell gets it: `$$` is its dollar, `$(NAME)` is a hole, and the arguments of a function
 * (`$(foreach v,$(LIST),go build …)`) become commands of their own.
 */
function withoutMake(text: Text): Text {
  const source = text.text;
  if (!source.includes('$')) return text;
  const builder = new TextBuilder();
  /** Open parentheses; true for those of functions, whose commas separate. */
  const open: boolean[] = [];
  for (let i = 0; i < source.length; ) {
    const c = source[i] ?? '';
    const next = source[i + 1] ?? '';
    if (c === '$' && next === '$') {
      builder.copy(text, i + 1, i + 2);
      i += 2;
      // The shell's own parenthesis or brace must not look like one of make.
      if ('({'.includes(source[i] ?? ' ')) {
        if (source[i] === '(') open.push(false);
        builder.copy(text, i, i + 1);
        i++;
      }
    } else if (c === '$') {
      const name = /^\$(?:\(([\w.-]{1,100})(?::[^()]{0,200})?\)|\{([\w.-]{1,100})\}|[@<^*%?+|A-Za-z])/.exec(
        source.slice(i, i + 320),
      );
      if (name) {
        const offset = text.at(i);
        builder.hole(
          { name: name[1] ?? name[2], optional: false, length: text.endAt(i + name[0].length) - offset },
          offset,
        );
        i += name[0].length;
      } else {
        if (next === '(') open.push(true);
        builder.copy(text, i, Math.min(i + 2, source.length));
        i += 2;
      }
    } else if (c === '(' || c === ')') {
      if (c === '(') open.push(false);
      else open.pop();
      builder.copy(text, i, i + 1);
      i++;
    } else if (c === ',' && open.at(-1) === true) {
      builder.put(';', text.at(i));
      i++;
    } else {
      const start = i++;
      while (i < source.length && !'$(),'.includes(source[i] ?? '')) i++;
      builder.copy(text, start, i);
    }
  }
  return builder.build(text.at(0));
}
