import type * as Yaml from 'yaml';
import type { Scalar } from './scalars.ts';
import { type Text, TextBuilder } from './text.ts';

export type YamlLibrary = Pick<typeof Yaml, 'parseAllDocuments' | 'isMap' | 'isSeq' | 'isScalar'>;

/** The strings of a YAML file in the order of the file, also of one that is broken as far as it can be read. */
export function yamlScalars(file: Text, yaml: YamlLibrary): Scalar[] {
  const documents = yaml.parseAllDocuments(file.text, {
    uniqueKeys: false,
    strict: false,
    logLevel: 'silent',
    prettyErrors: false,
    stringKeys: false,
  });
  const out: Scalar[] = [];
  // Anchored nodes are visited where they stand; an alias is not followed, so that none can multiply.
  const stack: { node: unknown; keys: readonly string[]; keyAt: number | undefined }[] = [];
  for (const document of [...documents].reverse()) {
    stack.push({ node: document.contents, keys: [], keyAt: undefined });
  }
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { node, keys, keyAt } = top;
    if (yaml.isMap(node)) {
      for (const { key, value } of node.items.toReversed()) {
        const name = yaml.isScalar(key) ? String(key.value) : '';
        const at = yaml.isScalar(key) ? key.range?.[0] : undefined;
        stack.push({ node: value, keys: deeper(keys, name), keyAt: at });
      }
    } else if (yaml.isSeq(node)) {
      for (const item of node.items.toReversed()) stack.push({ node: item, keys, keyAt: undefined });
    } else if (yaml.isScalar(node) && node.range) {
      out.push({ keys, keyAt, value: scalarText(file, node.range[0], node.range[1], node.type) });
    }
  }
  return out;
}

/** Enough to tell what a string is for; a file of deep maps costs no more than its size. */
const MAX_KEYS = 12;

function deeper(keys: readonly string[], key: string): readonly string[] {
  return [...(keys.length < MAX_KEYS ? keys : keys.slice(1)), key.slice(0, 100)];
}

function scalarText(file: Text, from: number, to: number, type: string | undefined): Text {
  switch (type) {
    case 'BLOCK_LITERAL':
      return blockText(file, from, to, false);
    case 'BLOCK_FOLDED':
      return blockText(file, from, to, true);
    case 'QUOTE_DOUBLE':
      return quotedText(file, from + 1, to - 1, '"');
    case 'QUOTE_SINGLE':
      return quotedText(file, from + 1, to - 1, "'");
    default:
      return quotedText(file, from, to, '');
  }
}

/** A block scalar without its header and indentation. */
function blockText(file: Text, from: number, to: number, folded: boolean): Text {
  const source = file.text;
  const header = source.indexOf('\n', from);
  const builder = new TextBuilder();
  if (header === -1 || header >= to) return builder.build(file.at(from));
  let indent = -1;
  let deep = false;
  for (let start = header + 1; start < to; ) {
    const newline = source.indexOf('\n', start);
    const end = newline === -1 || newline > to ? to : newline;
    let first = start;
    while (first < end && source[first] === ' ') first++;
    const empty = first === end || (source[first] === '\r' && first + 1 === end);
    if (!empty) {
      if (indent === -1) indent = first - start;
      const more = first - start > indent;
      const begin = start + Math.min(indent, first - start);
      if (builder.length > 0) builder.put(folded && !more && !deep ? ' ' : '\n', file.at(start - 1));
      builder.copy(file, begin, source[end - 1] === '\r' ? end - 1 : end);
      deep = more;
    } else if (builder.length > 0) {
      builder.put('\n', file.at(start));
    }
    start = end + 1;
  }
  return builder.build(file.at(from));
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '0': '\ufffd',
  a: '\x07',
  e: '\x1b',
};

/** A flow scalar: line ends folded, and the escapes of its kind of quote resolved. */
function quotedText(file: Text, from: number, to: number, quote: string): Text {
  const source = file.text;
  const builder = new TextBuilder();
  for (let i = from; i < to; ) {
    const c = source[i] ?? '';
    if (c === '\n' || c === '\r') {
      const begin = i;
      let lines = 0;
      for (; i < to && /\s/.test(source[i] ?? ''); i++) if (source[i] === '\n') lines++;
      builder.put(lines > 1 ? '\n' : ' ', file.at(begin));
    } else if (quote === "'" && c === "'") {
      builder.put("'", file.at(i));
      i += 2;
    } else if (quote === '"' && c === '\\') {
      i += putEscape(builder, file, i);
    } else {
      const start = i++;
      while (i < to && !"\n\r'\\".includes(source[i] ?? '')) i++;
      builder.copy(file, start, i);
    }
  }
  return builder.build(file.at(from));
}

/** Decodes the escape at `i` and returns its length. */
function putEscape(builder: TextBuilder, file: Text, i: number): number {
  const next = file.text[i + 1] ?? '';
  const digits = { x: 2, u: 4, U: 8 }[next];
  if (digits !== undefined) {
    const code = Number.parseInt(file.text.slice(i + 2, i + 2 + digits), 16);
    const known = code > 0 && code <= 0x10ffff;
    builder.put(known ? String.fromCodePoint(code) : '\ufffd', file.at(i));
    return 2 + digits;
  }
  if (next === '\n' || next === '\r') {
    let length = 2;
    while (/\s/.test(file.text[i + length] ?? '')) length++;
    return length;
  }
  builder.put(ESCAPES[next] ?? next, file.at(i + 1));
  return 2;
}
