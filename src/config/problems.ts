import { z } from 'zod';
import { type KeyPath, MAX_PROBLEMS, type Places } from './document.ts';
import type { ConfigProblem } from './errors.ts';
import { redactText } from './redact.ts';
import { didYouMean } from './suggest.ts';

type Issue = z.core.$ZodIssue;

/** Turns what the schema found into problems at their places, in words for the author of the file. */
export function schemaProblems(
  error: z.ZodError,
  values: unknown,
  root: z.ZodType,
  places: Places,
  file: string,
): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const add = (place: { line: number; column: number }, message: string): void => {
    problems.push({ where: file, ...place, message });
  };
  let left = 0;
  for (const issue of flatten(error.issues, [], values)) {
    const path = issue.path;
    const room = MAX_PROBLEMS - problems.length;
    if (issue.code === 'unrecognized_keys') {
      const known = keysAt(root, path);
      for (const key of issue.keys.slice(0, room)) add(places.key(path, key), unknownKey(key, path, known));
      left += Math.max(0, issue.keys.length - room);
    } else if (room > 0) {
      add(places.value(path), describe(issue, path, valueAt(values, path)));
    } else left++;
  }
  problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  if (left > 0) problems.push({ where: file, message: `there are ${left} more problems like these` });
  return problems;
}

function unknownKey(key: string, path: KeyPath, known: readonly string[]): string {
  const within = path.length === 0 ? 'here' : `under ${dotted(path)}`;
  const near = didYouMean(key, known);
  if (path.length === 1 && path[0] === 'rules') {
    const hint = near ? `did you mean ${near}?` : 'modgate config explain rules lists them all';
    return `unknown rule ${quote(key)}; ${hint}`;
  }
  const hint = near ? `did you mean ${near}?` : `the keys ${within} are ${known.join(', ')}`;
  return `unknown key ${quote(key)} ${within}; ${hint}`;
}

function describe(issue: Issue, path: KeyPath, value: unknown): string {
  const name = path.length === 0 ? 'the file' : dotted(path);
  switch (issue.code) {
    case 'custom':
      return `${name}: ${quote(value)} ${issue.message}`;
    case 'invalid_format':
      return `${name}: ${quote(value)} ${issue.message.startsWith('is ') ? issue.message : 'has the wrong form'}`;
    case 'invalid_value': {
      const near = typeof value === 'string' ? didYouMean(value, issue.values.map(String)) : undefined;
      const allowed = issue.values.map(String).join(', ');
      if (name === 'version')
        return `version: ${quote(value)} is not read by this modgate; it reads version 1`;
      if (issue.values.length > 12) {
        const hint = near ? `did you mean ${near}?` : 'modgate config explain rules lists them all';
        return `${name}: ${quote(value)} is no rule; ${hint}`;
      }
      return `${name}: ${quote(value)} is not one of ${allowed}${near ? `; did you mean ${near}?` : ''}`;
    }
    case 'invalid_type':
      if (value === undefined) return `${name} is missing; it is required here`;
      return `${name}: ${quote(value)} is not ${aKind(issue.expected)}`;
    case 'too_small':
      return `${name}: ${quote(value)} is too small or empty; the least is ${issue.minimum}`;
    case 'too_big':
      return `${name}: ${quote(value)} is too large or too long; the most is ${issue.maximum}`;
    default:
      return `${name}: ${issue.message}`;
  }
}

function aKind(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    object: 'a map of keys',
    record: 'a map of keys',
    array: 'a list; write each entry on a line of its own with a dash before it',
    string: 'text',
    boolean: 'true or false',
    number: 'a number',
    int: 'a whole number',
  };
  return words[expected] ?? `a ${expected}`;
}

/**
 * Unions report one list of issues for each alternative. The alternative that fits the kind of the value is
 * the one the author had in mind.
 */
function flatten(issues: readonly Issue[], above: KeyPath, values: unknown): Issue[] {
  return issues.flatMap(issue => {
    const path = [...above, ...issue.path];
    if (issue.code !== 'invalid_union') return [{ ...issue, path }];
    const value = valueAt(values, path);
    const fitting = issue.errors.find(branch => branch.every(i => i.path.length > 0 || !wrongKind(i)));
    if (fitting) return flatten(fitting, path, values);
    // Text where words are known is one of them mistyped.
    const word = issue.errors.find(branch => branch.some(i => i.code === 'invalid_value'));
    if (word && typeof value === 'string') return flatten(word, path, values);
    const kinds = issue.errors
      .flat()
      .filter(wrongKind)
      .map(i => (i.code === 'invalid_type' ? i.expected : ''));
    const what = [...new Set(kinds.filter(Boolean))].map(aKind).join(' or ');
    return [
      { code: 'custom', path, input: value, message: `is not ${what || 'a value that fits here'}` } as Issue,
    ];
  });
}

function wrongKind(issue: Issue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}

/** The value at a path; undefined when there is none, also for what objects have by nature. */
export function valueAt(values: unknown, path: KeyPath): unknown {
  let value = values;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.hasOwn(value, part) ? (value as Record<PropertyKey, unknown>)[part] : undefined;
  }
  return value;
}

/** Keys that the schema knows at a path; union alternatives and list items are looked through. */
function keysAt(root: z.core.$ZodType, path: KeyPath): string[] {
  let found: z.core.$ZodType[] = [root];
  for (const part of path) {
    found = found.flatMap(alternatives).flatMap(type => {
      if (type instanceof z.ZodObject) {
        const next = (type.shape as Record<string, z.core.$ZodType>)[String(part)];
        return next ? [next] : [];
      }
      return type instanceof z.ZodArray ? [type.element] : [];
    });
  }
  return found
    .flatMap(alternatives)
    .flatMap(type => (type instanceof z.ZodObject ? Object.keys(type.shape) : []));
}

function alternatives(type: z.core.$ZodType): z.core.$ZodType[] {
  if (type instanceof z.ZodUnion) return type.options.flatMap(alternatives);
  if (type instanceof z.ZodPipe) return alternatives(type.in);
  if (type instanceof z.ZodDefault || type instanceof z.ZodPrefault || type instanceof z.ZodOptional) {
    return alternatives(type.unwrap());
  }
  return [type];
}

function dotted(path: KeyPath): string {
  return path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`,
    )
    .join('');
}

const MAX_LOOKED_AT = 1_000;

/** Hides user and password where a host alone was meant. */
function withoutLogin(word: string): string {
  const at = word.lastIndexOf('@');
  const colon = word.indexOf(':');
  return colon < 0 || colon > at || word.startsWith('//', colon + 1) ? word : `***${word.slice(at)}`;
}

function quote(value: unknown): string {
  // Longer than any login, and short enough for a file that is nothing but mistakes. What is shown is cut when the login
  // is hidden: without its @ a password is not seen to be one.
  const whole = (JSON.stringify(value) ?? String(value)).slice(0, MAX_LOOKED_AT);
  const text = redactText(whole).replaceAll(/[^\s"']+/g, withoutLogin);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
