import type { Scalar } from './scalars.ts';
import { type Text, TextBuilder } from './text.ts';

/**
 * The strings of a JSON file with comments and trailing commas, as editors read it. A token scan and no parser:
 * what is broken stops nothing.
 */
export function jsonScalars(file: Text): Scalar[] {
  const source = file.text;
  const out: Scalar[] = [];
  /** One for each open bracket: the key that an object is at; undefined for a list. */
  const open: ({ key: string; at: number } | undefined)[] = [];
  let nextIsKey = false;
  for (let i = 0; i < source.length; ) {
    const c = source[i];
    if (c === '"') {
      const end = stringEnd(source, i);
      const value = stringText(file, i + 1, end);
      const holder = open.at(-1);
      if (holder && nextIsKey) {
        holder.key = value.text.slice(0, 100);
        holder.at = file.at(i + 1);
      } else out.push({ keys: keysOf(open), keyAt: holder?.at, value });
      i = end + 1;
    } else if (c === '/' && (source[i + 1] === '/' || source[i + 1] === '*')) {
      const end = source[i + 1] === '/' ? source.indexOf('\n', i) : source.indexOf('*/', i);
      i = end === -1 ? source.length : end + 1;
    } else {
      if (c === '{') open.push({ key: '', at: file.at(i) });
      else if (c === '[') open.push(undefined);
      else if (c === '}' || c === ']') open.pop();
      if (c === '{' || (c === ',' && open.at(-1))) nextIsKey = true;
      else if (c === ':' || c === '[') nextIsKey = false;
      i++;
    }
  }
  return out;
}

function keysOf(open: readonly ({ key: string } | undefined)[]): string[] {
  return open.slice(-12).flatMap(holder => (holder ? [holder.key] : []));
}

function stringEnd(source: string, from: number): number {
  for (let i = from + 1; i < source.length; i++) {
    if (source[i] === '\\') i++;
    else if (source[i] === '"' || source[i] === '\n') return i;
  }
  return source.length;
}

function stringText(file: Text, from: number, to: number): Text {
  const builder = new TextBuilder();
  for (let i = from; i < to; ) {
    const start = i;
    while (i < to && file.text[i] !== '\\') i++;
    builder.copy(file, start, i);
    if (i >= to) break;
    const next = file.text[i + 1] ?? '';
    const code = next === 'u' ? Number.parseInt(file.text.slice(i + 2, i + 6), 16) : Number.NaN;
    const plain = { n: '\n', t: '\t', r: '\r' }[next] ?? next;
    builder.put(code > 0 ? String.fromCharCode(code) : plain, file.at(i + 1));
    i += next === 'u' ? 6 : 2;
  }
  return builder.build(file.at(from));
}
