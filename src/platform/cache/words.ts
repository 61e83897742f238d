import { oneLine } from '../escape.ts';

/** Longest text of a service that is quoted, characters. */
const MAX_QUOTE = 300;

/**
 * Text of a service or a library as it may be shown: one visible line, bounded, and of each URL only the host,
 * because a signature stands in the query and the token of some servers (act) in the path.
 */
export function shown(text: string, secrets: readonly string[]): string {
  let clean = text.slice(0, 16 * MAX_QUOTE);
  for (const secret of secrets) if (secret.length >= 6) clean = clean.replaceAll(secret, '***');
  clean = clean
    .replaceAll(
      /[a-z][a-z0-9+.-]{0,30}:\/\/(?:[^\s/?#@"'<>]*@)?([^\s/?#@"'<>]*)[^\s"'<>]*/gi,
      (_, host: string) => host,
    )
    .replaceAll(/\b((?:x-amz-)?sig(?:nature)?|token)=[^\s&"'<>]+/gi, '$1=***')
    .replaceAll(/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, '***');
  const line = oneLine(clean.trim());
  return line.length > MAX_QUOTE ? `${line.slice(0, MAX_QUOTE)}…` : line;
}

/** What went wrong with a connection, in the words of the system: a code where there is one. */
export function networkWords(error: unknown, secrets: readonly string[]): string {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === 'UND_ERR_SOCKET') return 'the connection was closed';
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return 'no connection in time';
  if (typeof code === 'string' && /^E[A-Z0-9_]+$/.test(code)) return code;
  return shown(error instanceof Error ? error.message : String(error), secrets) || 'an unknown fault';
}
