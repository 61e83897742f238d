import { type GoModJson, type GoWorkJson, type JsonForm } from './modfile/json.js';
import { type ReadOptions } from './modfile/read-mod.js';
import type { GoMod, GoWork } from './modfile/types.js';
/** go.mod and go.work as the go command reads them; published as `modgate/gomod`. */
export type { GoModJson, GoWorkJson, JsonForm, ModuleVersionJson, ReplaceJson } from './modfile/json.js';
export { GoModError, type GoModErrorCode, problemLine } from './modfile/problems.js';
export { type ReadOptions, readGoMod } from './modfile/read-mod.js';
export { readGoWork } from './modfile/read-work.js';
export type { Block, CommentBlock, Comments, Line, Statement, SyntaxTree } from './modfile/syntax.js';
export { printSyntax, type Token, tokensOf } from './modfile/token-list.js';
export type * from './modfile/types.js';
/**
 * Reads a go.mod of which go would accept every line. Nothing is cleaned up: repeats and oddities are there.
 * Throws `GoModError` with go's own words and places.
 */
export declare function parseGoMod(bytes: Uint8Array, options?: ReadOptions): GoMod;
/** Reads a go.work as `parseGoMod` reads a go.mod. Throws `GoModError`. */
export declare function parseGoWork(bytes: Uint8Array, options?: Omit<ReadOptions, 'lax'>): GoWork;
export interface JsonOptions extends Omit<ReadOptions, 'lax'> {
    /** Whose output it is to be; 1.26 by default. */
    readonly form?: JsonForm;
}
/** What `go mod edit -json` prints, for the bytes of a go.mod or what `parseGoMod` gave. Throws `GoModError`. */
export declare function toGoModJson(mod: Uint8Array | GoMod, { form, ...options }?: JsonOptions): GoModJson;
/** What `go work edit -json` prints, for the bytes of a go.work or what `parseGoWork` gave. Throws `GoModError`. */
export declare function toGoWorkJson(work: Uint8Array | GoWork, { form, ...options }?: JsonOptions): GoWorkJson;
