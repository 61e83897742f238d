import { type GoModJson, type GoWorkJson, goModJson, goWorkJson, type JsonForm } from './modfile/json.ts';
import { GoModError, type GoModErrorCode } from './modfile/problems.ts';
import { type ReadOptions, readGoMod } from './modfile/read-mod.ts';
import { readGoWork } from './modfile/read-work.ts';
import type { GoMod, GoModProblem, GoWork } from './modfile/types.ts';

/** go.mod and go.work as the go command reads them; published as `modgate/gomod`. */

export type { GoModJson, GoWorkJson, JsonForm, ModuleVersionJson, ReplaceJson } from './modfile/json.ts';
export { GoModError, type GoModErrorCode, problemLine } from './modfile/problems.ts';
export { type ReadOptions, readGoMod } from './modfile/read-mod.ts';
export { readGoWork } from './modfile/read-work.ts';
export type { Block, CommentBlock, Comments, Line, Statement, SyntaxTree } from './modfile/syntax.ts';
export { printSyntax, type Token, tokensOf } from './modfile/token-list.ts';
export type * from './modfile/types.ts';

/**
 * Reads a go.mod of which go would accept every line. Nothing is cleaned up: repeats and oddities are there.
 * Throws `GoModError` with go's own words and places.
 */
export function parseGoMod(bytes: Uint8Array, options: ReadOptions = {}): GoMod {
  const { mod, problems } = readGoMod(bytes, options);
  refuse('invalid-go-mod', options.file ?? 'go.mod', problems);
  return mod;
}

/** Reads a go.work as `parseGoMod` reads a go.mod. Throws `GoModError`. */
export function parseGoWork(bytes: Uint8Array, options: Omit<ReadOptions, 'lax'> = {}): GoWork {
  const { work, problems } = readGoWork(bytes, options);
  refuse('invalid-go-work', options.file ?? 'go.work', problems);
  return work;
}

export interface JsonOptions extends Omit<ReadOptions, 'lax'> {
  /** Whose output it is to be; 1.26 by default. */
  readonly form?: JsonForm;
}

/** What `go mod edit -json` prints, for the bytes of a go.mod or what `parseGoMod` gave. Throws `GoModError`. */
export function toGoModJson(
  mod: Uint8Array | GoMod,
  { form = '1.26', ...options }: JsonOptions = {},
): GoModJson {
  return goModJson(isBytes(mod) ? parseGoMod(mod, options) : mod, form);
}

/** What `go work edit -json` prints, for the bytes of a go.work or what `parseGoWork` gave. Throws `GoModError`. */
export function toGoWorkJson(
  work: Uint8Array | GoWork,
  { form = '1.26', ...options }: JsonOptions = {},
): GoWorkJson {
  return goWorkJson(isBytes(work) ? parseGoWork(work, options) : work, form);
}

/** True for bytes of another realm, too. */
function isBytes(x: Uint8Array | GoMod | GoWork): x is Uint8Array {
  return ArrayBuffer.isView(x);
}

function refuse(code: GoModErrorCode, file: string, problems: readonly GoModProblem[]): void {
  const [first, ...rest] = problems;
  if (first !== undefined) throw new GoModError(code, file, [first, ...rest]);
}
