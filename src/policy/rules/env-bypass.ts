import { redactText } from '../../config/redact.ts';
import { findSettings, MAX_YAML, YAML_SURFACES } from '../bypass/find.ts';
import { loadedYaml } from '../bypass/parsers.ts';
import { mayMatter, type Setting } from '../bypass/settings.ts';
import { isSurface, SURFACE_NAMES, type Surface } from '../bypass/surfaces.ts';
import { HOLE } from '../bypass/text.ts';
import { flagsIn, judge, type Verdict } from '../bypass/verdict.ts';
import type { Found } from '../finding.ts';
import { textsOption } from '../options.ts';
import { wholeFile } from '../place.ts';
import type { Rule } from '../rule.ts';
import type { TextFile } from '../tree.ts';
import { shown } from '../words.ts';

/** More findings of one file tell nothing new. */
const MAX_FINDINGS = 200;

/** Variables and flags that take the go command past the policy. */
export const envBypass: Rule = {
  id: 'env/bypass',
  page: {
    summary:
      'A workflow, CI file, Dockerfile, Makefile, script or setting gives the go command a variable or flag that ' +
      'goes around go.mod, the checksum database or the proxy.',
    why:
      'None of these leaves a trace in go.mod: `GOFLAGS=-modfile=x.mod` builds from another file, `-overlay` and ' +
      '`-toolexec` change sources and compiles, `GOSUMDB=off` lets a new module be believed at sight. Reviewers see ' +
      'go.mod and think that it is what is built.',
    limits:
      'By default only `GOSUMDB=off`, a `GOINSECURE` that is not empty, `-modfile`, `-overlay` and `-toolexec` are ' +
      'reported, because the rest is common practice. `all: true` adds GOPROXY, GONOPROXY, GOPRIVATE, GONOSUMDB, any ' +
      'GOSUMDB, GOWORK, GOENV, GOAUTH, GOVCS, GOTOOLCHAIN, `GO111MODULE=off`, `-mod=mod` and `-insecure`, and names ' +
      'that are no variables of go, such as GONOSUMCHECK. Values that only the job knows (expressions, `$NAME`, ' +
      '`$(…)`) are said to be unknown: as notes, and at the level of the rule with `all: true`. Values that forbid ' +
      '(`GOWORK=off`, `GOPROXY=off`, `GOTOOLCHAIN=local`), empty ones, and those that pass on what was inherited ' +
      '(`GOFLAGS="$GOFLAGS -v"`) are not reported. Files are told by their names: workflows, composite actions, ' +
      'GitLab CI files, Dockerfiles, Makefiles, shell, PowerShell and batch scripts, .envrc, .env, go.env, Taskfiles, ' +
      'dev containers, and settings of VS Code (as notes: they reach the editor only). What a program puts together ' +
      'while it runs, what lies outside the repository (variables of the forge, the image, an included file of ' +
      'another project), and `go build $FLAGS` are not seen: in a job the session tells of those that reach it.',
    config:
      'rules:\n  env/bypass:\n    level: error\n    all: true\n    allow: [GOPRIVATE, GOFLAGS=-mod=mod, -modfile=tools/go.mod]',
    bad: { file: 'Dockerfile', text: 'FROM golang\nENV GOSUMDB=off\nRUN go build ./...\n' },
    good: { file: 'Dockerfile', text: 'FROM golang\nENV GOFLAGS=-mod=readonly\nRUN go build ./...\n' },
  },
  check: function* ({ tree, options }) {
    const all = options.all === true;
    const allow = new Set(textsOption(options, 'allow'));
    for (const file of tree.texts) {
      const surface = surfaceOf(file);
      if (surface) yield* checkFile(file, surface, all, allow);
    }
  },
};

/** The kind of a file, the first line of a script without an extension included. */
function surfaceOf({ path, bytes }: TextFile): Surface | undefined {
  const surface = isSurface(path);
  if (surface !== 'shell' || /\.[^/]*$/.test(path)) return surface;
  return /^#![^\n]*sh\b/.test(Buffer.from(bytes.subarray(0, 100)).toString('latin1')) ? surface : undefined;
}

interface Scanned {
  readonly text: string;
  readonly settings: readonly Setting[];
  /** Why the file could not be read. */
  readonly unread?: string;
}

/** A file is judged by each layer of the policy, and read once. */
const scans = new WeakMap<TextFile, Scanned>();

function scan(file: TextFile, surface: Surface): Scanned {
  const known = scans.get(file);
  if (known) return known;
  const text = new TextDecoder().decode(file.bytes);
  const fresh = read(text, surface);
  scans.set(file, fresh);
  return fresh;
}

function read(text: string, surface: Surface): Scanned {
  const yaml = YAML_SURFACES.includes(surface);
  if (yaml && text.length > MAX_YAML && mayMatter(text)) {
    return { text, settings: [], unread: `it is larger than ${MAX_YAML / 1024} KiB` };
  }
  try {
    return { text, settings: onePerPlace(findSettings(text, surface, loadedYaml()).flatMap(exploded)) };
  } catch (error) {
    // Nesting that no person writes: the parser ran out of stack.
    if (error instanceof RangeError) return { text, settings: [], unread: 'it is nested too deeply' };
    throw error;
  }
}

/** A value that is read in two ways is told of once, as the variable that holds it. */
function onePerPlace(settings: readonly Setting[]): Setting[] {
  const byPlace = new Map<number, Setting>();
  for (const setting of settings) {
    if (setting.how !== 'flag' || !byPlace.has(setting.from)) byPlace.set(setting.from, setting);
  }
  return [...byPlace.values()].sort((a, b) => a.from - b.from);
}

function exploded(setting: Setting): Setting[] {
  return setting.name === 'GOFLAGS' ? [...flagsIn(setting)] : [setting];
}

function* checkFile(
  file: TextFile,
  surface: Surface,
  all: boolean,
  allow: ReadonlySet<string>,
): Generator<Found> {
  const { text, settings, unread } = scan(file, surface);
  const kind = SURFACE_NAMES[surface];
  if (unread !== undefined) {
    yield {
      place: wholeFile(file.path),
      message: `this ${kind} was not searched for settings of go: ${unread}`,
      why: 'It names variables or flags of go, and nobody knows what it sets.',
      fix: 'Split it, or take settings of go out of it.',
      key: `${surface} unread`,
    };
    return;
  }
  const place = placesIn(text, file.path);
  let count = 0;
  for (const setting of settings) {
    const verdict = judge(setting, all);
    if (!verdict) continue;
    const written = text.slice(setting.from, setting.to);
    if (namesOf(setting, verdict, written).some(name => allow.has(name))) continue;
    count++;
    if (count > MAX_FINDINGS) continue;
    yield found(setting, verdict, written, { place: place(setting.from, setting.to), surface, all });
  }
  if (count > MAX_FINDINGS) {
    yield {
      place: wholeFile(file.path),
      message: `${count - MAX_FINDINGS} more settings of go in this ${kind} are not listed`,
      why: `The first ${MAX_FINDINGS} are.`,
      fix: 'Set them at one place, or allow those that are meant.',
      key: `${surface} more`,
    };
  }
}

/** The forms in which a policy may allow the setting. */
function namesOf(setting: Setting, verdict: Verdict, written: string): string[] {
  const value = setting.value.text;
  if (setting.how === 'flag') return [verdict.name, `${verdict.name}=${value}`, written];
  const flag =
    setting.name === '' ? written : setting.name === '-insecure' ? '-insecure' : `${setting.name}=${value}`;
  if (setting.how === 'goflags')
    return ['GOFLAGS', `GOFLAGS=${flag}`, `GOFLAGS=${written}`, setting.name, flag];
  return [verdict.name, `${verdict.name}=${value}`, `${verdict.name}=${written}`];
}

interface At {
  readonly place: Found['place'];
  readonly surface: Surface;
  readonly all: boolean;
}

function found(setting: Setting, verdict: Verdict, written: string, { place, surface, all }: At): Found {
  const { words, state } = verdict;
  const inFlags = setting.how === 'goflags' && setting.name !== '';
  const kind = SURFACE_NAMES[surface];
  const flag = setting.how === 'flag' || inFlags;
  const safe = shown(redactText(written), 100);
  const what = flag ? `${inFlags ? 'GOFLAGS with ' : ''}${safe}` : `${verdict.name}=${safe}`;
  const kept = setting.how === 'kept' ? ', and go env -w keeps it for later commands' : '';
  const note = surface === 'vscode' || (state === 'unknown' && !all);
  return {
    place,
    message:
      state === 'unknown'
        ? `${what} in this ${kind} is not known before the job runs${kept}`
        : state === 'no-variable'
          ? `${verdict.name}, set in this ${kind}, ${words.what}`
          : `${what} in this ${kind} ${words.what}${kept}`,
    why: state === 'unknown' ? `Nobody can say that it is harmless. ${words.why}` : words.why,
    fix:
      state === 'unknown'
        ? 'Write the value out, or allow the variable in the policy file.'
        : `${words.fix} Where it is meant: rules: {env/bypass: {allow: [${listItem(allowForm(setting, verdict, written))}]}}`,
    // The value is part of what was accepted: GOINSECURE=* must not pass for an older GOINSECURE=lab.example.com.
    key: `${surface} ${inFlags ? 'GOFLAGS ' : ''}${verdict.name} ${written.replaceAll(/\s+/g, ' ').slice(0, 200)}`,
    ...(note ? { level: 'note' as const } : {}),
  };
}

/** The narrowest entry of `allow` that accepts the setting. */
function allowForm(setting: Setting, verdict: Verdict, written: string): string {
  const { how, name, value } = setting;
  const prefix = how === 'goflags' ? 'GOFLAGS=' : how === 'flag' ? '' : `${verdict.name}=`;
  // What only the job knows is allowed as it is written.
  if (value.text.includes(HOLE)) return prefix + written;
  if (how === 'flag' || how === 'goflags')
    return value.length > 0 ? `${prefix}${name}=${value.text}` : prefix + name;
  return value.length > 0 ? `${prefix}${redactText(value.text)}` : verdict.name;
}

/** An item of a YAML list between brackets. */
function listItem(text: string): string {
  return /^[\w=./:@+*-]+$/.test(text) && text.length <= 100 ? text : shown(text, 100);
}

/** Places of offsets in a text that come in ascending order; a place ends with its first line. */
function placesIn(text: string, file: string): (from: number, to: number) => Found['place'] {
  let line = 1;
  let start = 0;
  return (from, to) => {
    for (let at = text.indexOf('\n', start); at !== -1 && at < from; at = text.indexOf('\n', start)) {
      line++;
      start = at + 1;
    }
    const newline = text.slice(from, Math.min(to, from + 10_000)).search(/\r?\n/);
    const end = newline <= 0 ? to : from + newline;
    const column = from - start + 1;
    return { file, line, column, endLine: line, endColumn: Math.max(end - start + 1, column + 1) };
  };
}
