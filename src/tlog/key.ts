import { fields } from '../gomod/go-text.ts';
import { parseVerifierKey } from './note.ts';

/** The key of a checksum database: in the GOSUMDB variable, or in the go command itself. */

/** What GOSUMDB says. A name without key is one of the databases that the go command knows by itself. */
export type GoSumDb =
  | { readonly off: true }
  | { readonly off: false; readonly name: string; readonly key?: string; readonly url?: string };

/** A GOSUMDB value that go refuses. */
export class GoSumDbError extends Error {
  override readonly name = 'GoSumDbError';
  readonly code = 'bad-gosumdb';
}

const KEY_AFTER_NAME = /^\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}/;
const KEY_AFTER_NAME_LENGTH = 1 + 8 + 1 + 44;

function isKey(text: string): boolean {
  try {
    parseVerifierKey(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Finds a database's verifier key in the source of the go command (`cmd/go/internal/modfetch/key.go`) or in
 * the bytes of its binary, read as latin1. A candidate counts only when its key hash is right.
 *
 * @param name the database's name, as GOSUMDB has it
 */
export function findSumDbKey(text: string, name: string): string | undefined {
  if (name === '') return undefined;
  const prefix = `${name}+`;
  for (let at = text.indexOf(prefix); at >= 0; at = text.indexOf(prefix, at + 1)) {
    const from = at + name.length;
    const found = KEY_AFTER_NAME.exec(text.slice(from, from + KEY_AFTER_NAME_LENGTH))?.[0];
    if (found !== undefined && isKey(name + found)) return name + found;
  }
  return undefined;
}

/**
 * Go knows some short GOSUMDB values as names for another database at a certain URL; they stand in
 * `cmd/go/internal/modfetch/sumdb.go` as `if gosumdb == "short" { gosumdb = "name url" }`. Gives what the
 * value stands for, or undefined.
 */
export function findSumDbAlias(sumdbSource: string, value: string): string | undefined {
  for (const [, short, long] of sumdbSource.matchAll(
    /gosumdb == "([^"\n]{1,200})" \{\s{1,20}gosumdb = "([^"\n]{1,200})"/g,
  )) {
    if (short === value) return long;
  }
  return undefined;
}

/** `host[/path]` and nothing that could bend a URL: the name becomes part of paths. */
function checkName(name: string): void {
  const plain = /^[A-Za-z0-9.-]+(?::[0-9]+)?(?:\/[A-Za-z0-9._~-]+)*$/;
  if (!plain.test(name) || name.split('/').some(part => /^\.+$/.test(part))) {
    throw new GoSumDbError(`invalid sumdb name (must be host[/path]): ${name}`);
  }
}

function nameOfKey(key: string): string {
  try {
    return parseVerifierKey(key).name;
  } catch (cause) {
    throw new GoSumDbError(`invalid GOSUMDB: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/**
 * Reads the GOSUMDB variable: `off`, `name`, `name+hash+key`, and behind either of the two an optional URL.
 *
 * @throws GoSumDbError in go's words
 */
export function parseGoSumDb(value: string): GoSumDb {
  if (value === 'off') return { off: true };
  const [first, url, ...more] = fields(value);
  if (first === undefined) throw new GoSumDbError('missing GOSUMDB');
  if (more.length > 0) throw new GoSumDbError('invalid GOSUMDB: too many fields');
  const hasKey = first.includes('+');
  const name = hasKey ? nameOfKey(first) : first;
  checkName(name);
  return { off: false, name, ...(hasKey && { key: first }), ...(url !== undefined && { url }) };
}
