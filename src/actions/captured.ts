import { redactText } from '../config/redact.ts';

/** What the cache client told about its failure. It swallows errors, so its log is the only place. */
export interface Captured {
  /** Takes a piece of what would have gone to standard output. */
  write(text: string): void;
  /** The newest failure since the last call, in the service's words; undefined when there was none. */
  failure(): string | undefined;
  /** Size of the archive, once the client told it. */
  bytes(): number | undefined;
}

const MAX_WHY = 300;

/** Collects the client's log, handing each line on. */
export function captureLog(pass: (line: string) => void): Captured {
  let rest = '';
  let failed: string | undefined;
  let reserve: string | undefined;
  let size: number | undefined;

  const take = (line: string): void => {
    pass(line);
    const command = /^::(warning|error|debug)(?: [^:]*)?::(.*)$/.exec(line);
    const text = command ? unescapeData(command[2] ?? '') : line;
    const archive = /\((\d+) B\)|^File Size: (\d+)$/.exec(text);
    if (archive) size = Number(archive[1] ?? archive[2]);
    // The reason of a refused reservation is told in the debug log only, and the message for people guesses.
    const reason = /^Failed to reserve cache: (?:Error: )?(.*)$/s.exec(text)?.[1];
    if (reason) reserve = reason;
    if (command?.[1] === 'warning' || command?.[1] === 'error') failed = text;
    else if (text.startsWith('Failed to save: ')) failed = reserve ?? text;
  };
  return {
    write(text) {
      const parts = (rest + text).split(/\r?\n/);
      rest = (parts.pop() ?? '').slice(0, 64 * 1024);
      for (const line of parts) take(line);
    },
    failure() {
      const found = failed;
      failed = undefined;
      reserve = undefined;
      return found === undefined ? undefined : redactText(found.replaceAll(/\s+/g, ' ')).slice(0, MAX_WHY);
    },
    bytes: () => size,
  };
}

function unescapeData(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}
