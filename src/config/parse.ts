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
  visit,
} from 'yaml';
import type { z } from 'zod';
import { ConfigError, type ConfigProblem } from './errors.ts';
import { schemaProblems } from './problems.ts';
import { type FileConfig, schema } from './schema.ts';

/** A key path as zod and yaml both use it. */
export type KeyPath = readonly PropertyKey[];

/** A parsed file: its values, and the line of every key that it sets. */
export interface ParsedFile {
  readonly values: FileConfig;
  /** Dotted key to 1-based line; list items by index (`proxy.upstream.0`). */
  readonly lines: ReadonlyMap<string, number>;
}

/** Where things stand in the file. */
export interface Places {
  /** Place of the value at a path, or of the nearest enclosing one that exists. */
  value(path: KeyPath): { line: number; column: number };
  /** Place of a key inside the map at a path. */
  key(path: KeyPath, key: string): { line: number; column: number };
}

/** More aliases than this are a bomb, not a configuration. */
const MAX_ALIASES = 100;
const MAX_DEPTH = 32;

/**
 * Parses and checks the text of a configuration file. `file` is its name for messages.
 * Throws ConfigError `config-invalid` with every problem found, each at its line and column.
 */
export function parseConfig(text: string, file: string): ParsedFile {
  const counter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: counter,
    uniqueKeys: true,
    merge: false,
    prettyErrors: false,
  });
  const broken: ConfigProblem[] = document.errors.map(error => {
    const { line, col } = counter.linePos(error.pos[0]);
    return { where: file, line, column: col, message: `this is not valid YAML: ${error.message}` };
  });
  if (broken.length > 0) throw new ConfigError('config-invalid', broken);

  const places = placesIn(document, counter);
  refuseDepth(document, places, file);
  const values = toValues(document, file);
  const result = schema.safeParse(values ?? {});
  if (!result.success) {
    throw new ConfigError(
      'config-invalid',
      schemaProblems(result.error as z.ZodError, values, schema, places, file),
    );
  }
  return { values: result.data, lines: keyLines(document, counter) };
}

function toValues(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    const message = `the aliases (*name) cannot be followed: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new ConfigError('config-invalid', [{ where: file, line: 1, column: 1, message }], { cause });
  }
}

function refuseDepth(document: Document.Parsed, places: Places, file: string): void {
  visit(document, {
    Collection(_, __, ancestors) {
      if (ancestors.length <= 2 * MAX_DEPTH) return undefined;
      const message = `this is nested more than ${MAX_DEPTH} deep; no key of modgate is`;
      throw new ConfigError('config-invalid', [{ where: file, ...places.value([]), message }]);
    },
  });
}

function placesIn(document: Document.Parsed, counter: LineCounter): Places {
  const at = (offset: number | undefined): { line: number; column: number } => {
    const { line, col } = counter.linePos(offset ?? 0);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
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

function keyLines(document: Document.Parsed, counter: LineCounter): Map<string, number> {
  const lines = new Map<string, number>();
  const walk = (node: unknown, path: string): void => {
    if (isMap(node)) {
      for (const pair of node.items) {
        if (!isPair(pair) || !isScalar(pair.key)) continue;
        const key = path === '' ? String(pair.key.value) : `${path}.${String(pair.key.value)}`;
        lines.set(key, counter.linePos(pair.key.range?.[0] ?? 0).line);
        walk(pair.value, key);
      }
    } else if (isSeq(node)) {
      node.items.forEach((item, index) => {
        const offset = (item as Node | null)?.range?.[0];
        if (offset !== undefined) lines.set(`${path}.${index}`, counter.linePos(offset).line);
        walk(item, `${path}.${index}`);
      });
    }
  };
  walk(document.contents, '');
  return lines;
}
