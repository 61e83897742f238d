import { readScript } from './commands.ts';
import { jsonScalars } from './json.ts';
import { assignmentOf, isVariable, type Report, reportVariable } from './settings.ts';
import { readWords } from './shell.ts';
import { type Text, TextBuilder } from './text.ts';

/** Reports what the instructions of a Dockerfile set and run. */
export function readDockerfile(file: Text, report: Report): void {
  const mark = /^(?:#[^\n]*\n){0,5}#[ \t]*escape[ \t]*=[ \t]*`/i.test(file.text.slice(0, 2000)) ? '`' : '\\';
  for (const line of instructions(file, mark)) {
    const match = /^[ \t]*(?:ONBUILD[ \t]+)?([A-Za-z]{2,20})[ \t]+/i.exec(line.text.slice(0, 200));
    if (!match) continue;
    const rest = line.slice(match[0].length);
    switch (match[1]?.toUpperCase()) {
      case 'ENV':
        readEnv(rest, report);
        break;
      case 'ARG':
        for (const word of readWords(rest)) readPair(word, 'set', report);
        break;
      case 'RUN':
      case 'CMD':
      case 'ENTRYPOINT':
      case 'HEALTHCHECK':
        readRun(rest, report);
        break;
    }
  }
}

function readPair(word: Text, how: 'set' | 'soft', report: Report): void {
  const pair = assignmentOf(word);
  if (pair && isVariable(pair.name)) reportVariable(pair.name, pair.value, how, report, word.at(0));
}

/** `ENV NAME=value …`, or the old `ENV NAME value`. */
function readEnv(rest: Text, report: Report): void {
  const words = readWords(rest);
  const [name, ...values] = words;
  if (!name) return;
  if (name.text.includes('=')) {
    for (const word of words) readPair(word, 'set', report);
    return;
  }
  const first = values[0];
  const last = values.at(-1);
  if (!first || !last || !isVariable(name.text)) return;
  // The whole rest of the line is the value.
  const builder = new TextBuilder();
  values.forEach((value, i) => {
    if (i > 0) builder.put(' ', value.at(0) - 1);
    builder.copy(value, 0, value.length);
  });
  reportVariable(name.text, builder.build(first.at(0)), 'set', report, name.at(0));
}

function readRun(rest: Text, report: Report): void {
  const exec = /^(?:--[a-z]+=\S+[ \t]+)*\[/.exec(rest.text.slice(0, 2000));
  if (!exec) {
    readScript(rest, report);
    return;
  }
  // The words of `["sh", "-c", "…"]`, quoted away from each other by spaces.
  const builder = new TextBuilder();
  for (const { value } of jsonScalars(rest.slice(exec[0].length - 1))) {
    const spaced = /\s/.test(value.text) && !value.text.includes("'");
    builder.put(spaced ? " '" : ' ', value.at(0));
    builder.copy(value, 0, value.length);
    if (spaced) builder.put("'", value.endAt(value.length));
  }
  readScript(builder.build(rest.at(0)), report);
}

/** Logical lines: continuations joined, comment lines in them dropped, here-documents kept with their instruction. */
function* instructions(file: Text, mark: string): Generator<Text> {
  const source = file.text;
  for (let start = 0; start < source.length; ) {
    const builder = new TextBuilder();
    const begin = start;
    let going = true;
    while (going && start < source.length) {
      const newline = source.indexOf('\n', start);
      const end = newline === -1 ? source.length : newline;
      let last = end;
      while (last > start && ' \t\r'.includes(source[last - 1] ?? '')) last--;
      let first = start;
      while (first < last && ' \t'.includes(source[first] ?? '')) first++;
      const comment = source[first] === '#';
      const blank = first === last;
      const continued = !blank && source[last - 1] === mark;
      if (comment && builder.length === 0) going = false;
      else if (!comment && !(blank && builder.length > 0)) {
        builder.copy(file, start, continued ? last - 1 : last);
        if (continued) builder.put(' ', file.at(last - 1));
        going = continued;
      }
      start = end + 1;
    }
    const line = builder.build(file.at(begin));
    const body = documentsOf(line.text, source, start);
    if (body.length > 0) {
      const whole = new TextBuilder();
      whole.copy(line, 0, line.length);
      whole.put('\n', file.at(Math.max(start - 1, 0)));
      whole.copy(file, start, start + body.length);
      start += body.length;
      yield whole.build(file.at(begin));
    } else yield line;
  }
}

/** The bodies of the here-documents that an instruction begins, with their ends. */
function documentsOf(line: string, source: string, start: number): { readonly length: number } {
  if (!/^\s*(?:RUN|COPY|ADD)\s/i.test(line.slice(0, 100)) || !line.includes('<<')) return { length: 0 };
  let at = start;
  for (const [, , end = ''] of [...line.matchAll(/<<-?(["']?)([A-Za-z_]\w*)\1/g)].slice(0, 10)) {
    for (let closed = false; !closed && at < source.length; ) {
      const newline = source.indexOf('\n', at);
      const stop = newline === -1 ? source.length : newline;
      closed = source.slice(at, Math.min(stop, at + end.length + 1000)).trim() === end;
      at = Math.min(stop + 1, source.length);
    }
  }
  return { length: at - start };
}
