/** Levels of objects and arrays in a value; records have three. */
const MAX_DEPTH = 16;

/**
 * The object that a line is, and only one reading of it: no name twice in an object, none that JavaScript takes for
 * a prototype, no depth that would exhaust the stack of whoever walks it. Throws SyntaxError with words in one line
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
  for (const key in value) {
    if (key === '__proto__') throw new SyntaxError('has a field __proto__');
    const item = (value as Record<string, unknown>)[key];
    if (typeof item === 'object') walk(item, depth + 1);
  }
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;

/** Throws where an object of valid JSON has a name twice; two ways to write a name are one name. */
function refuseTwice(json: string): void {
  const open: (Set<string> | undefined)[] = [];
  let text = '';
  for (const [token] of json.matchAll(TOKEN)) {
    const names = open.at(-1);
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':' && names !== undefined) {
      const name = JSON.parse(text) as string;
      if (names.has(name)) throw new SyntaxError('has a field twice');
      names.add(name);
    } else text = token;
  }
}
