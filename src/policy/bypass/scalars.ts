import { readFlagsIn, readScript } from './commands.ts';
import { assignmentOf, isVariable, type Report, readAssignmentLines, reportVariable } from './settings.ts';
import { expand } from './shell.ts';
import type { Surface } from './surfaces.ts';
import type { Text } from './text.ts';

/** A string of a YAML or JSON file. */
export interface Scalar {
  /** The keys that lead to it from the root; lists have none. */
  readonly keys: readonly string[];
  /** Offset of the last key, if the string is its value and not in a list. */
  readonly keyAt: number | undefined;
  readonly value: Text;
}

/** Keys of strings that are prose. */
const PROSE = /^(?:name|desc|description|summary|title|if|message|prompt|label|default_branch|uses|image)$/i;

/** Keys whose strings, and strings below, are scripts. */
const SCRIPTS: Readonly<Partial<Record<Surface, RegExp>>> = {
  workflow: /^(?:run|script|scripts|commands?|cmd|entrypoint)$/,
  action: /^(?:run|script|scripts|commands?|cmd|entrypoint)$/,
  devcontainer: /Command$/,
};

/** Where everything that is no prose may be a script: fragments have names of their own. */
const NO_SCRIPTS: Readonly<Partial<Record<Surface, RegExp>>> = {
  gitlab:
    /^(?:variables|only|except|stages?|needs|tags|paths|include|extends|changes|exists|refs|dependencies|artifacts|services|cache|rules|environment|inputs|options|coverage|retry|timeout)$/,
  taskfile: /^(?:env|sources|generates|aliases|includes|dotenv|platforms|requires|version|dir|deps)$/,
};

/** Reports what a string of a YAML or JSON surface sets. */
export function readScalar(scalar: Scalar, surface: Surface, report: Report): void {
  const { keys, value } = scalar;
  const last = keys.at(-1) ?? '';
  const variable = scalar.keyAt === undefined ? undefined : variableOf(keys);
  if (variable !== undefined) {
    reportVariable(variable, expand(value), 'set', report, scalar.keyAt);
    return;
  }
  if (PROSE.test(last)) return;
  if (isScript(keys, surface)) {
    readScript(value, report);
    return;
  }
  const assignment = assignmentOf(value);
  if (assignment && isVariable(assignment.name) && !value.text.includes('\n')) {
    reportVariable(assignment.name, expand(assignment.value), 'set', report, value.at(0));
  } else {
    readAssignmentLines(value, report);
    readFlagsIn(value, report);
  }
}

function isScript(keys: readonly string[], surface: Surface): boolean {
  const scripts = SCRIPTS[surface];
  if (scripts) return keys.some(key => scripts.test(key));
  const others = NO_SCRIPTS[surface];
  return others !== undefined && !keys.some(key => others.test(key));
}

/** `GOFLAGS: x`, `GOFLAGS: {value: x}`, and an action's input `go-flags: x`. */
function variableOf(keys: readonly string[]): string | undefined {
  const last = keys.at(-1) ?? '';
  if (isVariable(last)) return last;
  const parent = keys.at(-2) ?? '';
  if (/^(?:value|default)$/.test(last)) return inputName(parent);
  return /^(?:with|inputs|args)$/.test(parent) ? inputName(last) : undefined;
}

function inputName(key: string): string | undefined {
  const name = key.replaceAll(/[-_]/g, '').toUpperCase();
  return isVariable(name) ? name : undefined;
}
