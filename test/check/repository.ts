import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCheck } from '../../src/check/run-check.ts';
import type { CheckOutcome, CheckRequest } from '../../src/check/types.ts';
import type { Change, Platform } from '../../src/platform/types.ts';

/** The environment of git and of checks in tests: nothing of the machine's own configuration. */
export const GIT_ENV: Readonly<Record<string, string>> = {
  PATH: process.env.PATH ?? '',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Dev',
  GIT_AUTHOR_EMAIL: 'dev@example.test',
  GIT_COMMITTER_NAME: 'Dev',
  GIT_COMMITTER_EMAIL: 'dev@example.test',
};

/** Text, bytes, a symbolic link, or null for a file that goes. */
export type FileSpec = string | Uint8Array | { readonly link: string } | null;

/** A real repository in a directory. */
export class TestRepository {
  readonly dir: string;

  constructor(dir: string, options: readonly string[] = []) {
    this.dir = dir;
    mkdirSync(dir, { recursive: true });
    this.git('init', '--quiet', '--initial-branch=main', ...options);
  }

  /** Standard output of git, trimmed; throws with what git said. */
  git(...args: readonly string[]): string {
    return execFileSync('git', args, {
      cwd: this.dir,
      env: GIT_ENV,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  }

  join(...parts: string[]): string {
    return path.join(this.dir, ...parts);
  }

  write(files: Readonly<Record<string, FileSpec>>): void {
    for (const [name, spec] of Object.entries(files)) {
      const file = this.join(name);
      rmSync(file, { recursive: true, force: true });
      if (spec === null) continue;
      mkdirSync(path.dirname(file), { recursive: true });
      if (typeof spec === 'string' || spec instanceof Uint8Array) writeFileSync(file, spec);
      else symlinkSync(spec.link, file);
    }
  }

  /** Writes files, commits all, gives the commit. */
  commit(files: Readonly<Record<string, FileSpec>> = {}): string {
    this.write(files);
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', '--message', 'change');
    return this.git('rev-parse', 'HEAD');
  }

  /** What a pull request's checkout is made of: the merge of a branch into the one that is checked out. */
  merge(branch: string): string {
    this.git('merge', '--quiet', '--no-ff', '--no-edit', branch);
    return this.git('rev-parse', 'HEAD');
  }
}

/** A clone made by git itself over file://, with git's options. */
export function clone(from: string, to: string, ...options: readonly string[]): TestRepository {
  execFileSync('git', ['clone', '--quiet', ...options, `file://${from}`, to], {
    env: GIT_ENV,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return Object.setPrototypeOf({ dir: to }, TestRepository.prototype) as TestRepository;
}

/**
 * The checkout of a GitHub job: one ref fetched to a depth, HEAD detached on it.
 */
export function checkout(from: string, to: string, sha: string, depth = 1): TestRepository {
  const made = new TestRepository(to);
  made.git('remote', 'add', 'origin', `file://${from}`);
  made.git('fetch', '--quiet', '--no-tags', `--depth=${depth}`, 'origin', sha);
  made.git('checkout', '--quiet', '--detach', sha);
  return made;
}

/** The platform of a job, as far as a check asks for it. */
export function platformWith(more: Partial<Platform> = {}): Platform {
  return {
    name: 'local',
    workspace: '/',
    sessionDir: '/',
    reports: { dir: '/', published: false },
    defaultStore: { dir: '/', lifetime: 'job' },
    trust: { trusted: true, reason: 'test' },
    job: { forge: 'local', issuer: 'local', uid: '', claimed: {} },
    change: undefined,
    scheduled: false,
    ownerHints: { names: [], shell: false },
    secretEnv: () => false,
    escapeLog: text => text,
    ...more,
  };
}

export function changeOf(more: Partial<Change>): Change {
  return {
    kind: 'pull-request',
    baseSha: undefined,
    baseRef: 'main',
    headSha: undefined,
    number: 1,
    fork: false,
    ...more,
  };
}

export interface CheckSettings extends Partial<Omit<CheckRequest, 'platform'>> {
  readonly change?: Partial<Change>;
  readonly platform?: Partial<Platform>;
}

/** Checks a directory as a job would. */
export async function checkDir(dir: string, settings: CheckSettings = {}): Promise<CheckOutcome> {
  const { change, platform, ...request } = settings;
  return await runCheck({
    dir,
    cwd: dir,
    env: GIT_ENV,
    now: new Date('2026-06-01T12:00:00Z'),
    log: () => {},
    ...request,
    platform: platformWith({ ...platform, ...(change === undefined ? {} : { change: changeOf(change) }) }),
  });
}

/** `status rule file:line` of each finding, in the order of the report. */
export function lines(outcome: CheckOutcome): string[] {
  return outcome.report.findings.map(({ status, rule, file, line }) => `${status} ${rule} ${file}:${line}`);
}

export function notices(outcome: CheckOutcome): string {
  return outcome.report.notices.map(({ level, text }) => `${level}: ${text}`).join('\n');
}

/** A go.mod with lines of its own. */
export function goMod(module: string, ...more: string[]): string {
  return `module ${module}\n\ngo 1.24\n${more.map(line => `\n${line}\n`).join('')}`;
}
