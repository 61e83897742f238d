import { FLAG_WORDS, NO_VARIABLE_WORDS, VARIABLE_WORDS, type Words } from './reasons.ts';
import { flagOf, NO_VARIABLES, type Setting } from './settings.ts';
import { HOLE, type Hole } from './text.ts';

/** What a setting is taken for: `unknown` when only the job knows its value. */
export interface Verdict {
  readonly state: 'bypass' | 'unknown' | 'no-variable';
  /** What is shown to be set: the variable, or the flag. */
  readonly name: string;
  readonly words: Words;
}

/** What is reported when nothing is configured: what no build needs. */
const QUIET_FLAGS = new Set(['-modfile', '-overlay', '-toolexec']);
const QUIET_VARIABLES = new Set(['GOSUMDB', 'GOINSECURE', 'GOFLAGS']);

/** Values that take nothing past anybody: they forbid, or are what go does anyway. */
const HARMLESS: Readonly<Record<string, RegExp>> = {
  GOPROXY: /^off$/,
  GONOPROXY: /^none$/,
  GONOSUMDB: /^none$/,
  GOINSECURE: /^none$/,
  GOPRIVATE: /^none$/,
  GOWORK: /^(?:off|auto)$/,
  GOENV: /^off$/,
  GOAUTH: /^off$/,
  GOVCS: /^\*:off$/,
  GO111MODULE: /^(?:on|auto)$/,
  GOTOOLCHAIN: /^local$/,
};

/** Judges one setting; GOFLAGS are judged as the flags they hold, see `flagsIn`. */
export function judge(setting: Setting, all: boolean): Verdict | undefined {
  return setting.how === 'flag' || setting.how === 'goflags'
    ? judgeFlag(setting, all)
    : judgeVariable(setting, all);
}

function judgeFlag({ name, value, how }: Setting, all: boolean): Verdict | undefined {
  const words = FLAG_WORDS[name];
  if (name === '' && how === 'goflags') {
    return { state: 'unknown', name: 'GOFLAGS', words: VARIABLE_WORDS.GOFLAGS as Words };
  }
  if (!words) return undefined;
  if (QUIET_FLAGS.has(name)) return value.length === 0 ? undefined : { state: 'bypass', name, words };
  if (!all) return undefined;
  if (name === '-insecure')
    return /^(?:false|0)$/i.test(value.text) ? undefined : { state: 'bypass', name, words };
  if (value.text.includes(HOLE)) return { state: 'unknown', name, words };
  return value.text === 'mod' ? { state: 'bypass', name, words } : undefined;
}

function judgeVariable(setting: Setting, all: boolean): Verdict | undefined {
  const { name, value } = setting;
  if (NO_VARIABLES.has(name)) {
    return all && value.length > 0 ? { state: 'no-variable', name, words: NO_VARIABLE_WORDS } : undefined;
  }
  if (!all && !QUIET_VARIABLES.has(name)) return undefined;
  const words = VARIABLE_WORDS[name];
  const text = value.without(hole => isOwn(hole, name)).trim();
  if (!words || text === '') return undefined;
  const soft =
    setting.how === 'soft' || [...value.holes.values()].some(hole => hole.optional && isOwn(hole, name));
  // A session has set it, so a default is never taken.
  if (soft && name === 'GOPROXY') return undefined;
  const known = value.without(hole => hole.optional || isOwn(hole, name)).trim();
  if (known.includes(HOLE) || /%\w+%/.test(known)) return { state: 'unknown', name, words };
  if (known === '') return text === '' ? undefined : { state: 'unknown', name, words };
  if (HARMLESS[name]?.test(known)) return undefined;
  if (name === 'GOSUMDB' && !all && known !== 'off') return undefined;
  return { state: 'bypass', name, words: VARIABLE_WORDS[`${name}=${known}`] ?? words };
}

/** `GOFLAGS=$GOFLAGS …`: what was inherited is judged where it was set. */
export function isOwn(hole: Hole, name: string): boolean {
  return hole.name === name || hole.name?.toLowerCase() === `env:${name.toLowerCase()}`;
}

/** The flags in a value of GOFLAGS, each a setting of its own; an unknown part has the empty name. */
export function* flagsIn(setting: Setting): Generator<Setting> {
  for (const match of setting.value.text.matchAll(/\S+/g)) {
    const quote = /^["']/.test(match[0]) ? 1 : 0;
    const end =
      match.index + match[0].length - (quote && /["']$/.test(match[0]) && match[0].length > 1 ? 1 : 0);
    const word = setting.value.slice(match.index + quote, end);
    const at = { how: 'goflags', from: word.at(0), to: word.endAt(word.length) } as const;
    const flag = flagOf(word);
    if (flag) yield { name: flag.name, value: flag.value ?? word.slice(word.length), ...at };
    else if (hidesFlag(word.text) && !own(word.holes)) yield { name: '', value: word, ...at };
  }
}

/** An expansion that may hold the name of a flag, and not only the value of one. */
function hidesFlag(word: string): boolean {
  const hole = word.indexOf(HOLE);
  const equals = word.indexOf('=');
  return hole !== -1 && (equals === -1 || hole < equals);
}

function own(holes: ReadonlyMap<number, Hole>): boolean {
  return [...holes.values()].every(hole => isOwn(hole, 'GOFLAGS'));
}
