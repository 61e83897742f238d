import * as fs from 'node:fs';
import { createReadStream } from 'node:fs';
import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { asStoreError } from '../errors.ts';
import { FILE_MODE, isAbsent, READ_FLAGS, statRegular } from '../files.ts';
import { USE_LOG, USE_LOG_MONTHS } from '../layout.ts';
import { Tree } from '../tree.ts';
import type { Store } from '../types.ts';

/** What one session took from the store. Counts of requests and bytes; no name of a repository or a person. */
export interface Use {
  /** End of the session, RFC 3339, UTC. */
  readonly t: string;
  readonly requests: number;
  readonly fromStore: number;
  readonly fromUpstream: number;
  readonly bytesFromStore: number;
  readonly bytesFromUpstream: number;
  /** Module versions that came into the store. */
  readonly added: number;
}

const COUNTS = [
  'requests',
  'fromStore',
  'fromUpstream',
  'bytesFromStore',
  'bytesFromUpstream',
  'added',
] as const satisfies readonly (keyof Use)[];

/** Longest line that is read; one write of less is whole or absent on every local file system. */
const MAX_LINE = 4096;

/** A month's file that is larger than this is read from its start only. */
const MAX_FILE = 64 * 1024 * 1024;

const MONTH = /^\d{4}-(?:0[1-9]|1[0-2])\.jsonl$/;
const TIME = /^\d{4}-(?:0[1-9]|1[0-2])-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

/**
 * Adds one session's line to the log of its month, in a single append, so that sessions on one directory need no
 * lock. Never rejects: false when the store cannot be written, or a link stands in the way.
 */
export async function appendUse(store: Pick<Store, 'location' | 'writable'>, use: Use): Promise<boolean> {
  return await appendLine(store, use.t, pick(use));
}

/** The same for a line of another kind, which `readUse` passes over. */
export async function appendLine(
  store: Pick<Store, 'location' | 'writable'>,
  t: string,
  line: object,
): Promise<boolean> {
  if (!store.writable || !TIME.test(t)) return false;
  const tree = new Tree(store.location);
  const file = tree.path(`${USE_LOG}/${t.slice(0, 7)}.jsonl`);
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;
  try {
    await tree.makeDir(USE_LOG);
    const handle = await fsp.open(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, FILE_MODE);
    try {
      if (!(await handle.stat()).isFile()) return false;
      // The line end in front parts it from a line that a dying process or a full disk cut short.
      await handle.write(Buffer.from(`\n${JSON.stringify(line)}\n`));
      return true;
    } finally {
      await handle.close();
    }
  } catch {
    return false;
  }
}

/**
 * The sessions that ended at or after `since` (milliseconds since the epoch), month by month. Lines that are torn
 * or foreign are passed over. Throws StoreError when the log cannot be read.
 */
export async function* readUse(store: Pick<Store, 'location'>, since: number): AsyncGenerator<Use> {
  const tree = new Tree(store.location);
  if (!(await tree.hasDir(USE_LOG))) return;
  const dir = tree.path(USE_LOG);
  const first = new Date(Math.max(0, since)).toISOString().slice(0, 7);
  for (const name of await months(dir)) {
    if (name.slice(0, 7) < first) continue;
    const file = path.join(dir, name);
    if ((await statRegular(file)) === undefined) continue;
    for await (const line of lines(file)) {
      const use = parseUse(line);
      if (use !== undefined && Date.parse(use.t) >= since) yield use;
    }
  }
}

/** Names of the last months that are there, oldest first. */
async function months(dir: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of await fsp.opendir(dir)) {
      if (!entry.isFile() || !MONTH.test(entry.name)) continue;
      names.push(entry.name);
      if (names.length > 4 * USE_LOG_MONTHS) names.sort().splice(0, names.length - 2 * USE_LOG_MONTHS);
    }
  } catch (error) {
    if (!isAbsent(error)) throw asStoreError(error, dir, 'read');
  }
  return names.sort().slice(-2 * USE_LOG_MONTHS);
}

async function* lines(file: string): AsyncGenerator<string> {
  const stream = createReadStream(file, { flags: READ_FLAGS as unknown as string, end: MAX_FILE - 1 });
  let rest = '';
  try {
    for await (const chunk of stream.setEncoding('latin1')) {
      const parts = (rest + (chunk as string)).split('\n');
      rest = (parts.pop() ?? '').slice(0, MAX_LINE + 1);
      yield* parts;
    }
  } catch (error) {
    if (!isAbsent(error)) throw asStoreError(error, file, 'read');
  }
  yield rest;
}

/** One line of a log; undefined when it is torn, or of another kind. */
export function parseUse(line: string): Use | undefined {
  if (line === '' || line.length > MAX_LINE) return undefined;
  let value: Readonly<Record<string, unknown>>;
  try {
    value = JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (typeof value.t !== 'string' || !TIME.test(value.t) || Number.isNaN(Date.parse(value.t)))
    return undefined;
  const fine = COUNTS.every(name => Number.isSafeInteger(value[name]) && (value[name] as number) >= 0);
  return fine ? pick(value as unknown as Use) : undefined;
}

function pick(use: Use): Use {
  return {
    t: use.t,
    ...(Object.fromEntries(COUNTS.map(name => [name, use[name]])) as Omit<Use, 't'>),
  };
}
