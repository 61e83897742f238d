import type { TokenKind } from './lexer.js';
import type { SyntaxTree } from './syntax.js';
import type { Span } from './types.js';
export interface Token {
    readonly kind: TokenKind;
    /** As it is written; a byte that is no UTF-8 as a lone surrogate (U+DC00 + byte). */
    readonly text: string;
    readonly span: Span;
}
/**
 * All tokens of a file in order, comments and line ends among them. What lies between two of them, and in front of the
 * first, is blank; behind the last is what go did not read after an error.
 */
export declare function tokensOf({ source, tokens }: SyntaxTree): Generator<Token>;
/** The bytes of the file again, put together from its tokens and what lies between them. */
export declare function printSyntax({ source, tokens }: SyntaxTree): Uint8Array;
