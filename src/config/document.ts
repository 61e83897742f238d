import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  visit,
} from 'yaml';
import { ConfigError, type ConfigProblem } from './errors.ts';

/** A key path as zod and yaml both use it. */
export type KeyPath = readonly PropertyKey[];

/** 1-based, columns in UTF-16 units. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Where things stand in the file. */
export interface Places {
  /** Place of the value at a path, or of the nearest enclosing one that exists. */
  value(path: KeyPath): Place;
  /** Place of a key inside the map at a path. */
  key(path: KeyPath, key: string): Place;
}

/** A YAML file before anybody has asked what its keys mean. */
export interface RawFile {
  /** Undefined or null for an empty file. */
  readonly raw: unknown;
  readonly places: Places;
  /** Dotted key to 1-based line; list items by index (`proxy.upstream.0`). */
  readonly lines: ReadonlyMap<string, number>;
}

/** More aliases than this are a bomb, not a configuration. */
const MAX_ALIASES = 100;
const MAX_DEPTH = 32;

/** Problems that are told one by one; a file that is something else altogether has thousands. */
export const MAX_PROBLEMS = 100;

/** Parses a YAML text. Throws ConfigError `config-invalid` with line and column of each syntax error. */
export function readDocument(text: string, file: string): RawFile {
  const counter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: counter,
    // The parser compares each key with all others, which a file of keys alone turns into minutes.
    uniqueKeys: false,
    merge: false,
    prettyErrors: false,
  });
  const at = (offset: number | undefined): Place => {
    const { line, col } = counter.linePos(offset ?? 0);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problem = (place: Place, message: string): ConfigProblem => ({
    where: file,
    ...place,
    message: `this is not valid YAML: ${message}`,
  });
  const broken = document.errors.slice(0, MAX_PROBLEMS).map(error => {
    return problem(at(error.pos[0]), error.message);
  });
  if (broken.length > 0) throw new ConfigError('config-invalid', broken);

  const places = placesIn(document, at);
  refuseDepth(document, file, places.value([]));
  refuseSets(document, file, at);
  const twice = repeatedKeys(document).slice(0, MAX_PROBLEMS);
  if (twice.length > 0) {
    throw new ConfigError(
      'config-invalid',
      twice.map(({ key, offset, first }) =>
        problem(at(offset), `the key ${JSON.stringify(key)} is in line ${at(first).line} already`),
      ),
    );
  }
  keepAsWritten(document);
  return { raw: toValues(document, file), places, lines: keyLines(document, offset => at(offset).line) };
}

function toValues(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    const message = `the aliases (*name) cannot be followed: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new ConfigError('config-invalid', [{ where: file, line: 1, column: 1, message }], { cause });
  }
}

function refuseDepth(document: Document.Parsed, file: string, place: Place): void {
  visit(document, {
    Collection(_, __, ancestors) {
      if (ancestors.length <= 2 * MAX_DEPTH) return undefined;
      const message = `this is nested more than ${MAX_DEPTH} deep; no key of modgate is`;
      throw new ConfigError('config-invalid', [{ where: file, ...place, message }]);
    },
  });
}

/** `!!set` and `!!omap` would be maps without keys to whoever reads them, so lists in them would count for nothing. */
function refuseSets(
  document: Document.Parsed,
  file: string,
  at: (offset: number | undefined) => Place,
): void {
  visit(document, {
    Collection(_, node) {
      if (!/^tag:yaml\.org,2002:(set|omap|pairs)$/.test(node.tag ?? '')) return undefined;
      const message = 'this has a tag that no key of modgate takes; write a plain map or list';
      throw new ConfigError('config-invalid', [{ where: file, ...at(node.range?.[0]), message }]);
    },
  });
}

/** Keys that a map has more than once, with the offsets of the repetition and of the first one. */
function repeatedKeys(document: Document.Parsed): { key: string; offset: number; first: number }[] {
  const found: { key: string; offset: number; first: number }[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Map<string, number>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        const offset = key.range?.[0] ?? 0;
        const first = seen.get(name);
        if (first === undefined) seen.set(name, offset);
        else found.push({ key: name, offset, first });
      }
    },
  });
  return found;
}

/**
 * Some values are text that YAML takes for something else: `reason: 4711`, `owner: 007`, `min: 1.30` (which would be
 * 1.3). They become what the author typed.
 */
function keepAsWritten(document: Document.Parsed): void {
  const scalarsIn = (node: unknown): Scalar[] => {
    if (isScalar(node)) return [node];
    return isSeq(node) ? node.items.filter(isScalar) : [];
  };
  const asText = (scalar: Scalar): void => {
    if (typeof scalar.value !== 'string') scalar.value = scalar.value === null ? '' : (scalar.source ?? '');
  };
  // Dates and bytes: no key takes them, and the validator would take them for maps without keys.
  visit(document, {
    Scalar(_, scalar) {
      if (typeof scalar.value === 'object' && scalar.value !== null) asText(scalar);
    },
  });
  const waivers = document.get('waivers');
  if (isSeq(waivers)) {
    for (const waiver of waivers.items) {
      if (isMap(waiver)) for (const { value } of waiver.items) scalarsIn(value).forEach(asText);
    }
  }
  for (const path of [
    ['rules', 'go/version-range', 'min'],
    ['rules', 'go/version-range', 'max'],
  ]) {
    scalarsIn(getIn(document, path)).forEach(asText);
  }
}

function getIn(document: Document.Parsed, path: readonly string[]): unknown {
  let node: unknown = document.contents;
  for (const part of path) node = isMap(node) ? node.get(part, true) : undefined;
  return node;
}

function placesIn(document: Document.Parsed, at: (offset: number | undefined) => Place): Places {
  const nodeAt = (path: KeyPath): Node | undefined => {
    let node: unknown = document.contents;
    for (const part of path) {
      if (isAlias(node)) node = node.resolve(document);
      const next: unknown = isMap(node) || isSeq(node) ? node.get(part as string | number, true) : undefined;
      if (next === undefined) break;
      node = next;
    }
    return (node ?? undefined) as Node | undefined;
  };
  return {
    value: path => at(nodeAt(path)?.range?.[0]),
    key(path, key) {
      const map = nodeAt(path);
      const pair = isMap(map)
        ? map.items.find(item => isScalar(item.key) && String(item.key.value) === key)
        : undefined;
      return at((isScalar(pair?.key) ? pair.key.range?.[0] : undefined) ?? map?.range?.[0]);
    },
  };
}

function keyLines(document: Document.Parsed, lineAt: (offset: number | undefined) => number) {
  const lines = new Map<string, number>();
  const walk = (node: unknown, path: string): void => {
    if (isMap(node)) {
      for (const pair of node.items) {
        if (!isPair(pair) || !isScalar(pair.key)) continue;
        const key = path === '' ? String(pair.key.value) : `${path}.${String(pair.key.value)}`;
        lines.set(key, lineAt(pair.key.range?.[0]));
        walk(pair.value, key);
      }
    } else if (isSeq(node)) {
      node.items.forEach((item, index) => {
        const offset = (item as Node | null)?.range?.[0];
        if (offset !== undefined) lines.set(`${path}.${index}`, lineAt(offset));
        walk(item, `${path}.${index}`);
      });
    }
  };
  walk(document.contents, '');
  return lines;
}
