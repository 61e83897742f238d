import type { Socket } from 'node:net';
import { readHead } from './connect.ts';

/** What a server says of the time. */
export interface ServerClock {
  /** ms since 1970 there, when its answer came. */
  readonly there: number;
  /** ms since 1970 here, at that moment. */
  readonly here: number;
}

/**
 * Asks for the head of the front page, without any name or credential in the request. Undefined where the answer has
 * no date. Rejects when there is no answer.
 * @param authority host and port as a Host header has them
 */
export async function askClock(
  socket: Socket,
  authority: string,
  signal: AbortSignal,
  now: () => number,
): Promise<ServerClock | undefined> {
  socket.write(
    `HEAD / HTTP/1.1\r\nHost: ${authority}\r\nUser-Agent: modgate-doctor\r\nConnection: close\r\nAccept: */*\r\n\r\n`,
  );
  const head = await readHead(socket, signal);
  return clockOf(head, now());
}

/** The date of an answer; one from a cache is as old as it says. Pure. */
export function clockOf(head: string, here: number): ServerClock | undefined {
  if (!/^HTTP\/1\.[01] \d{3}/.test(head)) return undefined;
  const date = Date.parse(/^date:\s*(.+?)\s*$/im.exec(head)?.[1] ?? '');
  if (Number.isNaN(date)) return undefined;
  const age = Number(/^age:\s*(\d{1,9})\s*$/im.exec(head)?.[1] ?? 0);
  return { there: date + age * 1000, here };
}
