/** Levels of objects and arrays in a value; records have three. */
const MAX_DEPTH = 16;
/** Fields of an object; records have some twenty. More are looked at by nobody, and a million of them take seconds. */
const MAX_FIELDS = 1000;

/**
 * The object that a line is, and only one reading of it: no name twice in an object, none that JavaScript takes for
 * a prototype, no depth that would exhaust the stack of whoever walks it, no end of fields. Throws SyntaxError with words in one line
 * that hold no text of the line.
 */
export function parseLine(line: string): Record<string, unknown> {
  if (line.charCodeAt(0) !== 0x7b || line.charCodeAt(line.length - 1) !== 0x7d) {
    throw new SyntaxError('is no JSON object, or something stands before or after it');
  }
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new SyntaxError('is no JSON');
  }
  walk(value, 1);
  // JSON.stringify writes what JSON.parse kept. Where that is the line again, nothing got lost in between, and this is
  // how nearly every writer writes; everything else is read by hand.
  if (JSON.stringify(value) !== line) refuseTwice(line);
  return value as Record<string, unknown>;
}

function walk(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_DEPTH) throw new SyntaxError(`is nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') walk(item, depth + 1);
    return;
  }
  let fields = 0;
  for (const key in value) {
    if (++fields > MAX_FIELDS) throw new SyntaxError(`has more than ${MAX_FIELDS} fields in one object`);
    if (key === '__proto__') throw new SyntaxError('has a field __proto__');
    const item = (value as Record<string, unknown>)[key];
    if (typeof item === 'object') walk(item, depth + 1);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** Names of an object so far: most have one, which needs no set. */
type Names = string | Set<string> | undefined;

/** Throws where an object of valid JSON has a name twice; two ways to write a name are one name. */
function refuseTwice(json: string): void {
  const open: Names[] = [];
  let from = 0;
  let to = 0;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      from = at;
      at = stringEnd(json, at);
      to = at + 1;
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) open.push(undefined);
    else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) open.pop();
    else if (code === COLON) open.push(withName(open.pop(), nameOf(json.slice(from, to))));
  }
}

/** Where the string that begins at a quote ends. */
function stringEnd(json: string, quote: number): number {
  for (let end = json.indexOf('"', quote + 1); ; end = json.indexOf('"', end + 1)) {
    let slashes = 0;
    while (json.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end;
  }
}

function nameOf(literal: string): string {
  return literal.includes('\\') ? (JSON.parse(literal) as string) : literal.slice(1, -1);
}

function withName(names: Names, name: string): Names {
  if (names === undefined) return name;
  const all = typeof names === 'string' ? new Set([names]) : names;
  if (all.has(name)) throw new SyntaxError('has a field twice');
  return all.add(name);
}
