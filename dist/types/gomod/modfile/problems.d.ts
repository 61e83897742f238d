import type { GoModProblem } from './types.js';
export type GoModErrorCode = 'invalid-go-mod' | 'invalid-go-work';
/** A file that go refuses. The message is what go prints: `go.mod:L[:C]: why`, a line a problem. */
export declare class GoModError extends Error {
    readonly name = "GoModError";
    readonly code: GoModErrorCode;
    /** In the order in which go tells them; there is at least one. */
    readonly problems: readonly GoModProblem[];
    /** Of the first problem, from 1. */
    readonly line: number;
    /** From 1, in code points, as go counts. */
    readonly column: number;
    /** The same column in UTF-16 units, as editors count. */
    readonly utf16: number;
    constructor(code: GoModErrorCode, file: string, problems: readonly [GoModProblem, ...GoModProblem[]]);
}
/** A problem as go prints it; the column only where go does. */
export declare function problemLine(file: string, { message, span, hasColumn }: GoModProblem): string;
