import type { z } from 'zod';
import { type KeyPath, type Place, readDocument } from './document.ts';
import { ConfigError } from './errors.ts';
import { schemaProblems, valueAt } from './problems.ts';
import { type FileConfig, schema } from './schema.ts';

/** One configuration file, checked. */
export interface ParsedFile {
  /** Its name for messages. */
  readonly name: string;
  /** Defaults filled in. */
  readonly values: FileConfig;
  /** Dotted key to 1-based line, of every key that it sets; list items by index (`proxy.upstream.0`). */
  readonly lines: ReadonlyMap<string, number>;
  /** Whether the file itself has the key. */
  said(path: KeyPath): boolean;
  /** Place of the value at a path, or of the nearest enclosing one that exists. */
  place(path: KeyPath): Place;
}

/**
 * Parses and checks the text of a configuration file. `file` is its name for messages.
 * Throws ConfigError `config-invalid` with every problem found, each at its line and column.
 */
export function parseConfig(text: string, file: string): ParsedFile {
  const { raw, places, lines } = readDocument(text, file);
  const result = schema.safeParse(raw ?? {});
  if (!result.success) {
    throw new ConfigError(
      'config-invalid',
      schemaProblems(result.error as z.ZodError, raw, schema, places, file),
    );
  }
  return {
    name: file,
    values: result.data,
    lines,
    said: path => valueAt(raw, path) !== undefined,
    place: places.value,
  };
}
