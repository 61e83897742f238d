/** A host as the configuration names it: lower case, IPv6 in brackets, punycode. */
export interface HostPort {
  readonly hostname: string;
  /** Undefined: the default port of whatever scheme is used. */
  readonly port: number | undefined;
}

/** Reads `host` or `host:port`; a string says why it is neither, in words that follow it as a sentence would. */
export function parseHostPort(text: string): HostPort | string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return 'is a URL; write its host alone, like git.example.com';
  if (text.includes('@')) return 'has an @; write the host alone, a user name goes under username';
  if (/[/\\?#\s\0-\x1f\x7f%]/.test(text))
    return 'is not a host; write it like git.example.com, without a path';
  if (text.includes('*'))
    return 'has a *; a credential or an exception is for one host, so write each by its name';
  const [, name = '', port] = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/i.exec(text) ?? [];
  // The parser of URLs knows which names there are, and spells an address in one way only.
  if (name === '' || !URL.canParse(`https://${name}/`)) {
    return 'is not a host; write it like git.example.com or git.example.com:8443';
  }
  const number = port === undefined ? undefined : Number(port);
  if (number !== undefined && (number < 1 || number > 65_535)) return 'has a port that there is not';
  return { hostname: new URL(`https://${name}/`).hostname, port: number };
}

/** Why a text is no `host` or `host:port`; undefined when it is fine. */
export function hostPortProblem(text: string): string | undefined {
  const parsed = parseHostPort(text);
  return typeof parsed === 'string' ? parsed : undefined;
}

/** Whether a URL is at exactly this host and port. */
export function isAt(url: URL, { hostname, port }: HostPort): boolean {
  return url.hostname === hostname && (port === undefined ? url.port === '' : portOf(url) === port);
}

function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'http:' ? 80 : 443;
}

/** The same as the host part of an https URL, which is how `go` and git look a host up. */
export function httpsHost({ hostname, port }: HostPort): string {
  return port === undefined || port === 443 ? hostname : `${hostname}:${port}`;
}
