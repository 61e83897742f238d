import { randomFillSync } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { zstdCompressSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { createCacheClient } from '../../../src/platform/cache/client.ts';
import type { CacheLimits } from '../../../src/platform/cache/service.ts';
import { type CacheClient, CacheError, type CacheHit } from '../../../src/platform/cache/types.ts';
import type { CacheService } from '../../support/github/cache-service.ts';
import type { TempDir } from '../../support/temp.ts';

export const PREFIX = 'modgate-v2-';

export interface ClientUnderTest extends CacheClient {
  readonly lines: string[];
}

export interface ClientChoices {
  readonly protocol: 'v1' | 'v2';
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly limits?: Partial<CacheLimits>;
}

/** Our client, with limits that a slow machine keeps. */
export function clientOf(service: Pick<CacheService, 'env'>, choices: ClientChoices): ClientUnderTest {
  const lines: string[] = [];
  const client = createCacheClient(
    {
      env: { ...service.env(choices.protocol), ...choices.env },
      version: '1.2.3',
      log: line => lines.push(line),
      ...(choices.signal === undefined ? {} : { signal: choices.signal }),
    },
    { callMs: 5_000, stallMs: 5_000, uploadStallMs: 5_000, ...choices.limits },
  );
  return Object.assign(client, { lines });
}

/** Writes an entry of ours as bytes that nobody has to understand. */
export async function save(
  client: CacheClient,
  dir: TempDir,
  entry: { readonly key: string; readonly bytes: Buffer },
): Promise<void> {
  const file = dir.join(`${entry.key.slice(0, 40)}.archive`);
  await writeFile(file, entry.bytes);
  const reservation = await client.reserve(entry.key, entry.bytes.length);
  await reservation.fill(file, entry.bytes.length);
}

export async function read(client: CacheClient, hit: CacheHit): Promise<Buffer> {
  const { stream } = await client.open(hit);
  return await buffer(stream);
}

/** The CacheError that a promise rejects with; throws when it resolves or rejects with anything else. */
export async function errorOf(promise: Promise<unknown>): Promise<CacheError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof CacheError) return outcome;
  throw new Error(`expected a CacheError, found ${String(outcome)}`, { cause: outcome });
}

export function randomBytes(size: number): Buffer {
  return randomFillSync(Buffer.alloc(size));
}

/** A zstd tar with these files below `store/`. */
export async function archive(file: string, files: Readonly<Record<string, string>>): Promise<number> {
  const tar = pack();
  for (const [name, text] of Object.entries(files)) tar.entry({ name: path.posix.join('store', name) }, text);
  tar.finalize();
  const bytes = zstdCompressSync(await buffer(tar));
  await pipeline([bytes], createWriteStream(file));
  return bytes.length;
}
