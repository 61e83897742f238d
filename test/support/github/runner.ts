import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withoutGo } from '../go.ts';
import type { TempDir } from '../temp.ts';
import { readRunnerFile } from './runner-file.ts';

/** What a job is told about itself. */
export interface JobOptions {
  /** Directory for everything of the runner; a new one is a new machine. */
  readonly dir: TempDir;
  readonly workspace: string;
  readonly event?: string;
  /** Content of the event file. */
  readonly payload?: unknown;
  readonly ref?: string;
  /** Variables of every step (`env:` of the job). */
  readonly env?: Readonly<Record<string, string>>;
  /** Variables that only actions get: the cache service and its token. */
  readonly actionEnv?: Readonly<Record<string, string>>;
  /** How long a step's pipes may stay open after its process has ended before it counts as held. */
  readonly heldAfterMs?: number;
}

export interface StepResult {
  readonly code: number;
  /** The log as the runner shows it: masked, commands included. */
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
}

interface Action {
  readonly post: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly state: Record<string, string>;
}

/**
 * The parts of a GitHub runner that an action sees: inputs, the files for environment, output, state and
 * summary, masks, post phases last in first out, pipes that a step must let go of, and the end of every
 * process that carries the job's tracking id.
 */
export class Job {
  readonly env: Record<string, string>;
  readonly trackingId = `github_${randomUUID()}`;
  readonly temp: string;
  readonly #options: JobOptions;
  readonly #posts: Action[] = [];
  readonly #masks: string[] = [];
  #summary = '';
  #files = 0;

  constructor(options: JobOptions) {
    this.#options = options;
    this.temp = options.dir.join('_temp');
    mkdirSync(path.join(this.temp, 'files'), { recursive: true });
    const payload = options.payload ?? { repository: { id: 1001, default_branch: 'main' } };
    writeFileSync(path.join(this.temp, 'event.json'), JSON.stringify(payload));
    this.env = {
      ...withoutGo(process.env),
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: options.workspace,
      GITHUB_EVENT_NAME: options.event ?? 'push',
      GITHUB_EVENT_PATH: path.join(this.temp, 'event.json'),
      GITHUB_REF: options.ref ?? 'refs/heads/main',
      GITHUB_SHA: '2'.repeat(40),
      GITHUB_REPOSITORY: 'acme/demo',
      GITHUB_REPOSITORY_ID: '1001',
      GITHUB_RUN_ID: '77',
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_JOB: 'test',
      GITHUB_SERVER_URL: 'https://github.com',
      RUNNER_TEMP: this.temp,
      RUNNER_TRACKING_ID: this.trackingId,
      RUNNER_OS: 'Linux',
      ...options.env,
    };
  }

  /** Markdown that steps added to the job's page. */
  get summary(): string {
    return this.#summary;
  }

  /** A step with `uses:`: runs the main program and remembers its post phase. */
  async uses(program: string, inputs: Readonly<Record<string, string>> = {}): Promise<StepResult> {
    const action: Action = { post: program, inputs, state: {} };
    this.#posts.push(action);
    return this.#action(action);
  }

  /** A step with `run:`, which gets none of the variables of actions. */
  async run(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<StepResult> {
    return this.#step(command, args, { ...this.env, ...env });
  }

  /** The post phases, last in first out, and then the end of all that is left of the job. */
  async finish(): Promise<{ readonly posts: readonly StepResult[]; readonly killed: readonly string[] }> {
    const posts: StepResult[] = [];
    for (const action of this.#posts.splice(0).reverse()) posts.push(await this.#action(action));
    return { posts, killed: this.killLeftovers() };
  }

  /** Kills every process with the job's tracking id in its first environment; returns their command lines. */
  killLeftovers(): string[] {
    return processesWith(this.trackingId).map(({ pid, command }) => {
      process.kill(pid, 'SIGKILL');
      return command;
    });
  }

  async #action(action: Action): Promise<StepResult> {
    const state = Object.entries(action.state).map(([name, value]) => [`STATE_${name}`, value]);
    const inputs = Object.entries(action.inputs).map(([name, value]) => [
      `INPUT_${name.toUpperCase()}`,
      value,
    ]);
    const env = { ...this.env, ...this.#options.actionEnv, ...Object.fromEntries([...inputs, ...state]) };
    return this.#step(process.execPath, [action.post], env, action.state);
  }

  async #step(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    state: Record<string, string> = {},
  ): Promise<StepResult> {
    const files = Object.fromEntries(
      ['ENV', 'OUTPUT', 'STATE', 'STEP_SUMMARY'].map(name => {
        const file = path.join(this.temp, 'files', `${name.toLowerCase()}_${++this.#files}`);
        writeFileSync(file, '');
        return [`GITHUB_${name}`, file];
      }),
    );
    const { code, log } = await this.#spawn(command, args, { ...env, ...files });
    for (const [, secret] of log.matchAll(/^::add-mask::(.*)$/gm)) if (secret) this.#masks.push(secret);
    const read = (name: string): string => readFileSync(files[`GITHUB_${name}`] ?? '', 'utf8');
    Object.assign(this.env, readRunnerFile(read('ENV')));
    Object.assign(state, readRunnerFile(read('STATE')));
    this.#summary += read('STEP_SUMMARY');
    const shown = log.replaceAll(/^::add-mask::.*\n/gm, '');
    const masked = this.#masks.reduce((text, secret) => text.replaceAll(secret, '***'), shown);
    return { code, log: masked, outputs: readRunnerFile(read('OUTPUT')) };
  }

  #spawn(
    command: string,
    args: readonly string[],
    env: Record<string, string>,
  ): Promise<{ code: number; log: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, {
        cwd: this.#options.workspace,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let log = '';
      for (const pipe of [child.stdout, child.stderr]) {
        pipe.setEncoding('utf8').on('data', (text: string) => {
          log += text;
        });
      }
      let held: NodeJS.Timeout | undefined;
      child.on('error', reject);
      child.on('exit', () => {
        held = setTimeout(() => {
          reject(
            new Error(
              `${command} ${args.join(' ')} ended, but something it started holds its output:\n${log}`,
            ),
          );
        }, this.#options.heldAfterMs ?? 5_000);
      });
      child.on('close', code => {
        clearTimeout(held);
        resolve({ code: code ?? -1, log });
      });
    });
  }
}

/** Processes whose first environment holds a text. Linux only, as the runners of these tests are. */
export function processesWith(text: string): { pid: number; command: string; environ: string }[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap(name => {
      try {
        const environ = readFileSync(`/proc/${name}/environ`, 'latin1');
        const command = readFileSync(`/proc/${name}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
        return environ.includes(text) && command !== '' ? [{ pid: Number(name), command, environ }] : [];
      } catch {
        return [];
      }
    });
}
