/** How long what is no file of a version stays, on a disk and in a bucket. */
const DAY_MS = 86_400_000;

/** A temporary file whose maker cannot be asked. */
export const TEMP_MS = DAY_MS;
/** Damaged files, for somebody to look at. */
export const QUARANTINE_MS = 14 * DAY_MS;
/** Lists, answers to queries and absences: what is believed of them is younger. */
export const SOFT_MS = 30 * DAY_MS;
/** Tiles of the checksum database that were not full yet; it has grown beyond them. */
export const PARTIAL_TILE_MS = 30 * DAY_MS;
/** An index entry without any file: a commit could be on its way. */
export const LOOSE_MS = DAY_MS;
/** A pinned hash after its version went. */
export const PIN_MS = 400 * DAY_MS;

/** Part of the store that tiles and records of the checksum database may be, and what they may always have. */
export const SUMDB_SHARE = 0.1;
export const SUMDB_MIN_BYTES = 32 * 1024 * 1024;
