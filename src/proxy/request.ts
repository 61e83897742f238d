import { checkPath, unescapePath, unescapeVersion } from '../gomod/module-path.ts';
import { canonicalModuleVersion, isValid } from '../gomod/version.ts';

/** Longest request target that is looked at, bytes. Go's own longest are well below 1 KiB. */
export const MAX_TARGET = 4096;

/** One request of the GOPROXY protocol, decoded. Paths and versions are unescaped. */
export type ProxyRequest =
  | { readonly op: 'list' | 'latest'; readonly module: string }
  | {
      readonly op: 'info' | 'mod' | 'zip';
      readonly module: string;
      /** A canonical version, or for `info` any query go may send (`main`, a hash). */
      readonly version: string;
      readonly canonical: boolean;
    }
  | { readonly op: 'sumdb'; readonly name: string; readonly path: string };

export type Parsed =
  | { readonly ok: true; readonly request: ProxyRequest }
  | { readonly ok: false; readonly reason: string };

const bad = (reason: string): Parsed => ({ ok: false, reason });

/**
 * Decodes what follows the secret in a request target (no leading slash, no query). Percent-decodes once,
 * then un-bangs, as go's own escaping demands; everything go would never send is refused with a reason.
 */
export function parseRequest(target: string): Parsed {
  if (target.length > MAX_TARGET) return bad('the request path is longer than 4096 bytes');
  let path: string;
  try {
    path = decodeURIComponent(target);
  } catch {
    return bad('the request path has a malformed percent escape');
  }
  if (/[\u0000-\u001f\u007f\\]/.test(path))
    return bad('the request path has a control character or backslash');
  if (path.startsWith('sumdb/')) return parseSumDb(path.slice('sumdb/'.length));

  const latest = path.endsWith('/@latest');
  const at = latest ? path.length - '/@latest'.length : path.lastIndexOf('/@v/');
  if (at <= 0) return bad('not a path of the GOPROXY protocol (want MODULE/@v/FILE or MODULE/@latest)');
  let module: string;
  try {
    module = unescapePath(path.slice(0, at));
  } catch (error) {
    return bad(error instanceof Error ? error.message : String(error));
  }
  const malformed = checkPath(module);
  if (malformed !== undefined) return bad(malformed);
  if (latest) return { ok: true, request: { op: 'latest', module } };

  const file = path.slice(at + '/@v/'.length);
  if (file === 'list') return { ok: true, request: { op: 'list', module } };
  const dot = file.lastIndexOf('.');
  const op = file.slice(dot + 1);
  if (dot <= 0 || (op !== 'info' && op !== 'mod' && op !== 'zip')) {
    return bad('unknown file after /@v/ (want list, VERSION.info, VERSION.mod or VERSION.zip)');
  }
  let version: string;
  try {
    version = unescapeVersion(file.slice(0, dot));
  } catch (error) {
    return bad(error instanceof Error ? error.message : String(error));
  }
  const canonical = isValid(version) && canonicalModuleVersion(version) === version;
  if (!canonical && op !== 'info') return bad(`"${version}" is not a canonical version`);
  return { ok: true, request: { op, module, version, canonical } };
}

/** A database's name may have slashes, so it ends where one of the four kinds of request begins. */
const SUMDB =
  /^([a-z0-9.-]+(?:\/[a-z0-9.-]+)*?)(\/supported|\/latest|\/lookup\/[^@]+@[^/@]+|\/tile\/8\/(?:\d{1,2}|data)\/(?:x\d{3}\/)*\d{3}(?:\.p\/\d{1,3})?)$/i;

function parseSumDb(rest: string): Parsed {
  const [, name, path] = SUMDB.exec(rest) ?? [];
  if (name === undefined || path === undefined) {
    return bad('not a checksum database path (want NAME/supported, latest, lookup/M@V or tile/...)');
  }
  return { ok: true, request: { op: 'sumdb', name, path } };
}
