import { randomBytes } from 'node:crypto';
import { oldestLogMonth } from '../../prune/own-files.ts';
import type { Use } from '../../stats/use-log.ts';
import type { ModVer } from '../../types.ts';
import { Lanes } from '../../verify/lanes.ts';
import { readSmall } from '../read-small.ts';
import type { Bucket, ObjectFacts } from '../types.ts';
import {
  dayOfUseNote,
  decodeUseNote,
  encodeUseNote,
  MAX_NOTE_SIZE,
  USES,
  type UseNote,
  useNoteKey,
} from '../use-notes.ts';
import { LastUses } from './last-uses.ts';

const DAY_MS = 86_400_000;
/** Notes that are read at once. */
const AT_ONCE = 8;
/** Larger ones are read one at a time. */
const LARGE = 1024 * 1024;
/** How the name of a note begins that tells of counts only. */
const COUNTS_ONLY = 'counts-';

/** Notes of one day. */
export interface DayNotes {
  /** Last moment of the day, ms since the epoch. */
  readonly end: number;
  readonly notes: readonly ObjectFacts[];
}

export interface NotesOptions {
  /** ms since the epoch. */
  readonly now: number;
  readonly keepSinceMs: number;
  /** Told of what is no note. */
  readonly foreign: (key: string, why: string) => void;
}

/** All notes of use that a prune begins with. Read again when they are joined: their contents are not kept. */
export class Notes {
  readonly #bucket: Bucket;
  readonly #options: NotesOptions;
  readonly #days: DayNotes[] = [];
  readonly uses = new LastUses();
  /** Of all notes. */
  bytes = 0;

  private constructor(bucket: Bucket, options: NotesOptions) {
    this.#bucket = bucket;
    this.#options = options;
  }

  /** Throws BucketError. */
  static async read(bucket: Bucket, options: NotesOptions): Promise<Notes> {
    const notes = new Notes(bucket, options);
    for await (const day of daysOf(bucket, options.foreign)) {
      notes.#days.push(day);
      await notes.#take(day);
    }
    return notes;
  }

  /** Versions count as used when the session ended that tells of them, or at the end of that day. */
  async #take(day: DayNotes): Promise<void> {
    const lanes = new Lanes(AT_ONCE);
    for (const note of day.notes) {
      this.bytes += note.size;
      if (this.#isOver(day) && isCountsOnly(note)) continue;
      const read = async () => {
        for (const mv of (await contentOf(this.#bucket, note)).versions) {
          this.uses.add(mv, Math.min(day.end, note.modified));
        }
      };
      if (note.size > LARGE) await read();
      else await lanes.run(read);
    }
    await lanes.end();
  }

  /**
   * Leaves at most one note a day: without versions that a later day tells of, and without any when they went anyway.
   * What was joined is there before its parts go, so that nothing is lost at any kill; what two prunes join at once is
   * there twice until the next one. Returns what that saved. Throws BucketError.
   */
  async join(): Promise<{ readonly files: number; readonly bytes: number }> {
    const saved = { files: 0, bytes: 0 };
    for (const day of this.#days) {
      // Sessions still add to the last one, and its end is not a time of use yet.
      if (day.end >= this.#options.now) continue;
      const written = await this.#joinDay(day);
      if (written === undefined) continue;
      const left = await this.#bucket.remove(day.notes.map(({ key }) => key));
      const kept = new Set(left.map(({ key }) => key));
      for (const { key, size } of day.notes) {
        if (kept.has(key)) continue;
        saved.files += 1;
        saved.bytes += size;
      }
      if (written > 0) {
        saved.files -= 1;
        saved.bytes -= written;
      }
    }
    this.bytes -= saved.bytes;
    return saved;
  }

  /** Writes the one note of a day. Returns its bytes; undefined when what is there is as good. */
  async #joinDay(day: DayNotes): Promise<number | undefined> {
    const [first] = day.notes;
    if (first === undefined) return undefined;
    if (day.end < Date.parse(oldestLogMonth(this.#options.now))) return 0;
    const over = this.#isOver(day);
    if (over && day.notes.length === 1 && isCountsOnly(first)) return undefined;
    const uses = new Map<string, Use>();
    const versions = new Map<string, ModVer>();
    let names = 0;
    for (const note of day.notes) {
      const content = await contentOf(this.#bucket, note);
      for (const use of content.uses) uses.set(JSON.stringify(use), use);
      names += content.versions.length;
      for (const mv of over ? [] : content.versions) {
        if ((this.uses.of(mv) ?? 0) <= day.end) versions.set(`${mv.path}@${mv.version}`, mv);
      }
    }
    if (day.notes.length === 1 && !over && versions.size * 2 > names) return undefined;
    if (uses.size === 0 && versions.size === 0) return 0;
    const bytes = encodeUseNote({ uses: [...uses.values()], versions: [...versions.values()] });
    // More than one note holds: they stay as they are.
    if (bytes.length > MAX_NOTE_SIZE) return undefined;
    const name = `${over ? COUNTS_ONLY : ''}${randomBytes(8).toString('hex')}`;
    await this.#bucket.put(useNoteKey(day.end, name), bytes);
    return bytes.length;
  }

  /** Whatever was last used on that day goes. */
  #isOver({ end }: DayNotes): boolean {
    return end < this.#options.now - this.#options.keepSinceMs;
  }
}

/** The notes of a bucket, day by day, oldest first. Throws BucketError. */
export async function* daysOf(
  bucket: Bucket,
  foreign: NotesOptions['foreign'] = () => undefined,
): AsyncGenerator<DayNotes> {
  let day: { end: number; notes: ObjectFacts[] } | undefined;
  for await (const note of bucket.list(`${USES}/`)) {
    const end = dayOfUseNote(note.key);
    if (end === undefined) foreign(note.key, 'not a file of a store');
    else if (note.size > MAX_NOTE_SIZE) foreign(note.key, 'larger than a note of use may be');
    else if (day !== undefined && day.end === end) day.notes.push(note);
    else {
      if (day !== undefined) yield day;
      day = { end, notes: [note] };
    }
  }
  if (day !== undefined) yield day;
}

/** Empty when somebody joined it meanwhile. Throws BucketError. */
async function contentOf(bucket: Bucket, { key }: ObjectFacts): Promise<UseNote> {
  const found = await readSmall(bucket, key, MAX_NOTE_SIZE);
  if (found === undefined || found.bytes === 'oversize') return { uses: [], versions: [] };
  return decodeUseNote(found.bytes);
}

function isCountsOnly({ key }: ObjectFacts): boolean {
  return key.slice(key.lastIndexOf('/') + 1).startsWith(COUNTS_ONLY);
}

/** What sessions took that ended at or after `since` (ms since the epoch). Throws BucketError. */
export async function* usesSince(bucket: Bucket, since: number): AsyncGenerator<Use> {
  for await (const day of daysOf(bucket)) {
    // The day of a note is that of its end, give or take a clock.
    if (day.end < since - DAY_MS) continue;
    for (const note of day.notes) {
      for (const use of (await contentOf(bucket, note)).uses) if (Date.parse(use.t) >= since) yield use;
    }
  }
}
