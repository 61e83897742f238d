/** What a fix says, with the command apart, so that it can be shown for pasting. */
export interface Fix {
  /** Sentence or its beginning; empty when the fix is just a command. */
  readonly words: string;
  readonly command: string | undefined;
}

const COMMAND =
  /^(?:go (?:mod|work|get|env|install|list|clean|tool)|git (?:rm|add|mv|restore|checkout|diff|fetch)|(?:npx )?modgate \w+) ?[^ ]*/;

/** A comma, a new sentence or an alternative: more than one command is told. */
const GOES_ON = /[,;] |[.:] [A-Za-z]| (?:and|or|then) /;

/** Takes a fix apart that is a command, or a sentence part, a colon and a command. */
export function readFix(fix: string): Fix {
  if (fix.includes('\n')) return { words: fix, command: undefined };
  const at = fix.lastIndexOf(': ') + 1;
  const command = fix.slice(at).trim();
  const bare = command.replaceAll(/'[^']*'/g, "''");
  const english = bare.split(' ').some((word, at) => at >= 3 && /^[a-z]+\.?$/.test(word));
  if (!COMMAND.test(command) || GOES_ON.test(bare) || english) return { words: fix, command: undefined };
  return { words: fix.slice(0, at), command: command.replace(/(?<![./])\.$/, '') };
}
