import type { Journal } from '../../proxy/types.ts';

/** A journal whose records hold no secret. */
export function redactedJournal(journal: Journal, redact: (text: string) => string): Journal {
  return {
    append: record => journal.append(redactTexts(record, redact)),
    flush: () => journal.flush(),
  };
}

/** Copied only where something is to be hidden, for most records hold nothing. */
function redactTexts<T extends object>(record: T, redact: (text: string) => string): T {
  let out: Record<string, string> | undefined;
  for (const [name, value] of Object.entries(record)) {
    if (typeof value !== 'string') continue;
    const shown = redact(value);
    if (shown === value) continue;
    out ??= {};
    out[name] = shown;
  }
  return out === undefined ? record : { ...record, ...out };
}
