import { ModuleError } from './errors.ts';
import { decodeGoText, isWellFormed, quote, quoteRune } from './go-text.ts';
import { build, isValid, major } from './version.ts';

/** Module paths: what Go accepts, the escaped form on the wire, the major suffix (`golang.org/x/mod/module`). */

export { ModuleError, type ModuleErrorCode } from './errors.ts';
export { matchGlobs } from './globs.ts';

type PathKind = 'module' | 'import' | 'file';

const ALLOWED: Readonly<Record<PathKind, RegExp>> = {
  module: /^[-._~0-9A-Za-z]$/,
  import: /^[-._~+0-9A-Za-z]$/,
  file: /^[-!#$%&()+,.=@[\]^_{}~ 0-9A-Za-z]$|^[\u0080-\u{10ffff}]$/u,
};

const ALL_MODULE_CHARS = /^[-._~0-9A-Za-z]*$/;
const WINDOWS_NAME = /^(?:con|prn|aux|nul|com[1-9]|lpt[1-9])$/i;
const LETTER = /^\p{L}$/u;

function charAllowed(ch: string, kind: PathKind): boolean {
  return ALLOWED[kind].test(ch) && (ch < '\u0080' || LETTER.test(ch));
}

function checkElem(elem: string, kind: PathKind): string | undefined {
  if (elem === '') return 'empty path element';
  if (/^\.+$/.test(elem)) return `invalid path element ${quote(elem)}`;
  if (elem.startsWith('.') && kind === 'module') return 'leading dot in path element';
  if (elem.endsWith('.')) return 'trailing dot in path element';
  if (!ALL_MODULE_CHARS.test(elem)) {
    for (const ch of elem) if (!charAllowed(ch, kind)) return `invalid char ${quoteRune(ch)}`;
  }
  const dot = elem.indexOf('.');
  const short = dot < 0 ? elem : elem.slice(0, dot);
  if (WINDOWS_NAME.test(short)) return `${quote(short)} disallowed as path element component on Windows`;
  if (kind !== 'file' && /~[0-9]+$/.test(short)) return 'trailing tilde and digits in path element';
  return undefined;
}

function checkElements(path: string, kind: PathKind): string | undefined {
  if (!isWellFormed(path)) return 'invalid UTF-8';
  if (path === '') return 'empty string';
  if (path.startsWith('-') && kind !== 'file') return 'leading dash';
  if (path.includes('//')) return 'double slash';
  if (path.endsWith('/')) return 'trailing slash';
  for (const elem of path.split('/')) {
    const why = checkElem(elem, kind);
    if (why !== undefined) return why;
  }
  return undefined;
}

function checkModulePath(path: string): string | undefined {
  const why = checkElements(path, 'module');
  if (why !== undefined) return why;
  const slash = path.indexOf('/');
  const host = slash < 0 ? path : path.slice(0, slash);
  if (!host.includes('.')) return 'missing dot in first path element';
  for (const ch of host) {
    if (!/[-.0-9a-z]/.test(ch)) return `invalid char ${quoteRune(ch)} in first path element`;
  }
  return splitPathVersion(path).ok ? undefined : 'invalid version';
}

function inGoWords(kind: PathKind, path: string | Uint8Array, check: (path: string) => string | undefined) {
  const text = typeof path === 'string' ? path : decodeGoText(path);
  const why = check(text);
  return why === undefined ? undefined : `malformed ${kind} path ${quote(text)}: ${why}`;
}

/** Undefined when the path is a valid module path, else Go's own words why it is not (`module.CheckPath`). */
export function checkPath(path: string | Uint8Array): string | undefined {
  return inGoWords('module', path, checkModulePath);
}

/** The same for the path of a package to import: `+` and a first element without a dot are legal there. */
export function checkImportPath(path: string | Uint8Array): string | undefined {
  return inGoWords('import', path, text => checkElements(text, 'import'));
}

/** The same for a file inside a module: spaces, letters of all scripts and most punctuation are legal. */
export function checkFilePath(path: string | Uint8Array): string | undefined {
  return inGoWords('file', path, text => checkElements(text, 'file'));
}

/** Undefined when path and version are valid and belong together, else Go's words (`module.Check`). */
export function checkModule(path: string, version: string): string | undefined {
  const why = checkPath(path);
  if (why !== undefined) return why;
  if (!isValid(version)) return `${path}@${version}: invalid version: not a semantic version`;
  const mismatch = pathMajorMismatch(version, splitPathVersion(path).pathMajor);
  return mismatch === undefined ? undefined : `${path}@${version}: invalid version: ${mismatch}`;
}

/**
 * Splits a path into prefix and major suffix: `/v2` and up, or `.v1` and up below `gopkg.in/`. `ok` is false
 * (and the whole path the prefix) when the suffix breaks Go's rules, as in `example.com/pkg/v1`.
 */
export function splitPathVersion(path: string): { prefix: string; pathMajor: string; ok: boolean } {
  const whole = (ok: boolean) => ({ prefix: path, pathMajor: '', ok });
  if (path.startsWith('gopkg.in/')) {
    const m = /\.v[0-9]*(?:-unstable)?$/.exec(path);
    if (m === null || m[0] === '.v' || (m[0].startsWith('.v0') && m[0] !== '.v0')) return whole(false);
    return { prefix: path.slice(0, m.index), pathMajor: m[0], ok: true };
  }
  let at = path.length;
  while (at > 0 && /[0-9.]/.test(path.charAt(at - 1))) at--;
  if (at <= 1 || at === path.length || path.slice(at - 2, at) !== '/v') return whole(true);
  const pathMajor = path.slice(at - 2);
  if (pathMajor.includes('.') || pathMajor.startsWith('/v0') || pathMajor === '/v1') return whole(false);
  return { prefix: path.slice(0, at - 2), pathMajor, ok: true };
}

function pathMajorMismatch(version: string, pathMajor: string): string | undefined {
  const suffix = pathMajor.startsWith('.v') ? pathMajor.replace(/-unstable$/, '') : pathMajor;
  // gopkg.in modules of v1 were once given v0.0.0- pseudo-versions, and go.mod files still hold them.
  if (version.startsWith('v0.0.0-') && suffix === '.v1') return undefined;
  const m = major(version);
  if (suffix === '') {
    if (m === 'v0' || m === 'v1' || build(version) === '+incompatible') return undefined;
    return `should be v0 or v1, not ${m}`;
  }
  const want = /^[/.]/.test(suffix) ? suffix.slice(1) : suffix;
  return want === m && want !== suffix ? undefined : `should be ${want}, not ${m}`;
}

/** Undefined when the version may stand with a path of that major suffix, else Go's words. */
export function checkPathMajor(version: string, pathMajor: string): string | undefined {
  const why = pathMajorMismatch(version, pathMajor);
  return why === undefined ? undefined : `version ${quote(version)} invalid: ${why}`;
}

/** Whether the target of a replace is a directory and no module path (`modfile.IsDirectoryPath`). */
export function isDirectoryPath(path: string): boolean {
  return /^(?:\.\.?(?:$|[/\\])|[/\\]|[A-Za-z]:)/.test(path);
}

function bang(text: string): string {
  return text.replace(/[A-Z]/g, ch => `!${ch.toLowerCase()}`);
}

function unbang(escaped: string): string | undefined {
  if (/[A-Z\u0080-\uffff]|!(?![a-z])/.test(escaped)) return undefined;
  return escaped.replace(/!([a-z])/g, (_, ch: string) => ch.toUpperCase());
}

/** The path as proxies and caches spell it: each upper-case letter as `!` and its lower case. */
export function escapePath(path: string): string {
  const why = checkPath(path);
  if (why !== undefined) throw new ModuleError('malformed-path', why);
  return bang(path);
}

/** The same for a version or a query such as a branch name. */
export function escapeVersion(version: string): string {
  if (!isWellFormed(version) || checkElem(version, 'file') !== undefined || /[!/]/.test(version)) {
    const why = `version ${quote(version)} invalid: disallowed version string`;
    throw new ModuleError('malformed-version', why);
  }
  if (/[\u0080-\uffff]/.test(version)) {
    throw new ModuleError('malformed-version', 'internal error: inconsistency in EscapePath');
  }
  return bang(version);
}

/** The module path behind an escaped one. Throws `ModuleError` when the escape or the path is malformed. */
export function unescapePath(escaped: string): string {
  const path = unbang(escaped);
  const wrong = `invalid escaped module path ${quote(escaped)}`;
  if (path === undefined) throw new ModuleError('malformed-path', wrong);
  const why = checkPath(path);
  if (why !== undefined) throw new ModuleError('malformed-path', `${wrong}: ${why}`);
  return path;
}

/** The version or query behind an escaped one. Throws `ModuleError`. */
export function unescapeVersion(escaped: string): string {
  const version = unbang(escaped);
  if (version === undefined) {
    throw new ModuleError('malformed-version', `invalid escaped version ${quote(escaped)}`);
  }
  const why = checkElem(version, 'file');
  if (why !== undefined) {
    throw new ModuleError('malformed-version', `invalid escaped version ${quote(version)}: ${why}`);
  }
  return version;
}
