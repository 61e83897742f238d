import type { VendoredModule } from '../gomod/modfile/modules-txt.ts';
import type { GoMod, GoModProblem, GoWork } from '../gomod/modfile/types.ts';
import type { ParsedSum } from '../gomod/sum.ts';

/** What git's index says of a path; a directory is one that holds tracked files. */
export type EntryKind = 'file' | 'symlink' | 'submodule' | 'directory';

interface ParsedFile {
  /** Repo-relative, with `/`. */
  readonly path: string;
  /** Its directory, empty for the root. */
  readonly dir: string;
  readonly bytes: Uint8Array;
}

export interface ModFile extends ParsedFile {
  readonly mod: GoMod;
  /** What go refuses; the rest of the file is judged all the same. */
  readonly problems: readonly GoModProblem[];
}

export interface WorkFile extends ParsedFile {
  readonly work: GoWork;
  readonly problems: readonly GoModProblem[];
}

/** A go.sum or go.work.sum. */
export interface SumFile extends ParsedFile {
  readonly sum: ParsedSum;
}

/** A vendor/modules.txt; `dir` is that of the module or workspace that vendors. */
export interface VendorFile extends ParsedFile {
  readonly modules: readonly VendoredModule[];
}

/** A file that may set variables of go: workflows, CI files, Dockerfiles, scripts. */
export type TextFile = ParsedFile;

/** A module file that could not be read: dangling link, no permission, too large. */
export interface UnreadFile {
  readonly path: string;
  /** In words, to follow the path and a colon. */
  readonly why: string;
}

/** A repository as the rules see it: the paths and kinds of git's index, and the files that matter, parsed. */
export interface Tree {
  kind(path: string): EntryKind | undefined;
  /** What a tracked symbolic link says, as it is stored. */
  link(path: string): string | undefined;
  /** Each list sorted by path. */
  readonly mods: readonly ModFile[];
  readonly works: readonly WorkFile[];
  readonly sums: readonly SumFile[];
  readonly vendors: readonly VendorFile[];
  readonly texts: readonly TextFile[];
  readonly unread: readonly UnreadFile[];
}
