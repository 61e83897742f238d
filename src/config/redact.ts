const HIDDEN = '***';

/**
 * A URL that may be shown: user information, query and fragment are replaced by `***`, scheme, host and path
 * are kept. Works on anything: what is no URL loses whatever stands before an `@`.
 */
export function redactUrl(url: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:(?:\/\/|\\\\)?/i.exec(url)?.[0] ?? '';
  const withoutScheme = scheme.endsWith('/') || scheme.endsWith('\\') ? url.slice(scheme.length) : url;
  const start = withoutScheme === url ? '' : scheme;

  // A password with a raw slash ends the authority early, and then the text is usually no URL at all; there
  // everything up to the last @ is hidden, which may hide a part of the path but never shows a secret.
  const end = URL.canParse(url) && start !== '' ? withoutScheme.search(/[/\\?#]|$/) : withoutScheme.length;
  const at = withoutScheme.lastIndexOf('@', end - 1);
  const named = at >= 0 && at < end ? `${HIDDEN}@${withoutScheme.slice(at + 1)}` : withoutScheme;

  const tail = named.search(/[?#]/);
  return start + (tail < 0 ? named : `${named.slice(0, tail + 1)}${HIDDEN}`);
}

/** Redacts every URL inside a text that is not ours (an error message of a library, output of `go`). */
export function redactText(text: string): string {
  return text.replaceAll(/[a-z][a-z0-9+.-]{0,30}:\/\/[^\s"'<>`]+/gi, found => {
    const closing = /[),.;:\]]+$/.exec(found)?.[0] ?? '';
    const url = closing === '' ? found : found.slice(0, -closing.length);
    return redactUrl(url) + closing;
  });
}

/** True when a URL names a user or a password. */
export function hasCredentials(url: string): boolean {
  if (!URL.canParse(url)) return url.includes('@');
  const parsed = new URL(url);
  return parsed.username !== '' || parsed.password !== '';
}

/** The secrets in the URLs of a text: each user information, and its password or token alone as written and as meant. */
export function credentialsIn(text: string): string[] {
  const found = new Set<string>();
  for (const [, userinfo = ''] of text.matchAll(/[a-z][a-z0-9+.-]{0,30}:\/\/([^/?#\s|,]*)@/gi)) {
    const secret = userinfo.slice(userinfo.indexOf(':') + 1);
    for (const part of [userinfo, secret, decoded(secret)]) if (part !== '') found.add(part);
  }
  return [...found];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
