import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { oneLineForRunner } from '../platform/escape.ts';
import { isSecretEnv } from '../platform/secrets.ts';
import type { Env } from '../platform/types.ts';
import { redactorOfEnv } from '../session/credentials/known-secrets.ts';

/** What a GitHub runner lets an action say: through files that it names, and commands on standard output. */
export interface Runner {
  /** For later steps of the job. */
  exportVariable(name: string, value: string): void;
  /** Result of this step. */
  setOutput(name: string, value: string): void;
  /** For the post phase of this step; read there as `STATE_name`. */
  saveState(name: string, value: string): void;
  /** Markdown for the job's page. */
  addSummary(markdown: string): void;
  /** Hides a text in every later line of the log. */
  mask(secret: string): void;
  info(line: string): void;
  warning(line: string): void;
  /** With a place the forge shows it on that line. */
  error(line: string, place?: AnnotationPlace): void;
  /** Text that is made for this log already: commands of ours, lines that went through `harmless`. */
  raw(text: string): void;
  /** Text from outside as one line in which the runner sees no command. */
  harmless(text: string): string;
}

/** 1-based; the file relative to the workspace. */
export interface AnnotationPlace {
  readonly file: string;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/**
 * One entry of a runner's file in the form that takes any value. Throws when the value contains the
 * delimiter, because the rest of it would be read as further entries.
 */
export function fileEntry(name: string, value: string, delimiter: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name)) {
    throw new Error(`${JSON.stringify(name)} cannot be the name of a variable; nothing was written`);
  }
  if (value.includes(delimiter)) {
    throw new Error(`the value of ${name} contains the delimiter of the runner's file; nothing was written`);
  }
  return `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
}

/** Text of a workflow command, in which a line break or a percent sign would end or change it. */
export function commandData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function placeText({ file, line, column }: AnnotationPlace): string {
  const pairs = { file: oneLineForRunner(file), line, col: column };
  const given = Object.entries(pairs).filter(([, value]) => value !== undefined);
  return ` ${given.map(([name, value]) => `${name}=${commandProperty(String(value))}`).join(',')}`;
}

/** A property of a workflow command, which a colon or a comma would end. */
function commandProperty(text: string): string {
  return commandData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/**
 * The runner as its environment describes it. Own code for what @actions/core does with the same files:
 * loading that takes longer than everything else on the way to the job's environment. What it is told for the log and
 * the job's page it says without the secrets of that environment: the runner itself masks those of the repository alone.
 */
export function runnerOf(env: Env, print: (line: string) => void): Runner {
  const { redact } = redactorOfEnv(env, isSecretEnv);
  const append = (file: string, text: string): void => {
    const path = env[file];
    if (!path)
      throw new Error(`${file} is not set: an action of modgate works on a GitHub runner or act only`);
    appendFileSync(path, text, { encoding: 'utf8' });
  };
  const entry = (name: string, value: string): string => fileEntry(name, value, `modgate_${randomUUID()}`);
  const command = (name: string) => (line: string, place?: AnnotationPlace) =>
    print(
      `::${name}${place === undefined ? '' : placeText(place)}::${commandData(oneLineForRunner(redact(line)))}`,
    );
  return {
    exportVariable: (name, value) => append('GITHUB_ENV', entry(name, value)),
    setOutput: (name, value) => append('GITHUB_OUTPUT', entry(name, value)),
    saveState: (name, value) => append('GITHUB_STATE', entry(name, value)),
    addSummary(markdown) {
      // Older servers have no summaries; that is no reason to fail.
      if (env.GITHUB_STEP_SUMMARY) append('GITHUB_STEP_SUMMARY', redact(markdown));
    },
    mask: secret => print(`::add-mask::${commandData(secret)}`),
    info: line => print(oneLineForRunner(redact(line))),
    warning: command('warning'),
    error: command('error'),
    raw: text => {
      if (text !== '') print(redact(text).replace(/\n$/, ''));
    },
    harmless: oneLineForRunner,
  };
}
