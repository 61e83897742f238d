import { SyntaxStop, type Tokens } from './lexer.js';
import type { UnicodeVersion } from './printable.js';
import { Source } from './source.js';
/**
 * The syntax of go.mod and go.work without their meaning: statements and comments as indices into the tokens of the
 * file, which lose nothing. Follows `golang.org/x/mod/modfile/read.go`, its order of errors included.
 */
/** Stands in a list of comments for a blank line. */
export declare const BLANK_LINE = -1;
/** Comments that belong to something, as indices of tokens. Those above it may hold `BLANK_LINE`. */
export interface Comments {
    /** Those on lines of their own above it. */
    before: readonly number[];
    /** Those behind it. */
    suffix: number[];
}
/** Tokens that stand on one line. */
export interface Line extends Comments {
    readonly kind: 'line';
    /** Index of its first token, and of the one behind its last. */
    readonly from: number;
    readonly to: number;
}
/** `verb ( … )`. */
export interface Block extends Comments {
    readonly kind: 'block';
    /** The tokens in front of the parenthesis. */
    readonly from: number;
    readonly to: number;
    readonly lines: Line[];
    readonly open: Comments;
    readonly close: Comments;
}
/** Comments between blank lines, which belong to no statement. */
export interface CommentBlock extends Comments {
    readonly kind: 'comments';
}
export type Statement = Line | Block | CommentBlock;
export interface SyntaxTree {
    readonly source: Source;
    readonly tokens: Tokens;
    readonly statements: readonly Statement[];
    /** Comments behind a token that go gives to nothing else. */
    readonly before: readonly number[];
    /** Where go stopped reading; the statements are those in front of it. */
    readonly stop: SyntaxStop | undefined;
}
/** Reads the syntax of a file. `file` is its name in go's messages. Never throws. */
export declare function parseSyntax(bytes: Uint8Array, file: string, unicode: UnicodeVersion): SyntaxTree;
