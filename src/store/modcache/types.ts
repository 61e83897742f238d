import type { ModVer } from '../types.ts';

/** What a GOMODCACHE holds of a version: three files of `cache/download`, and the directory that go compiles. */
export type ModcachePart = 'mod' | 'zip' | 'ziphash' | 'tree';

/** Something in a GOMODCACHE that is not what go.sum says. */
export interface ModcacheProblem {
  readonly part: ModcachePart;
  /**
   * `changed`: other content than go.sum vouches for, or something that go never writes, such as a link; go may use
   * it unseen. `missing`: a .ziphash that go makes anew from the zip. `unread`: the medium failed, so that nobody
   * knows.
   */
  readonly what: 'changed' | 'missing' | 'unread';
  /** Absolute path of the file or directory. */
  readonly path: string;
  /** What stands at `path`: of a directory go made everything read-only, and a link is a file. */
  readonly kind: 'file' | 'directory';
  /** What differs, as the end of a sentence that names the path. One line of printable ASCII. */
  readonly detail: string;
}

/** What go.sum files say of one version, every hash once, and where it is looked for. */
export interface ModuleQuestion extends ModVer {
  /** The GOMODCACHE, absolute, links resolved. */
  readonly root: string;
  readonly h1s: readonly string[];
  readonly goModH1s: readonly string[];
}

/** A version as it lies in the GOMODCACHE. */
export interface ModuleAnswer {
  /** What was there and was compared. */
  readonly looked: readonly ModcachePart[];
  readonly problems: readonly ModcacheProblem[];
}

export type WorkerReply =
  | { readonly ok: true; readonly answer: ModuleAnswer }
  | { readonly ok: false; readonly why: string };
