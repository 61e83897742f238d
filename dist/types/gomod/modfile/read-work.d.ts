import type { ReadOptions } from './read-mod.js';
import { type SyntaxTree } from './syntax.js';
import type { GoModProblem, GoWork } from './types.js';
/** Reads a go.work as `readGoMod` reads a go.mod. Never throws. */
export declare function readGoWork(bytes: Uint8Array, { unicode, file, windows }?: Omit<ReadOptions, 'lax'>): {
    work: GoWork;
    problems: readonly GoModProblem[];
    syntax: SyntaxTree;
};
