import {
  assignmentOf,
  isVariable,
  type Report,
  readAssignmentLines,
  reportFlag,
  reportVariable,
} from './settings.ts';
import { type Command, readCommands, type Sink } from './shell.ts';
import type { Text } from './text.ts';

/** Of scripts in words of scripts: `bash -c "…"`. */
const MAX_NESTING = 3;

/** Commands whose words are prose or patterns. */
const PROSE = new Set(
  (
    'printf cat grep egrep fgrep rg sed awk gawk perl ' +
    'git gh glab jq yq test [ [[ : case curl wget Write-Host Write-Output Write-Error rem REM tr cut tee find ' +
    'Out-File Add-Content Set-Content read logger'
  ).split(' '),
);

/** Functions of scripts that print: `log_status`, `kube::log::info`. */
const PRINTS =
  /(?:^|[_:-])(?:echo|print|log|info|warn|warning|error|err|die|fail|debug|notice|say|msg)(?:$|[_:-])/i;

/** Words that stand before the command proper. */
const BEFORE = new Set(
  'if then else elif do while until ! time sudo env command exec nice nohup builtin call'.split(' '),
);

const GO_COMMANDS = new Set(
  (
    'build clean doc env fix fmt generate get install list mod work run telemetry test tool version vet ' +
    'tidy download vendor'
  ).split(' '),
);

/** Flags of go that take the next word when they have no `=`, so that it is not taken for the package to run. */
const WITH_VALUE = new Set(
  (
    'C o p asmflags buildmode buildvcs compiler gccgoflags gcflags installsuffix ldflags mod modfile overlay pgo ' +
    'pkgdir tags toolexec exec covermode coverpkg'
  ).split(' '),
);

/** Commands whose here-documents are scripts; RUN of a Dockerfile needs none before it. */
const TAKES_SCRIPT = /^$|(?:^|\/)(?:ba|z|k|da)?sh$|^ssh$|^docker$|^podman$/;

/** What only go knows, so that it tells a flag of go wherever it stands. */
const TELLING = /^--?(?:modfile|toolexec)=|^--?overlay=.*\.json$/s;

/** Reads a script and reports what it sets and how it calls go. */
export function readScript(text: Text, report: Report, nesting = 0): void {
  /** Text that matters only when the group or pipeline it is printed by turns out to write an environment file. */
  const printed: { readonly sinks: readonly Sink[]; readonly texts: readonly Text[] }[] = [];
  readCommands(text, command => {
    const sink = command.sinks[0];
    if (sink && writesEnvironment(command)) sink.environment = true;
    const texts = [...command.words, ...command.documents].filter(({ text }) => /GO[A-Z0-9]+=/.test(text));
    if (texts.length > 0) printed.push({ sinks: command.sinks, texts });
    readCommand(command, report, nesting);
  });
  for (const { sinks, texts } of printed) {
    if (!sinks.some(({ environment }) => environment)) continue;
    for (const lines of texts) readAssignmentLines(lines, report);
  }
}

const ENVIRONMENT_FILE = /(?:GITHUB_ENV|BASH_ENV)|(?:\.env|\.envrc|\/env|rc|profile|environment)$/;

function isEnvironmentFile(word: Text): boolean {
  if (ENVIRONMENT_FILE.test(word.text.slice(-200))) return true;
  return [...word.holes.values()].some(({ name }) => name !== undefined && ENVIRONMENT_FILE.test(name));
}

function writesEnvironment(command: Command): boolean {
  if (command.redirects.some(isEnvironmentFile)) return true;
  const writer = /^(?:tee|Out-File|Add-Content|Set-Content)$/;
  return writer.test(command.words[0]?.text ?? '') && command.words.slice(1, 20).some(isEnvironmentFile);
}

/** Index of the word that names the command. */
function nameIndex(words: readonly Text[]): number {
  let at = 0;
  for (; at < words.length; at++) {
    const text = words[at]?.text ?? '';
    if (!BEFORE.has(text) && !/^[A-Za-z_][A-Za-z0-9_]*\+?=/.test(text.slice(0, 100))) break;
  }
  return at;
}

function readCommand(command: Command, report: Report, nesting: number): void {
  const { words } = command;
  const at = nameIndex(words);
  const name = words[at]?.text.replace(/^[@+-]+(?=[A-Za-z])/, '') ?? '';
  const prose = PROSE.has(name) || PRINTS.test(name.slice(0, 100));
  const go = goIndex(words, at);
  const env = go !== -1 && words[go + 1]?.text === 'env' ? go : words.length;
  const kept = words.slice(env, env + 20).some(({ text }) => text === '-w');
  const limit = prose ? at : words.length;
  for (let i = 0; i < limit; i++) {
    const word = words[i] as Text;
    const assignment = assignmentOf(word);
    if (assignment && isVariable(assignment.name)) {
      // Without -w go env sets nothing.
      if (i > env && !kept) continue;
      reportVariable(assignment.name, assignment.value, i > env ? 'kept' : 'set', report, word.at(0));
    } else if (assignment) readFlagsIn(assignment.value, report);
    else if ((go === -1 || i < go) && TELLING.test(word.text)) reportFlag(word, 'flag', report);
  }
  if (prose) return;
  readOtherForms(words, at, report);
  if (go !== -1) readGo(words, go, report);
  if (nesting >= MAX_NESTING) return;
  for (const document of command.documents) {
    if (TAKES_SCRIPT.test(name.slice(-100))) readScript(document, report, nesting + 1);
  }
  const script = /^(?:eval|ssh|trap|watch|parallel)$/.test(name);
  for (let i = at + 1; i < words.length; i++) {
    const word = words[i] as Text;
    const called = script || /^-[A-Za-z]*c$|^--run$|^-Command$/.test(words[i - 1]?.text ?? '');
    if (called && /\s/.test(word.text)) readScript(word, report, nesting + 1);
  }
}

/** A variable that holds arguments for go: `FLAGS="-v -modfile=x"`. */
export function readFlagsIn(value: Text, report: Report): void {
  for (const field of fields(value)) if (TELLING.test(field.text)) reportFlag(field, 'flag', report);
}

/** Parts of a value between white space, each without one pair of quotes around it. */
export function* fields(value: Text): Generator<Text> {
  for (const { 0: field, index } of value.text.matchAll(/\S+/g)) {
    const quote = /^["']/.test(field) ? 1 : 0;
    const end = quote && field.length > 1 && field.endsWith(field[0] ?? '') ? 1 : 0;
    yield value.slice(index + quote, index + field.length - end);
  }
}

/** Forms of other shells: `set NAME=v` has the form of an argument; these have not. */
function readOtherForms(words: readonly Text[], at: number, report: Report): void {
  const first = words[at];
  if (!first) return;
  const second = words[at + 1];
  const third = words[at + 2];
  if (/^(?:setenv|setx|set)$/.test(first.text) && second) {
    const i = /^-[a-zA-Z]+$/.test(second.text) ? at + 2 : at + 1;
    const name = words[i];
    const value = words[i + 1];
    if (name && value && isVariable(name.text)) reportVariable(name.text, value, 'set', report);
    return;
  }
  const powershell = /^[Ee]nv:([A-Z0-9]+)$/.exec(first.holes.get(0)?.name ?? '')?.[1];
  if (powershell === undefined || !isVariable(powershell)) return;
  if (first.length === 1 && /^\+?=$/.test(second?.text ?? '') && third) {
    reportVariable(powershell, third, 'set', report);
  } else if (/^\+?=$/.test(first.text.slice(1))) {
    if (second) reportVariable(powershell, second, 'set', report);
  } else if (first.text[1] === '=') reportVariable(powershell, first.slice(2), 'set', report);
}

/** Index of the word that is the go command, or -1. */
function goIndex(words: readonly Text[], name: number): number {
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as Text;
    const named = /(?:^|[\\/@])(?:go|gotip|go1\.[0-9.a-z]+)(?:\.exe)?$/.test(word.text.slice(-100));
    const held = word.length === 1 && /go/i.test(word.holes.get(0)?.name ?? '');
    if (!named && !held) continue;
    if ((named && i === name) || GO_COMMANDS.has(subcommand(words, i))) return i;
  }
  return -1;
}

/** The command of go, which may stand behind `-C dir`. */
function subcommand(words: readonly Text[], go: number): string {
  const next = words[go + 1]?.text ?? '';
  if (next === '-C') return words[go + 3]?.text ?? '';
  if (next.startsWith('-C=')) return words[go + 2]?.text ?? '';
  return next;
}

function readGo(words: readonly Text[], go: number, report: Report): void {
  const runs = /^(?:run|tool)$/.test(subcommand(words, go));
  for (let i = go + 2; i < words.length; i++) {
    const word = words[i] as Text;
    if (word.text === '--' || word.text === '-args' || word.text === '--args') return;
    const flag = /^--?([A-Za-z]+)(=?)/.exec(word.text);
    // What follows the package is for the program.
    if (!flag && runs && word.text !== 'run' && word.text !== 'tool') return;
    reportFlag(word, 'flag', report, words[i + 1]);
    if (flag && flag[2] === '' && WITH_VALUE.has(flag[1] ?? '')) i++;
  }
}
