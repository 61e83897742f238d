import { readFileSync } from 'node:fs';

const FIXTURES = new URL('../fixtures/', import.meta.url);

/** The rows of a fixture of JSON lines; throws when there are none, so that no table test can be empty. */
export function jsonLines<Row>(name: string): Row[] {
  const lines = readFileSync(new URL(name, FIXTURES), 'utf8')
    .split('\n')
    .filter(line => line !== '');
  if (lines.length === 0) throw new Error(`the fixture ${name} is empty`);
  return lines.map(line => JSON.parse(line) as Row);
}

export function jsonFile<Value>(name: string): Value {
  return JSON.parse(readFileSync(new URL(name, FIXTURES), 'utf8')) as Value;
}

/** A path that may be no UTF-8, as the fixtures write it. */
export interface PathRow {
  readonly path?: string;
  readonly path_b64?: string;
}

export function pathOf(row: PathRow): string | Uint8Array {
  return row.path ?? Buffer.from(row.path_b64 ?? '', 'base64');
}
