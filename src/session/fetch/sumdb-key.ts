import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findSumDbAlias, findSumDbKey, parseGoSumDb } from '../../tlog/key.ts';
import type { GoSettings } from '../types.ts';

/** The checksum database of a job, with the key that its own Go installation trusts. */
export interface SumDbChoice {
  readonly name: string;
  readonly key: string;
  readonly url: string | undefined;
}

const SOURCE = ['src', 'cmd', 'go', 'internal', 'modfetch'] as const;

/**
 * Reads GOSUMDB as go does. The key of a database that is only named comes from the installation's own
 * source, or from the `go` binary where a distribution leaves the source out. Undefined with the reason when
 * nothing can be verified.
 */
export async function chooseSumDb(go: GoSettings): Promise<SumDbChoice | { readonly why: string }> {
  const source = async (name: string) =>
    await readFile(join(go.GOROOT, ...SOURCE, name), 'utf8').catch(() => '');
  let parsed: ReturnType<typeof parseGoSumDb>;
  try {
    parsed = parseGoSumDb(findSumDbAlias(await source('sumdb.go'), go.GOSUMDB) ?? go.GOSUMDB);
  } catch (error) {
    return { why: `GOSUMDB is malformed: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (parsed.off) return { why: 'GOSUMDB is off' };
  const { name, url } = parsed;
  const key =
    parsed.key ??
    findSumDbKey(await source('key.go'), name) ??
    (await scanBinary(join(go.GOROOT, 'bin', process.platform === 'win32' ? 'go.exe' : 'go'), name));
  if (key === undefined)
    return { why: `the Go installation at ${go.GOROOT} has no key for the database ${name}` };
  return { name, key, url };
}

/** Looks for the key in the binary, piece by piece with an overlap longer than any key. */
async function scanBinary(path: string, name: string): Promise<string | undefined> {
  const overlap = name.length + 64;
  let tail = '';
  try {
    for await (const chunk of createReadStream(path, { encoding: 'latin1', highWaterMark: 1 << 20 })) {
      const text = tail + (chunk as string);
      const key = findSumDbKey(text, name);
      if (key !== undefined) return key;
      tail = text.slice(-overlap);
    }
  } catch {
    return undefined;
  }
  return undefined;
}
