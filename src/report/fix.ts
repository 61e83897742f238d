/** What a fix says, with the command apart, so that it can be shown for pasting. */
export interface Fix {
  /** Before the command; all of it where there is no command; empty where the fix begins with one. */
  readonly words: string;
  readonly command: string | undefined;
  /** What else there is to say. */
  readonly after: string;
}

const COMMAND =
  /(?<=^|: )(?:go (?:mod|work|get|env|install|list|clean|tool)|git (?:rm|add|mv|restore|checkout|diff|fetch)|(?:npx )?modgate \w+)(?= |$)/g;

/** The command up to the semicolon of the sentence, which is not one in quotes. */
const COMMAND_LINE = /^(?:'[^']*'|[^';]|;(?! ))*/;

/** A comma, a new sentence or an alternative: this is told in a sentence, and no command alone. */
const GOES_ON = /, |[.:] [A-Za-z]| (?:and|or|then) /;

/** Takes a fix apart that is a command, or names one behind a colon. */
export function readFix(fix: string): Fix {
  const whole: Fix = { words: fix, command: undefined, after: '' };
  const at = [...fix.matchAll(COMMAND)].at(-1)?.index;
  if (at === undefined || fix.includes('\n')) return whole;
  const line = COMMAND_LINE.exec(fix.slice(at))?.[0] ?? '';
  const after = fix.slice(at + line.length).replace(/^; /, '');
  const bare = line.replaceAll(/'[^']*'/g, "''");
  const english = bare.split(' ').some((word, n) => n >= 3 && /^[a-z]+\.?$/.test(word));
  if (english || GOES_ON.test(bare)) return whole;
  return {
    words: fix.slice(0, at).trim(),
    command: after === '' ? line.replace(/(?<![./])\.$/, '') : line,
    after: `${after.charAt(0).toUpperCase()}${after.slice(1)}`,
  };
}
