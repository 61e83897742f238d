import type { VouchFn } from '../../proxy/types.ts';
import type { Serving } from '../../store/layers/layered.ts';

export interface JudgeDeps {
  /** The h1s that the session's own go.sum files have for a file; empty when they have none. */
  readonly goSum: (module: string, version: string, file: 'zip' | 'mod') => readonly string[];
  /** Whether no checksum database is to know a module. */
  readonly covers: (module: string) => boolean;
  readonly vouch: VouchFn;
}

/**
 * Who writes a shared store could put a zip there with an index entry that fits it: what comes from a layer has to be
 * what this job's go.sum has, or else the checksum database. Of modules that no database knows, the word of the layer
 * counts, as that of every store does: their hashes were pinned by the job that brought them.
 */
export function layerJudge({ goSum, covers, vouch }: JudgeDeps): Serving['judge'] {
  return async ({ path, version }, kind, h1) => {
    const listed = goSum(path, version, kind);
    if (listed.length > 0) {
      return listed.includes(h1) ? undefined : `has ${h1}, go.sum has ${listed.join(' or ')}`;
    }
    if (covers(path)) return undefined;
    const told = await vouch(path, version, kind);
    if (told.state === 'known') {
      return told.h1s.includes(h1)
        ? undefined
        : `has ${h1}, the checksum database has ${told.h1s.join(' or ')}`;
    }
    return `has a hash that neither go.sum nor the checksum database vouch for (${told.why})`;
  };
}
