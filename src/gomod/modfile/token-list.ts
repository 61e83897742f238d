import type { TokenKind } from './lexer.ts';
import type { SyntaxTree } from './syntax.ts';
import type { Span } from './types.ts';

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
export function* tokensOf({ source, tokens }: SyntaxTree): Generator<Token> {
  for (let i = 0; i < tokens.length; i++) {
    const [start, end] = [tokens.start(i), tokens.end(i)];
    const text = source.text(start, end);
    yield { kind: kindOf(text), text, span: source.span(start, end) };
  }
}

function kindOf(text: string): TokenKind {
  if (text === '') return 'end';
  if (text === '\n') return 'newline';
  if (/^[()[\]{},]/.test(text)) return text as TokenKind;
  if (text.startsWith('//')) return 'comment';
  return /^["`]/.test(text) ? 'string' : 'word';
}

/** The bytes of the file again, put together from its tokens and what lies between them. */
export function printSyntax({ source, tokens }: SyntaxTree): Uint8Array {
  const pieces: string[] = [];
  let at = 0;
  for (let i = 0; i < tokens.length; i++) {
    pieces.push(source.raw.slice(at, tokens.start(i)), source.raw.slice(tokens.start(i), tokens.end(i)));
    at = tokens.end(i);
  }
  pieces.push(source.raw.slice(at));
  return Buffer.from(pieces.join(''), 'latin1');
}
