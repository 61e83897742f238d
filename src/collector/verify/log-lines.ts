import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Edge } from '../../tlog/edge.ts';
import { tilePath } from '../../tlog/tile.ts';
import { formatHash, recordHash, sameHash } from '../../tlog/tree.ts';
import type { Checkpoint } from '../batch-log/checkpoint.ts';
import { type LogLine, parseLine } from '../batch-log/line.ts';
import { LINES_FILE } from '../batch-log/log.ts';
import { readLines } from '../batch-log/read-lines.ts';
import type { Deviation } from './types.ts';

export interface LineCheck {
  readonly dir: string;
  /** The newest one, which the store shows. */
  readonly signed: Checkpoint;
  /** What was seen earlier. */
  readonly older: readonly Checkpoint[];
  readonly tell: (deviation: Deviation) => void;
}

/**
 * The lines of a log, in order and by number from 0, while they are compared with what was signed: that the tree over
 * them is the signed one, that it contains every older checkpoint, and that the tiles are its.
 */
export async function* checkedLines({
  dir,
  signed,
  older,
  tell,
}: LineCheck): AsyncGenerator<{ readonly line: LogLine; readonly n: number }> {
  const edge = new Edge();
  const marks = new Map<number, Checkpoint[]>();
  for (const mark of [signed, ...older]) {
    marks.set(mark.tree.size, [...(marks.get(mark.tree.size) ?? []), mark]);
  }
  // What agrees last is where a change lies behind.
  let agreed: Checkpoint | undefined;
  const compare = (): void => {
    for (const mark of marks.get(edge.size) ?? []) {
      const right = sameHash(edge.root(), mark.tree.hash);
      if (right) agreed = mark;
      else tell(disagreement(mark, mark === signed, edge, agreed));
    }
  };
  compare();
  for await (const { bytes } of readLines(join(dir, LINES_FILE))) {
    const n = edge.size;
    for (const { tile, data } of edge.append(recordHash(bytes))) {
      const file = `log/${tilePath(tile)}`;
      const kept = await readFile(join(dir, ...file.split('/'))).catch(() => undefined);
      if (kept !== undefined && !kept.equals(data)) {
        tell({
          rule: 'log/tile',
          what: `the tile is not that of the lines as they are now: one of the lines up to ${(tile.n + 1) * 256 ** (tile.level + 1)} was changed, or the tile`,
          where: file,
        });
      }
    }
    const line = parseLine(bytes.toString('latin1'));
    if (line === undefined)
      tell({ rule: 'log/line', what: `line ${n + 1} is none of a log`, where: LINES_FILE });
    else yield { line, n };
    compare();
  }
  for (const mark of [signed, ...older]) {
    if (mark.tree.size <= edge.size) continue;
    tell({
      rule: 'log/rolled-back',
      what: `the log has ${edge.size} lines, and at ${mark.time} it had ${mark.tree.size}: lines were taken away`,
      where: LINES_FILE,
      since: mark.time,
    });
  }
}

function disagreement(
  mark: Checkpoint,
  isNewest: boolean,
  edge: Edge,
  agreed: Checkpoint | undefined,
): Deviation {
  const root = formatHash(edge.root());
  const before =
    agreed === undefined ? '' : `; the first ${agreed.tree.size} are as they were signed at ${agreed.time}`;
  return {
    rule: isNewest ? 'log/changed' : 'log/forked',
    what: isNewest
      ? `the first ${mark.tree.size} lines have the hash ${root}, and ${formatHash(mark.tree.hash)} was signed: a line was changed, put in or moved${before}`
      : `at ${mark.time} the first ${mark.tree.size} lines had the hash ${formatHash(mark.tree.hash)}, and now they have ${root}: this is another history than the one that was shown then${before}`,
    where: LINES_FILE,
    since: agreed?.time ?? mark.time,
  };
}
