import type { UnicodeVersion } from './printable.js';
import { type SyntaxTree } from './syntax.js';
import type { GoMod, GoModProblem } from './types.js';
export interface ReadOptions {
    /** As go reads the go.mod of a dependency: unknown statements and those of main modules only are passed over. */
    readonly lax?: boolean;
    /** 15 as Go 1.26, which is the default; 17 as Go 1.27. */
    readonly unicode?: UnicodeVersion;
    /** Name of the file in go's messages; `go.mod` or `go.work` when it is not given. */
    readonly file?: string;
    /** True for what go says on Windows, where the directory of a replace may hold backslashes. */
    readonly windows?: boolean;
}
/**
 * Reads a go.mod. Never throws: what go refuses is in `problems`, in the order in which go tells it, and its lines are
 * in `mod.rejected`. At a lexical or syntax error go stops, so `problems` has that one alone and `mod` what stands in
 * front of it.
 */
export declare function readGoMod(bytes: Uint8Array, { lax, unicode, file, windows }?: ReadOptions): {
    mod: GoMod;
    problems: readonly GoModProblem[];
    syntax: SyntaxTree;
};
