import type { TreeEntry } from '../../policy/tree-of.ts';

/** A path that git knows, from its index or from a commit. */
export interface GitEntry {
  /** With `/`; bytes that are no UTF-8 are written as `\xNN`. */
  readonly path: string;
  /** False when the path on disk cannot be told from `path`. */
  readonly exact: boolean;
  readonly kind: TreeEntry['kind'];
  /** Object id, hex. */
  readonly oid: string;
  /** Left out of the checkout by a sparse checkout. */
  readonly sparse: boolean;
}

const KINDS: ReadonlyMap<string, TreeEntry['kind']> = new Map([
  ['100', 'file'],
  ['120', 'symlink'],
  ['160', 'submodule'],
]);

/** Of the sides of a conflict ours counts, then theirs, then what both had. */
const STAGES = ['0', '2', '3', '1'];

/** Reads the output of `git ls-files -s -t -z`. */
export function parseIndex(output: Buffer): GitEntry[] {
  const entries = new Map<string, { entry: GitEntry; stage: string }>();
  for (const { head, path, exact } of records(output)) {
    const [tag = '', mode = '', oid = '', stage = ''] = head.split(' ');
    const kind = KINDS.get(mode.slice(0, 3));
    const known = entries.get(path);
    if (kind === undefined || (known && STAGES.indexOf(known.stage) <= STAGES.indexOf(stage))) continue;
    entries.set(path, { entry: { path, exact, kind, oid, sparse: tag === 'S' }, stage });
  }
  return [...entries.values()].map(({ entry }) => entry);
}

/** Reads the output of `git ls-tree -r -z`. */
export function parseTree(output: Buffer): GitEntry[] {
  const entries: GitEntry[] = [];
  for (const { head, path, exact } of records(output)) {
    const [mode = '', , oid = ''] = head.split(' ');
    const kind = KINDS.get(mode.slice(0, 3));
    if (kind !== undefined) entries.push({ path, exact, kind, oid, sparse: false });
  }
  return entries;
}

/** Reads a list of paths, each ended by NUL. */
export function parsePaths(output: Buffer): string[] {
  return output
    .toString('utf8')
    .split('\0')
    .filter(path => path !== '');
}

function* records(output: Buffer): Generator<{ head: string; path: string; exact: boolean }> {
  const text = utf8(output);
  if (text !== undefined) {
    for (const line of text.split('\0')) {
      const tab = line.indexOf('\t');
      if (tab > 0) yield { head: line.slice(0, tab), path: line.slice(tab + 1), exact: true };
    }
    return;
  }
  for (let at = 0; at < output.length; ) {
    const found = output.indexOf(0, at);
    const end = found < 0 ? output.length : found;
    const line = output.subarray(at, end);
    const tab = line.indexOf(9);
    if (tab > 0) {
      const path = utf8(line.subarray(tab + 1));
      const head = line.toString('latin1', 0, tab);
      yield { head, path: path ?? escaped(line.subarray(tab + 1)), exact: path !== undefined };
    }
    at = end + 1;
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Two different paths must not look alike: every byte above ASCII is written out. */
function escaped(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) {
    out += byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return out;
}
