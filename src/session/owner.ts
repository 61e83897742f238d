import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { OwnerHints } from '../platform/types.ts';

/** A process as the ancestor walk sees it. */
export interface Ancestor {
  readonly pid: number;
  readonly name: string;
}

const SHELLS = new Set(['sh', 'bash', 'dash', 'ash', 'zsh', 'ksh', 'busybox', 'pwsh', 'powershell']);

/**
 * Picks the process whose end is the end of the job, from the ancestors of a starting step (nearest first).
 * A named owner (Runner.Worker) wins; else, where one shell runs all commands of a job, the outermost shell
 * of the nearest unbroken run of shells that is not just npx's wrapper. Undefined: only idle time ends it.
 */
export function pickOwner(ancestors: readonly Ancestor[], hints: OwnerHints): number | undefined {
  const named = ancestors.find(ancestor => hints.names.includes(ancestor.name.replace(/\.exe$/i, '')));
  if (named !== undefined) return named.pid;
  if (!hints.shell) return undefined;
  const isShell = (ancestor: Ancestor | undefined) =>
    ancestor !== undefined && SHELLS.has(plain(ancestor.name));
  // npx runs us below `sh -c` below node (npm): that shell ends with the step.
  let at = 0;
  for (let i = 0; i + 1 < ancestors.length && i < 4; i++) {
    if (isShell(ancestors[i]) && /^(?:node|npm|npx)/.test(plain(ancestors[i + 1]?.name ?? ''))) {
      if (ancestors.slice(i + 2).some(isShell)) at = i + 2;
      break;
    }
  }
  while (at < ancestors.length && !isShell(ancestors[at])) at++;
  let owner: number | undefined;
  for (; isShell(ancestors[at]); at++) owner = ancestors[at]?.pid;
  return owner;
}

function plain(name: string): string {
  return basename(name)
    .replace(/^-/, '')
    .replace(/\.exe$/i, '');
}

/** Parent chain of a process, nearest first. Empty where it cannot be read without starting a program. */
export function readAncestors(pid: number): Ancestor[] {
  const out: Ancestor[] = [];
  for (let at = pid, i = 0; i < 64; i++) {
    const stat = procStat(at);
    if (stat === undefined || stat.parent <= 0) break;
    const parent = procStat(stat.parent);
    if (parent === undefined) break;
    out.push({ pid: stat.parent, name: parent.name });
    at = stat.parent;
  }
  return out;
}

/** The same by `ps`, for macOS; Windows has neither, and there only idle time ends a session. */
export async function readAncestorsByPs(pid: number): Promise<Ancestor[]> {
  if (process.platform === 'win32') return [];
  const text = await new Promise<string>(resolve => {
    execFile('ps', ['-axo', 'pid=,ppid=,comm='], { timeout: 5000, maxBuffer: 8 << 20 }, (error, stdout) =>
      resolve(error === null ? stdout : ''),
    );
  });
  const table = new Map<number, { parent: number; name: string }>();
  for (const line of text.split('\n')) {
    const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
    if (match !== null)
      table.set(Number(match[1]), { parent: Number(match[2]), name: basename(match[3] ?? '') });
  }
  const out: Ancestor[] = [];
  for (
    let at = table.get(pid);
    at !== undefined && at.parent > 0 && out.length < 64;
    at = table.get(at.parent)
  ) {
    out.push({ pid: at.parent, name: table.get(at.parent)?.name ?? '' });
  }
  return out;
}

function procStat(pid: number): { parent: number; name: string; started: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const open = text.indexOf('(');
    const close = text.lastIndexOf(')');
    const fields = text.slice(close + 2).split(' ');
    return { name: text.slice(open + 1, close), parent: Number(fields[1]), started: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

/** When a process began, for comparison only; undefined when it does not run or the system does not say. */
export function processStart(pid: number): string | undefined {
  return procStat(pid)?.started;
}

/** Whether a process with this id runs. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It runs, as another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Tells whether a process is still the one it was when watching began: pids are used again. */
export function watchOwner(pid: number): () => boolean {
  const began = processStart(pid);
  return () => isRunning(pid) && (began === undefined || processStart(pid) === began);
}
