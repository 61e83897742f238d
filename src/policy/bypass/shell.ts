import { type Text, TextBuilder } from './text.ts';

/** Where the output of a command goes; shared by a pipeline, known once its last redirection was read. */
export interface Sink {
  /** It becomes the environment of later steps. */
  environment: boolean;
}

export interface Command {
  /** Decoded, expansions as holes; at most MAX_WORDS. Assignments before the command are words too. */
  readonly words: readonly Text[];
  /** Files that are written. */
  readonly redirects: readonly Text[];
  /** Bodies of here-documents. */
  readonly documents: readonly Text[];
  /** The command's own pipeline first, then those of the groups around it. */
  readonly sinks: readonly Sink[];
}

const MAX_WORDS = 20_000;
/** Of groups and substitutions in one another; deeper ones are read as plain characters. */
const MAX_DEPTH = 100;
const MAX_ARITHMETIC = 1000;
/** Begun on one line. */
const MAX_DOCUMENTS = 50;

const META = new Set(' \t\r\n;&|()<>');
const BLANK = new Set(' \t\r\n');
/** Characters that a run of plain ones ends at. */
const SPECIAL = new Set(' \t\r\n;&|()<>\\\'"$`}');

type Stop = 'word' | 'plain' | 'quote' | 'brace' | 'end';

/**
 * Reads shell text leniently, in one pass, and hands out its simple commands in the order in which they end,
 * those of substitutions and groups included. What is no shell (batch files, PowerShell) is read as if it were.
 */
export function readCommands(text: Text, emit: (command: Command) => void): void {
  new ShellReader(text, emit).commands('', []);
}

/** Words as ENV of a Dockerfile has them: quotes and expansions, but no operators and comments. */
export function readWords(text: Text): Text[] {
  return new ShellReader(text, () => {}).words();
}

/** A value with its variables as holes; quotes and backslashes are kept. */
export function expand(text: Text): Text {
  return text.text.includes('$') ? new ShellReader(text, () => {}).value() : text;
}

class ShellReader {
  readonly #text: Text;
  readonly #source: string;
  readonly #emit: (command: Command) => void;
  #pos = 0;
  #depth = 0;
  #close = '';
  /** Here-documents whose bodies begin after this line. */
  #pending: { readonly end: string; readonly tabs: boolean; readonly into: Text[] }[] = [];

  constructor(text: Text, emit: (command: Command) => void) {
    this.#text = text;
    this.#source = text.text;
    this.#emit = emit;
  }

  words(): Text[] {
    const out: Text[] = [];
    while (out.length < MAX_WORDS) {
      while (BLANK.has(this.#peek()) || this.#continuation()) this.#pos++;
      if (this.#pos >= this.#source.length) break;
      out.push(this.#word('plain'));
    }
    return out;
  }

  value(): Text {
    return this.#word('end');
  }

  #peek(ahead = 0): string {
    return this.#source[this.#pos + ahead] ?? '';
  }

  /** At a backslash before a line end; leaves the position at the line end. */
  #continuation(): boolean {
    if (this.#peek() !== '\\') return false;
    const length = this.#peek(1) === '\r' && this.#peek(2) === '\n' ? 2 : 1;
    if (this.#peek(length) !== '\n') return false;
    this.#pos += length;
    return true;
  }

  /** Commands up to the closing character, which is taken, or the end. */
  commands(close: string, around: readonly Sink[]): void {
    const outer = this.#close;
    this.#close = close;
    this.#depth++;
    let sink: Sink = { environment: false };
    let words: Text[] = [];
    let redirects: Text[] = [];
    let documents: Text[] = [];
    const finish = (piped: boolean): void => {
      const command = { words, redirects, documents, sinks: [sink, ...around] };
      // The body of a here-document comes after the line; its command is handed out when it is there.
      if (this.#pending.some(({ into }) => into === documents)) waiting.push(command);
      else if (words.length + redirects.length + documents.length > 0) this.#emit(command);
      [words, redirects, documents] = [[], [], []];
      if (!piped) sink = { environment: false };
    };
    let waiting: Command[] = [];
    const bodies = (): void => {
      this.#readDocuments();
      for (const command of waiting) this.#emit(command);
      waiting = [];
    };
    for (;;) {
      const c = this.#peek();
      if (c === '') break;
      if (c === close && close !== '}') {
        this.#pos++;
        break;
      }
      if (c === ' ' || c === '\t' || c === '\r' || this.#continuation()) this.#pos++;
      else if (c === '\n') {
        this.#pos++;
        finish(false);
        bodies();
      } else if (c === '#') this.#skipTo('\n');
      else if (c === '|') {
        const piped = this.#peek(1) !== '|';
        this.#pos += piped && this.#peek(1) !== '&' ? 1 : 2;
        finish(piped);
      } else if (c === '&' && this.#peek(1) === '>') this.#pos++;
      else if (c === ';' || c === '&' || c === ')') {
        this.#pos++;
        finish(false);
      } else if (c === '(') {
        this.#pos++;
        if (this.#peek() === '(') this.#arithmetic();
        else if (this.#depth < MAX_DEPTH) this.commands(')', [sink, ...around].slice(0, MAX_DEPTH));
      } else if (c === '<' || c === '>') this.#redirection(redirects, documents);
      else {
        const word = this.#word('word');
        if (word.text === '{' && this.#depth < MAX_DEPTH) this.commands('}', [sink, ...around]);
        else if (word.text === '}' && close === '}' && words.length === 0) break;
        else if (words.length < MAX_WORDS) words.push(word);
      }
    }
    finish(false);
    // A command that is still waiting lost its body to an enclosing line end.
    for (const command of waiting) this.#emit(command);
    this.#depth--;
    this.#close = outer;
  }

  #skipTo(text: string): void {
    const at = this.#source.indexOf(text, this.#pos);
    this.#pos = at === -1 ? this.#source.length : at;
  }

  /** `((…))`: a shift in it must not be taken for a here-document. At its second parenthesis. */
  #arithmetic(): void {
    const [line = ''] = this.#source.slice(this.#pos, this.#pos + MAX_ARITHMETIC).split('\n', 1);
    const end = line.indexOf('))');
    this.#pos += end === -1 ? 1 : end + 2;
  }

  #redirection(redirects: Text[], documents: Text[]): void {
    const out = this.#peek() === '>';
    this.#pos++;
    if (!out && this.#peek() === '<' && this.#peek(1) !== '<') {
      this.#pos++;
      const tabs = this.#peek() === '-';
      if (tabs) this.#pos++;
      while (this.#peek() === ' ' || this.#peek() === '\t') this.#pos++;
      const end = this.#word('word').text;
      if (end !== '' && this.#pending.length < MAX_DOCUMENTS)
        this.#pending.push({ end, tabs, into: documents });
      return;
    }
    while (this.#peek() !== '' && '<>&|'.includes(this.#peek())) this.#pos++;
    while (this.#peek() === ' ' || this.#peek() === '\t') this.#pos++;
    if (META.has(this.#peek()) || this.#peek() === '') return;
    const target = this.#word('word');
    if (out && redirects.length < MAX_WORDS) redirects.push(target);
  }

  #readDocuments(): void {
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    for (const { end, tabs, into } of pending) {
      const from = this.#pos;
      for (;;) {
        const start = this.#pos;
        if (start >= this.#source.length) break;
        this.#skipTo('\n');
        const line = this.#source.slice(start, Math.min(this.#pos, start + end.length + 1000));
        this.#pos++;
        if ((tabs ? line.replace(/^\t+/, '') : line).trimEnd() === end) {
          into.push(this.#text.slice(from, start));
          break;
        }
      }
      if (this.#pos >= this.#source.length && into.length === 0) into.push(this.#text.slice(from));
    }
  }

  #word(stop: Stop): Text {
    const builder = new TextBuilder();
    const from = this.#pos;
    this.#part(builder, stop);
    // A lone closing brace or backtick ends no word of its own; it must not hold the reader up.
    if (this.#pos === from) {
      builder.copy(this.#text, from, from + 1);
      this.#pos++;
    }
    return builder.build(this.#text.at(from));
  }

  /** Decodes up to what ends a part of this kind; a closing quote or brace is taken. */
  #part(into: TextBuilder, stop: Stop): void {
    while (this.#pos < this.#source.length) {
      const c = this.#peek();
      if (stop === 'word' && (META.has(c) || (c === '`' && this.#close === '`'))) return;
      if (stop === 'plain' && BLANK.has(c)) return;
      if ((stop === 'quote' && c === '"') || (stop === 'brace' && c === '}')) {
        this.#pos++;
        return;
      }
      if (c === '\\' && stop !== 'end') this.#escape(into, stop);
      else if (c === "'" && stop !== 'quote' && stop !== 'end') this.#singleQuoted(into);
      else if (c === '"' && stop !== 'end') {
        this.#pos++;
        this.#part(into, 'quote');
      } else if (c === '$') this.#dollar(into, stop);
      else if (c === '`' && stop !== 'end' && stop !== 'plain') this.#substitution(into, 1, '`');
      else {
        const from = this.#pos++;
        while (this.#pos < this.#source.length && !SPECIAL.has(this.#peek())) this.#pos++;
        into.copy(this.#text, from, this.#pos);
      }
    }
  }

  #escape(into: TextBuilder, stop: Stop): void {
    if (this.#continuation()) {
      this.#pos++;
      return;
    }
    const next = this.#peek(1);
    if (stop === 'quote' && !'$`"\\'.includes(next)) into.copy(this.#text, this.#pos, this.#pos + 1);
    const end = Math.min(this.#pos + 2, this.#source.length);
    into.copy(this.#text, this.#pos + 1, end);
    this.#pos = end;
  }

  #singleQuoted(into: TextBuilder): void {
    const from = this.#pos + 1;
    const end = this.#source.indexOf("'", from);
    this.#pos = end === -1 ? this.#source.length : end + 1;
    into.copy(this.#text, from, end === -1 ? this.#source.length : end);
  }

  #hole(into: TextBuilder, from: number, name: string | undefined, optional = false): void {
    const offset = this.#text.at(from);
    into.hole({ name, optional, length: Math.max(1, this.#text.endAt(this.#pos) - offset) }, offset);
  }

  /** `skip` characters, then commands up to `close`; the whole is a hole. */
  #substitution(into: TextBuilder, skip: number, close: string): void {
    const from = this.#pos;
    this.#pos += skip;
    if (this.#depth >= MAX_DEPTH) {
      into.copy(this.#text, from, this.#pos);
      return;
    }
    this.commands(close, []);
    const short = this.#source.slice(from, Math.min(this.#pos, from + 80));
    this.#hole(into, from, /^\W+(?:shell\s+)?go env (\w+)\W$/.exec(short)?.[1]);
  }

  #dollar(into: TextBuilder, stop: Stop): void {
    const from = this.#pos;
    const next = this.#peek(1);
    const bare = stop === 'word' || stop === 'plain' || stop === 'brace';
    if ((next === "'" || next === '"') && bare) {
      this.#pos++;
    } else if (next === '(' && this.#peek(2) === '(') {
      this.#pos += 2;
      this.#arithmetic();
      this.#hole(into, from, undefined);
    } else if (next === '(') {
      this.#substitution(into, 2, ')');
    } else if (next === '{') {
      this.#braces(into);
    } else {
      const name = /^(?:(?:[Ee]nv:)?[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?!$-])/.exec(
        this.#source.slice(from + 1, from + 101),
      )?.[0];
      this.#pos += 1 + (name?.length ?? 0);
      if (name === undefined) into.copy(this.#text, from, this.#pos);
      else this.#hole(into, from, name);
    }
  }

  /** `${…}`; what stands behind `-`, `=` and `+` is text that may come to count. */
  #braces(into: TextBuilder): void {
    const from = this.#pos;
    const head = /^\$\{[!#]?(?:[A-Za-z]+:)?([A-Za-z0-9_@*]{1,100})(:?[-=+])?/.exec(
      this.#source.slice(from, from + 220),
    );
    const [all = '${', name, operator] = head ?? [];
    this.#pos += all.length;
    if (operator === undefined) {
      // To the end of the expansion, others in it skipped; never past the line.
      for (let open = 1; open > 0 && this.#pos < this.#source.length; this.#pos++) {
        const c = this.#peek();
        if (c === '\n') break;
        if (c === '{') open++;
        if (c === '}') open--;
      }
      this.#hole(into, from, name);
      return;
    }
    this.#hole(into, from, name, true);
    if (this.#depth >= MAX_DEPTH) return;
    this.#depth++;
    this.#part(into, 'brace');
    this.#depth--;
  }
}
