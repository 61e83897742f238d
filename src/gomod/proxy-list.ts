import { quote } from './go-text.ts';

/** The GOPROXY variable, as `cmd/go/internal/modfetch` reads it. */

export interface ProxyEntry {
  /** `direct`, `off`, or an http, https or file URL. It may hold credentials: redact before showing it. */
  readonly url: string;
  /**
   * After which failures the next entry is asked: a comma stands behind an entry that hands on only what is
   * absent (404, 410), a pipe behind one that hands on everything.
   */
  readonly fallBackOn: 'absent' | 'any-error';
}

/** A GOPROXY value that go refuses; the message is go's, without passwords. */
export class GoProxyError extends Error {
  override readonly name = 'GoProxyError';
  readonly code = 'bad-goproxy';
}

/** The URL with a password replaced by `xxxxx`, as go prints it. Takes what is no valid URL, too. */
export function withoutPassword(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#]*?):[^/?#]*@/i, '$1:xxxxx@');
}

function fail(message: string): never {
  throw new GoProxyError(message);
}

/** The rules of Go's `url.Parse` that a proxy URL can break. */
function parseProblem(url: string): string | undefined {
  if (/[\x00-\x1f\x7f]/.test(url)) return 'net/url: invalid control character in URL';
  if (url.startsWith(':')) return 'missing protocol scheme';
  const badEscape = /%(?![0-9A-Fa-f]{2}).{0,2}/.exec(url.replace(/[?#].*$/s, ''));
  if (badEscape !== null) return `invalid URL escape ${quote(badEscape[0])}`;
  const authority = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?#]*)/.exec(url)?.[1];
  if (authority === undefined) {
    const firstSegment = url.replace(/[/?#].*$/s, '');
    const hasScheme = /^[A-Za-z][A-Za-z0-9+.-]*:/.test(url);
    return firstSegment.includes(':') && !hasScheme
      ? 'first path segment in URL cannot contain colon'
      : undefined;
  }
  const at = authority.lastIndexOf('@');
  if (at >= 0 && !/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(authority.slice(0, at))) {
    return 'net/url: invalid userinfo';
  }
  const host = authority.slice(at + 1);
  const badChar = /[ "<>\\^`{|}]/.exec(host);
  if (badChar !== null) return `invalid character ${quote(badChar[0])} in host name`;
  if (host.startsWith('[') && !host.includes(']')) return "missing ']' in host";
  const port = /^(?:\[[^\]]*\]|[^:[\]]*)(.*)$/.exec(host)?.[1] ?? '';
  if (!/^(?::[0-9]*)?$/.test(port)) return `invalid port ${quote(port)} after host`;
  return undefined;
}

function checkUrl(url: string): void {
  const shown = withoutPassword(url);
  const problem = parseProblem(url);
  if (problem !== undefined) fail(`parse ${quote(shown)}: ${problem}`);
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) fail(`invalid proxy URL missing scheme: ${shown}`);
  if (scheme === 'file') {
    if (!/^file:\/\/(?:\/[^?#]*)?$/i.test(url)) {
      fail(`invalid file:// proxy URL with non-path elements: ${shown}`);
    }
  } else if (scheme !== 'http' && scheme !== 'https') {
    fail(`invalid proxy URL scheme (must be https, http, file): ${shown}`);
  }
}

/** Words without dot, slash or colon are reserved; everything else that is no whole URL is an https host. */
function complete(url: string): string {
  const absolutePath = url.startsWith('/') || /^[A-Za-z]:\\|^\\\\/.test(url);
  return /[.:/]/.test(url) && !url.includes(':/') && !absolutePath ? `https://${url}` : url;
}

/**
 * Splits a GOPROXY value. Empty items are skipped, and nothing after `direct` or `off` counts.
 *
 * @throws GoProxyError in go's words, for a malformed URL or a list without any entry
 */
export function parseGoProxy(value: string): { readonly entries: readonly ProxyEntry[] } {
  const entries: ProxyEntry[] = [];
  for (const [, item = '', separator = ''] of value.matchAll(/([^,|]*)([,|]|$)/g)) {
    const url = item.trim();
    if (url === '') continue;
    if (url === 'off' || url === 'direct') {
      entries.push({ url, fallBackOn: 'absent' });
      break;
    }
    const whole = complete(url);
    checkUrl(whole);
    entries.push({ url: whole, fallBackOn: separator === '|' ? 'any-error' : 'absent' });
  }
  if (entries.length === 0) fail('GOPROXY list is not the empty string, but contains no entries');
  return { entries };
}
