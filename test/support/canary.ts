import { execFile } from 'node:child_process';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { constants, gunzipSync, zstdDecompressSync } from 'node:zlib';

/**
 * Everything that a secret can look like on its way: as it is, in a URL, inside a longer text in base64 at each of the
 * three offsets, in hex.
 */
function disguises(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const inner = [0, 1, 2].map(offset => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    // What lies at the edges shares its characters with its neighbours.
    return text.slice(offset === 0 ? 0 : 4, -2);
  });
  const url = inner.map(text => text.replaceAll('+', '-').replaceAll('/', '_'));
  return [...new Set([secret, encodeURIComponent(secret), ...inner, ...url, bytes.toString('hex')])];
}

/** Which of the secrets a text holds, in whatever disguise. */
export function heldBy(text: string, secrets: readonly string[]): string[] {
  const lower = text.toLowerCase();
  return secrets.filter(secret => disguises(secret).some(form => lower.includes(form.toLowerCase())));
}

/**
 * Files below a directory that hold one of the secrets, in their names or their bytes, also when they are packed; with
 * their mode. A file that goes while it is looked at counts as gone.
 */
export async function filesHolding(
  dir: string,
  secrets: readonly string[],
): Promise<{ readonly file: string; readonly secrets: readonly string[] }[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const found: { file: string; secrets: string[] }[] = [];
  for (const entry of entries) {
    const file = path.join(entry.parentPath, entry.name);
    const bytes = entry.isFile() ? await readFile(file).catch(ifGone(Buffer.alloc(0))) : Buffer.alloc(0);
    const held = heldBy(`${entry.name}\n${bytes.toString('latin1')}\n${unpacked(bytes)}`, secrets);
    if (held.length > 0) found.push({ file: path.relative(dir, file), secrets: held });
  }
  return found;
}

/** A file that cannot be read for another reason was not searched, and that is no answer. */
function ifGone<T>(instead: T): (error: NodeJS.ErrnoException) => T {
  return error => {
    if (error.code === 'ENOENT') return instead;
    throw error;
  };
}

/** One that is still being written is cut short. */
const UNFINISHED = { finishFlush: constants.Z_SYNC_FLUSH };

function unpacked(bytes: Buffer): string {
  try {
    if (bytes.readUInt16BE() === 0x1f8b) return gunzipSync(bytes, UNFINISHED).toString('latin1');
    if (bytes.readUInt32LE() === 0xfd2fb528) return zstdDecompressSync(bytes).toString('latin1');
  } catch {
    // Too short, or only begins like one: it was searched as it is.
  }
  return '';
}

/** Notes down what programs are started with. */
export interface Spy {
  /** Goes in front of PATH. */
  readonly bin: string;
  /** Variables by which git tells of the programs that it starts itself. */
  readonly env: Readonly<Record<string, string>>;
  /** Command line and environment of every program so far, one text each; and what git told. */
  started(): Promise<string[]>;
}

/**
 * Puts a stand-in for each program into `dir`, which notes down its arguments and its whole environment and then becomes
 * the real program: nobody who looks at the list of processes at any moment can see more.
 */
export async function spyOn(dir: string, programs: readonly string[]): Promise<Spy> {
  const log = path.join(dir, 'started.txt');
  const trace = path.join(dir, 'git-trace.txt');
  for (const name of programs) {
    const { stdout } = await promisify(execFile)('which', [name]);
    const lines = [
      '#!/bin/sh',
      `{ printf '\\036%s\\n' "$0"; for a in "$@"; do printf '%s\\n' "$a"; done; env; } >> '${log}'`,
      `exec '${stdout.trim()}' "$@"`,
    ];
    const file = path.join(dir, name);
    await writeFile(file, `${lines.join('\n')}\n`);
    await chmod(file, 0o755);
  }
  const read = async (file: string) => await readFile(file, 'utf8').catch(ifGone(''));
  return {
    bin: dir,
    env: { GIT_TRACE2_EVENT: trace, GIT_TRACE2_REDACT: '0', GIT_TRACE_REDACT: '0' },
    started: async () => [...(await read(log)).split('\x1e').slice(1), await read(trace)],
  };
}

/** Command lines of all processes of this machine at this moment, and environments where they can be read. */
export async function processList(): Promise<
  { readonly args: string; readonly pid: number; readonly env: string }[]
> {
  const pids = (await readdir('/proc').catch(() => [])).filter(name => /^\d+$/.test(name));
  if (pids.length === 0) {
    const { stdout } = await promisify(execFile)('ps', ['-axww', '-o', 'pid=,command=']);
    return stdout.split('\n').map(line => ({ pid: Number.parseInt(line, 10), args: line, env: '' }));
  }
  const read = async (file: string) =>
    (await readFile(file, 'latin1').catch(() => '')).replaceAll('\0', '\n');
  return await Promise.all(
    pids.map(async pid => ({
      pid: Number(pid),
      args: await read(`/proc/${pid}/cmdline`),
      env: await read(`/proc/${pid}/environ`),
    })),
  );
}
