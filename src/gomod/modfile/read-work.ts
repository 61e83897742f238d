import type { ReadOptions } from './read-mod.ts';
import { StatementReader } from './reader.ts';
import { parseSyntax, type SyntaxTree } from './syntax.ts';
import type { GodebugDirective, GoModProblem, GoWork, ReplaceDirective, ValueDirective } from './types.ts';

const BLOCK_VERBS: ReadonlySet<string> = new Set(['godebug', 'use', 'replace']);

/** Reads a go.work as `readGoMod` reads a go.mod. Never throws. */
export function readGoWork(
  bytes: Uint8Array,
  { unicode = 15, file = 'go.work', windows = false }: Omit<ReadOptions, 'lax'> = {},
): { work: GoWork; problems: readonly GoModProblem[]; syntax: SyntaxTree } {
  const syntax = parseSyntax(bytes, file, unicode);
  const reader = new StatementReader(syntax, { unicode, file, windows });
  let go: ValueDirective | undefined;
  let toolchain: ValueDirective | undefined;
  const godebug: GodebugDirective[] = [];
  const use: ValueDirective[] = [];
  const replace: ReplaceDirective[] = [];
  reader.eachStatement(BLOCK_VERBS, false, statement => {
    switch (statement.verb) {
      case 'go':
        if (go !== undefined) reader.refuse(statement, 'repeated go statement');
        else go = reader.go(statement, false);
        break;
      case 'toolchain':
        if (toolchain !== undefined) reader.refuse(statement, 'repeated toolchain statement');
        else toolchain = reader.toolchain(statement);
        break;
      case 'godebug': {
        const found = reader.godebug(statement);
        if (found !== undefined) godebug.push(found);
        break;
      }
      case 'use': {
        const found = reader.oneValue(statement, 'usage: use local/dir');
        if (found !== undefined) use.push(found);
        break;
      }
      case 'replace': {
        const found = reader.replace(statement);
        if (found !== undefined) replace.push(found);
        break;
      }
      default:
        reader.refuse(statement, `unknown directive: ${statement.verb}`);
    }
  });
  return {
    work: { go, toolchain, godebug, use, replace, rejected: reader.rejected },
    problems: reader.problems,
    syntax,
  };
}
