import { constants } from 'node:fs';
import { open, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { redactUrl } from '../../config/redact.ts';

/** A repository that go has cloned into a GOMODCACHE by itself. */
export interface CachedClone {
  /** Name of its directory under `cache/vcs`. */
  readonly name: string;
  /** Where go took it to be, without credentials: what import path and rewrites of git lead to, before these. */
  readonly url: string;
  /** Where the last fetch really went, without credentials; undefined where nobody wrote it down. */
  readonly fetchedFrom: string | undefined;
  /** When something was fetched last, ms since 1970; a clone that an archive brought keeps its time. */
  readonly fetchedMs: number;
}

const MAX_NAMES = 100_000;
const MAX_CLONES = 1_000;
const MAX_INFO_BYTES = 8 << 10;
const MAX_FETCH_BYTES = 64 << 10;
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * The clones of a GOMODCACHE. Never rejects: what cannot be read holds nothing, and a clone that nobody can say the
 * origin of has an empty URL.
 */
export async function readClones(goModCache: string): Promise<CachedClone[]> {
  const dir = join(goModCache, 'cache', 'vcs');
  const names: string[] = [];
  let seen = 0;
  try {
    for await (const entry of await opendir(dir)) {
      seen += 1;
      if (seen > MAX_NAMES || names.length >= MAX_CLONES) break;
      if (entry.isFile() && entry.name.endsWith('.info')) names.push(entry.name.slice(0, -'.info'.length));
    }
  } catch {
    return [];
  }
  const clones: CachedClone[] = [];
  for (const name of names.sort()) {
    const info = await readStart(join(dir, `${name}.info`), MAX_INFO_BYTES);
    if (info === undefined) continue;
    const fetched = await readStart(join(dir, name, 'FETCH_HEAD'), MAX_FETCH_BYTES);
    const url = /^[a-z0-9]+:([^\s]+)/.exec(info.text)?.[1] ?? '';
    const from = / of (\S+)\s*$/m.exec(fetched?.text ?? '')?.[1];
    clones.push({
      name,
      url: withoutCredentials(url),
      fetchedFrom: from === undefined ? undefined : withoutCredentials(from),
      fetchedMs: Math.max(info.writtenMs, fetched?.writtenMs ?? 0),
    });
  }
  return clones;
}

/** A URL, or git's `user@host:path`, as it may be shown. */
function withoutCredentials(url: string): string {
  if (!URL.canParse(url) || !url.includes('://')) return redactUrl(url);
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  parsed.search = '';
  parsed.hash = '';
  return parsed.href;
}

async function readStart(
  file: string,
  limit: number,
): Promise<{ readonly text: string; readonly writtenMs: number } | undefined> {
  try {
    await using handle = await open(file, READ);
    const found = await handle.stat();
    if (!found.isFile()) return undefined;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(limit), 0, limit, 0);
    return { text: buffer.toString('utf8', 0, bytesRead), writtenMs: Math.min(found.ctimeMs, found.mtimeMs) };
  } catch {
    return undefined;
  }
}
