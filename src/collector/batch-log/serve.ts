import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseTilePath, type Tile, tilePath } from '../../tlog/tile.ts';
import { HASH_SIZE } from '../../tlog/tree.ts';
import type { BatchLog } from './log.ts';

/**
 * What everybody may have of a log, by its name below `/v1/log/`: `checkpoint`, `key`, and `tile/...` as static servers
 * of transparency logs name them. Undefined for every other name, and for a tile that the tree does not have (yet).
 */
export async function readLogFile(
  dir: string,
  batchLog: Pick<BatchLog, 'vkey' | 'checkpoint' | 'partial'> | undefined,
  name: string,
): Promise<Uint8Array | undefined> {
  if (batchLog === undefined) return undefined;
  if (name === 'key') return Buffer.from(`${batchLog.vkey}\n`);
  if (name === 'checkpoint') return batchLog.checkpoint();
  const tile = parseTilePath(name);
  return tile === undefined ? undefined : await readTile(dir, batchLog, tile);
}

async function readTile(
  dir: string,
  batchLog: Pick<BatchLog, 'partial'>,
  tile: Tile,
): Promise<Uint8Array | undefined> {
  const full = { ...tile, width: 2 ** tile.height };
  const wide = await readFile(join(dir, 'log', ...tilePath(full).split('/'))).catch(() => undefined);
  const partial = batchLog
    .partial()
    .find(p => p.tile.level === tile.level && p.tile.n === tile.n && p.tile.height === tile.height);
  const data = wide ?? partial?.data;
  return data === undefined || data.length < tile.width * HASH_SIZE
    ? undefined
    : data.subarray(0, tile.width * HASH_SIZE);
}
