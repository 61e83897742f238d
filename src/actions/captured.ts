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

export interface CaptureOptions {
  /** Receives the lines that are for people; what is for debugging is left out. */
  readonly pass: (line: string) => void;
  /**
   * Called when the service failed again after one retry. The client would go on for half a minute in
   * which the job waits for something that it can do without.
   */
  readonly onRetried: (why: string) => void;
}

const MAX_WHY = 300;
/** Most texts that are hidden; the client masks two or three an operation. */
const MAX_MASKS = 50;

/** Collects the client's log. */
export function captureLog({ pass, onRetried }: CaptureOptions): Captured {
  let rest = '';
  let failed: string | undefined;
  let reserve: string | undefined;
  let size: number | undefined;
  const masks: string[] = [];

  const hidden = (text: string): string => {
    return masks.reduce((left, secret) => left.replaceAll(secret, '***'), text);
  };

  const take = (line: string): void => {
    const command = /^::([a-z-]+)(?: [^:]*)?::(.*)$/.exec(line);
    const data = command ? unescapeData(command[2] ?? '') : line;
    // The runner would have kept these secret: addresses that are signed, or the signatures in them.
    if (command?.[1] === 'add-mask') {
      if (data.length > 3 && masks.length < MAX_MASKS) masks.push(data);
      return;
    }
    const text = hidden(data);
    const retry = /^Attempt (\d+) of \d+ failed with error: (.*)\. Retrying request/s.exec(text);
    if (retry && Number(retry[1]) > 1) onRetried(shown(retry[2] ?? ''));
    const archive = /\((\d+) B\)|^File Size: (\d+)$/.exec(text);
    if (archive) size = Number(archive[1] ?? archive[2]);
    // The reason of a refused reservation is told in the debug log only, and the message for people guesses.
    const reason = /^Failed to reserve cache: (?:Error: )?(.*)$/s.exec(text)?.[1];
    if (reason) reserve = reason;
    const told = command?.[1] === 'warning' || command?.[1] === 'error';
    if (command && !told) return;
    pass(command ? `${command[1]}: ${text}` : text);
    if (told) failed = text;
    else if (text.startsWith('Failed to save: ')) failed = reserve ?? text;
  };
  return {
    write(text) {
      const parts = (rest + text).split(/\r?\n/);
      rest = (parts.pop() ?? '').slice(0, 64 * 1024);
      for (const line of parts) if (line !== '') take(line);
    },
    failure() {
      const found = failed;
      failed = undefined;
      reserve = undefined;
      return found === undefined ? undefined : shown(found);
    },
    bytes: () => size,
  };
}

function shown(text: string): string {
  return redactText(text.replaceAll(/\s+/g, ' ')).slice(0, MAX_WHY);
}

function unescapeData(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}
