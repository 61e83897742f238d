import { fields, trimSpace } from '../go-text.ts';
import { BLANK_LINE, type Block, type Comments, type SyntaxTree } from './syntax.ts';

/** What comments say: about a dependency, a retraction, a module. */

const NONE: readonly string[] = Object.freeze([]);
const INDIRECT = '// indirect';
const ONLY_INDIRECT: readonly string[] = Object.freeze(['indirect']);

export class CommentReader {
  readonly #tree: SyntaxTree;
  #block: Block | undefined;
  #ofBlock: readonly string[] = NONE;

  constructor(tree: SyntaxTree) {
    this.#tree = tree;
  }

  /** What people wrote at a line: above it, behind it, or, when there is nothing, at its block. */
  of(line: Comments, block: Block | undefined): readonly string[] {
    if (line.before.length === 0 && line.suffix.length === 1 && this.#isPlainIndirect(line.suffix[0] ?? 0)) {
      return ONLY_INDIRECT;
    }
    const own = this.#texts([...line.before, ...line.suffix]);
    if (own.length > 0 || block === undefined) return own;
    if (this.#block !== block) {
      this.#block = block;
      this.#ofBlock = this.#texts([...block.before, ...block.suffix, ...block.open.suffix]);
    }
    return this.#ofBlock;
  }

  /** Whether the comment behind the line marks an indirect dependency, word for word as go wants it. */
  isIndirect(line: Comments): boolean {
    const index = line.suffix[0];
    if (index === undefined) return false;
    if (this.#isPlainIndirect(index)) return true;
    const words = fields(this.#text(index).slice(2));
    return words.length === 1 ? words[0] === 'indirect' : words[0] === 'indirect;';
  }

  /** The reason of a retraction: go counts a blank line above the line as a comment of its own. */
  rationale(line: Comments, block: Block | undefined): string {
    const owner = block && line.before.length === 0 && line.suffix.length === 0 ? block : line;
    return this.#texts([...owner.before, ...owner.suffix]).join('\n');
  }

  /** The text behind `Deprecated:` at the start of a paragraph; empty when there is none. */
  deprecation(line: Comments, block: Block | undefined): string {
    return /(?:^|\n\n)Deprecated: *(.*?)(?:$|\n\n)/s.exec(this.rationale(line, block))?.[1] ?? '';
  }

  #isPlainIndirect(index: number): boolean {
    const { source, tokens } = this.#tree;
    const start = tokens.start(index);
    return tokens.end(index) - start === INDIRECT.length && source.raw.startsWith(INDIRECT, start);
  }

  #text(index: number): string {
    const { source, tokens } = this.#tree;
    return source.text(tokens.start(index), tokens.end(index));
  }

  #texts(comments: readonly number[]): readonly string[] {
    const real = comments.filter(index => index !== BLANK_LINE);
    return real.length === 0 ? NONE : real.map(index => trimSpace(this.#text(index).slice(2)));
  }
}
