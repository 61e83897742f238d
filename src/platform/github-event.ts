export type Json = Readonly<Record<string, unknown>>;

/** More than any forge sends; what is larger was not written by one. */
const MAX_EVENT = 32 * 2 ** 20;

/** A value as an object; undefined for lists, null and everything else. */
export function record(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** The event of a run, from the text of its file; undefined when there is none or it is no JSON object. */
export function parseEvent(text: string | undefined): Json | undefined {
  if (text === undefined || text.length > MAX_EVENT) return undefined;
  try {
    return record(JSON.parse(text));
  } catch {
    return undefined;
  }
}
