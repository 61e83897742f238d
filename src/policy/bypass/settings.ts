import type { Text } from './text.ts';

/** A place of a file that sets a variable of go, or gives a flag to it. */
export interface Setting {
  /** `GOSUMDB`, or `-modfile`. */
  readonly name: string;
  /** For a flag without its name. */
  readonly value: Text;
  /** `flag`: of a command. `goflags`: in GOFLAGS. `kept`: by `go env -w`. `soft`: only where nothing is set yet. */
  readonly how: 'set' | 'soft' | 'kept' | 'flag' | 'goflags';
  /** Offsets in the file of what is shown: the value, or the flag with its name. */
  readonly from: number;
  readonly to: number;
}

export type Report = (setting: Setting) => void;

/** Variables that decide what go fetches, from where, whom it believes, or which go.mod it reads. */
export const VARIABLES: ReadonlySet<string> = new Set([
  'GOFLAGS',
  'GOPROXY',
  'GONOPROXY',
  'GONOSUMDB',
  'GOSUMDB',
  'GOINSECURE',
  'GOPRIVATE',
  'GOWORK',
  'GOENV',
  'GOAUTH',
  'GOVCS',
  'GO111MODULE',
  'GOTOOLCHAIN',
]);

/** Names that people take for variables of go. */
export const NO_VARIABLES: ReadonlySet<string> = new Set([
  'GONOSUMCHECK',
  'GOSUMCHECK',
  'GONOSUM',
  'GOSUM',
  'GONOCHECKSUM',
]);

export function isVariable(name: string): boolean {
  return VARIABLES.has(name) || NO_VARIABLES.has(name);
}

/** Whether a file is worth reading: it is, when it names anything that could be reported. */
export function mayMatter(text: string): boolean {
  return /GO[-_]?(?:FLAGS|(?:NO)?PROXY|(?:NO)?(?:CHECK)?SUM|INSECURE|PRIVATE|WORK|ENV|AUTH|VCS|111MODULE|TOOLCHAIN)|-(?:modfile|overlay|toolexec|insecure|mod[= ])/i.test(
    text,
  );
}

/** Flags of go that this is about, without their dashes. */
const FLAG = /^--?(modfile|overlay|toolexec|mod|insecure)(?:=|$)/;

/** The flag that a word is, if it is one of ours; `value` is what follows the `=`. */
export function flagOf(word: Text): { readonly name: string; readonly value: Text | undefined } | undefined {
  const match = FLAG.exec(word.text.slice(0, 20));
  if (!match) return undefined;
  const [all, name = ''] = match;
  return { name: `-${name}`, value: all.endsWith('=') ? word.slice(all.length) : undefined };
}

export function reportFlag(word: Text, how: 'flag' | 'goflags', report: Report, next?: Text): void {
  const flag = flagOf(word);
  if (!flag) return;
  const last = flag.value === undefined && flag.name !== '-insecure' ? next : undefined;
  const value = flag.value ?? last ?? word.slice(word.length);
  const to = (last ?? word).endAt((last ?? word).length);
  report({ name: flag.name, value, how, from: word.at(0), to });
}

export function reportVariable(
  name: string,
  value: Text,
  how: 'set' | 'soft' | 'kept',
  report: Report,
  nameAt = value.at(0),
): void {
  const { length } = value;
  // Of `${NAME:-value}` the value is marked.
  const first = length > 1 && value.holes.get(0)?.optional ? 1 : 0;
  const from = length === 0 ? nameAt : value.at(first);
  const to = length === 0 ? nameAt + name.length : value.endAt(length);
  report({ name, value, how, from, to });
}

/** `NAME=value` (and `NAME+=value`), with what may stand before it in an option of a command. */
const ASSIGNMENT = /^(?:-e|--env=|--build-arg=)?([A-Za-z_][A-Za-z0-9_]*)\+?=/;

export function assignmentOf(word: Text): { readonly name: string; readonly value: Text } | undefined {
  const match = ASSIGNMENT.exec(word.text.slice(0, 100));
  return match ? { name: match[1] ?? '', value: word.slice(match[0].length) } : undefined;
}

/** Lines of `NAME=value`, as environment files and multi-line inputs have them, and printf with its `\\n`. */
export function readAssignmentLines(text: Text, report: Report): void {
  const line = /(?:^|\\n)[ \t]*(?:export[ \t]+)?([A-Z][A-Z0-9_]{1,40})=((?:(?!\\n).)*)/gm;
  for (const match of text.text.matchAll(line)) {
    const [all, name = '', value = ''] = match;
    if (!isVariable(name)) continue;
    const start = match.index + all.length - value.length;
    const nameAt = text.at(start - name.length - 1);
    reportVariable(name, unquoted(text, start, start + value.length), 'set', report, nameAt);
  }
}

/** The value between two indices, without the space and one pair of quotes around it, and without a comment. */
export function unquoted(text: Text, start: number, end: number): Text {
  let [from, to] = [start, end];
  const comment = /\s#/.exec(text.text.slice(from, to));
  const quote = text.text[from];
  const quoted = quote === '"' || quote === "'" ? text.text.indexOf(quote, from + 1) : -1;
  if (quoted !== -1 && quoted < to) return text.slice(from + 1, quoted);
  if (comment) to = from + comment.index;
  while (to > from && /\s/.test(text.text[to - 1] ?? '')) to--;
  while (from < to && /\s/.test(text.text[from] ?? '')) from++;
  return text.slice(from, to);
}
