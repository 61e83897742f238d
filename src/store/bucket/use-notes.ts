import { OWN } from '../layout.ts';
import { parseUse, type Use } from '../stats/use-log.ts';
import type { ModVer } from '../types.ts';

/**
 * Objects of a bucket that have no times of use: each session leaves one note at its end, which names the versions
 * that it used. Key: `modgate/uses/<yyyy-mm-dd>/<random>`, the day in UTC on which they were used. Notes of one day can
 * be joined into one (`joinNotes`) without losing anything.
 *
 * Content: lines of UTF-8. A line that starts with `{` is what one session took from the store (`Use`, as in the use
 * log of a directory); every other one is `<module path>@<version>`, unescaped.
 */
export const USES = `${OWN}/uses`;

/** Longest note that is read, bytes: some hundred thousand versions. */
export const MAX_NOTE_SIZE = 32 * 1024 * 1024;

/** Longest line: what Go accepts of a path, and of a version, with room. */
const MAX_LINE = 4096;

const DAY_MS = 24 * 60 * 60 * 1000;

export interface UseNote {
  readonly uses: readonly Use[];
  readonly versions: readonly ModVer[];
}

/** Key of a note on versions that were used at `at` (ms since the epoch); `random`: letters, digits and dashes. */
export function useNoteKey(at: number, random: string): string {
  return `${USES}/${new Date(at).toISOString().slice(0, 10)}/${random}`;
}

/** The last moment of the day that a note is of, ms since the epoch; undefined for any other key. */
export function dayOfUseNote(key: string): number | undefined {
  const day = /^modgate\/uses\/(\d{4}-\d\d-\d\d)\/[A-Za-z0-9-]{1,64}$/.exec(key)?.[1];
  const start = day === undefined ? Number.NaN : Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(start) ? undefined : start + DAY_MS - 1;
}

/** A note as it is written; each version once. */
export function encodeUseNote({ uses, versions }: UseNote): Buffer {
  const names = new Set(versions.map(({ path, version }) => `${path}@${version}`));
  const lines = [...uses.map(use => JSON.stringify(use)), ...[...names].sort()];
  return Buffer.from(lines.map(line => `${line}\n`).join(''));
}

/** Reads a note that anybody may have written: lines that are none of ours, or torn, are passed over. */
export function decodeUseNote(bytes: Buffer): UseNote {
  const uses: Use[] = [];
  const versions: ModVer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const found = bytes.indexOf(10, at);
    const end = found < 0 ? bytes.length : found;
    // A last line without its end was cut short.
    if (found >= 0 && end - at <= MAX_LINE) take(bytes.toString('utf8', at, end));
    at = end + 1;
  }
  return { uses, versions };

  function take(line: string): void {
    if (line.startsWith('{')) {
      const use = parseUse(line);
      if (use !== undefined) uses.push(use);
      return;
    }
    const cut = line.lastIndexOf('@');
    if (cut > 0) versions.push({ path: line.slice(0, cut), version: line.slice(cut + 1) });
  }
}

/** Several notes of one day as one. */
export function joinNotes(notes: Iterable<UseNote>): UseNote {
  const uses: Use[] = [];
  const versions = new Map<string, ModVer>();
  for (const note of notes) {
    uses.push(...note.uses);
    for (const mv of note.versions) versions.set(`${mv.path}@${mv.version}`, mv);
  }
  return { uses, versions: [...versions.values()] };
}
