/**
 * Why go could not use a text as one glob (`path.Match` syntax), or undefined when it can. Go itself says nothing:
 * a malformed glob in GOPRIVATE just matches nothing, which in a list of what is denied allows everything.
 */
export function globProblem(glob: string): string | undefined {
  for (let i = 0; i < glob.length; ) {
    const ch = glob.charAt(i);
    if (ch === '\\') {
      if (i + 1 >= glob.length) return 'ends with a backslash, which escapes nothing';
      i += 2;
    } else if (ch === '[') {
      const end = classEnd(glob, i + 1);
      if (typeof end === 'string') return end;
      i = end;
    } else i++;
  }
  return undefined;
}

/** The index behind the class that starts at `from`, or what is wrong with it. */
function classEnd(glob: string, from: number): number | string {
  const unclosed = 'has a [ without its ]; write \\[ for the character itself';
  let i = glob.charAt(from) === '^' ? from + 1 : from;
  for (let count = 0; ; count++) {
    if (i >= glob.length) return unclosed;
    if (glob.charAt(i) === ']' && count > 0) return i + 1;
    const low = classCharacter(glob, i);
    if (low === undefined) return 'has an empty or unfinished range in its [ ]';
    i = low;
    if (glob.charAt(i) === '-') {
      const high = classCharacter(glob, i + 1);
      if (high === undefined) return 'has an empty or unfinished range in its [ ]';
      i = high;
    }
  }
}

/** The index behind one character of a class; undefined when there is none. */
function classCharacter(glob: string, at: number): number | undefined {
  const ch = glob.charAt(at);
  if (ch === '' || ch === '-' || ch === ']') return undefined;
  const from = ch === '\\' ? at + 1 : at;
  const code = glob.codePointAt(from);
  return code === undefined ? undefined : from + (code > 0xffff ? 2 : 1);
}
