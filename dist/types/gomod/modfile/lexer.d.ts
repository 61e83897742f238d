import { type UnicodeVersion } from './printable.js';
import type { Source } from './source.js';
/** What a token is; the punctuation stands for itself. */
export type TokenKind = 'word' | 'string' | 'comment' | 'newline' | 'end' | '(' | ')' | '[' | ']' | '{' | '}' | ',';
/** The tokens of a file in order: where each begins and ends. Between two of them is only blank space. */
export declare class Tokens {
    #private;
    get length(): number;
    start(index: number): number;
    end(index: number): number;
    push(start: number, end: number): void;
}
/** Where go stops reading, and its words. Internal: parsing catches it. */
export declare class SyntaxStop extends Error {
    readonly start: number;
    readonly end: number;
    constructor(message: string, start: number, end?: number);
}
/**
 * Reads one token after the other, as go's own lexer does: one ahead of the parser, so that of two errors the one
 * that go meets first is told.
 */
export declare class Lexer {
    #private;
    readonly tokens: Tokens;
    /** True for the last comment read when something stands before it on its line. */
    isSuffix: boolean;
    constructor(source: Source, unicode: UnicodeVersion);
    /**
     * Appends the next token, an empty one at the end of the file, and tells its kind. A comment ends before its line
     * end, which is the next token but belongs to the comment. Throws `SyntaxStop`.
     */
    next(): TokenKind;
}
