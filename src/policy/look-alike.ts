/** Characters and names that people take for one another. */

/** By what they look like: Cyrillic, Greek and Latin letters and signs that Unicode does not take apart. */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  a: '\u0430\u03b1\u0251',
  b: '\u044c',
  c: '\u0441\u03f2',
  d: '\u0501\u0111',
  e: '\u0435\u0454\u03b5',
  f: '\u0192',
  g: '\u0261\u050d',
  h: '\u04bb\u0127',
  i: '\u0456\u0131\u03b9\u0269',
  j: '\u0458\u03f3',
  k: '\u043a\u03ba',
  l: '\u04cf\u0142\u01c0',
  m: '\u043c',
  n: '\u0578\u03b7\u0438',
  o: '\u043e\u03bf\u00f8\u0585\u03c3',
  p: '\u0440\u03c1',
  q: '\u051b\u0566',
  r: '\u0433\u0280',
  s: '\u0455\ua731',
  t: '\u0442\u03c4\u0167',
  u: '\u03c5\u057d',
  v: '\u0475\u03bd',
  w: '\u051d\u0448\u03c9',
  x: '\u0445\u03c7',
  y: '\u0443\u04af\u03b3',
  z: '\u1d22',
  A: '\u0410\u0391',
  B: '\u0412\u0392',
  C: '\u0421\u03f9',
  E: '\u0415\u0395',
  G: '\u050c',
  H: '\u041d\u0397',
  I: '\u0406\u0399\u04c0',
  J: '\u0408',
  K: '\u041a\u039a',
  M: '\u041c\u039c',
  N: '\u039d',
  O: '\u041e\u039f',
  P: '\u0420\u03a1',
  S: '\u0405',
  T: '\u0422\u03a4',
  X: '\u0425\u03a7',
  Y: '\u04ae\u03a5',
  Z: '\u0396',
  '.': '\u2024\u3002\uff61\u00b7',
  '-': '\u2010\u2011\u2012\u2013\u2014\u2212\u30fc',
  '/': '\u2044\u2215\u29f8',
  _: '\u02cd',
};

const LOOKS: ReadonlyMap<string, string> = new Map(
  Object.entries(LOOK_ALIKES).flatMap(([ascii, others]) => [...others].map(ch => [ch, ascii] as const)),
);

/** The ASCII character that another one is taken for; undefined when it looks like none. */
export function asciiLook(ch: string): string | undefined {
  const known = LOOKS.get(ch);
  if (known !== undefined) return known;
  // Full width, bold, circled letters and letters with marks.
  const base = ch.normalize('NFKD').charAt(0);
  return /^[!-~]$/.test(base) ? base : undefined;
}

/** Names longer than this are not compared: nobody reads them. */
const MAX_NAME = 64;

/**
 * What is left of a name when all is taken away that the eye skips: case, hyphens, dots, an affix `go`,
 * repeated letters, the difference between `0` and `o`, `1`, `i` and `l`, `rn` and `m`, `vv` and `w`.
 */
export function skeleton(name: string): string {
  let ascii = '';
  for (const ch of name.slice(0, MAX_NAME)) ascii += ch < '\u0080' ? ch : (asciiLook(ch) ?? ch);
  return ascii
    .toLowerCase()
    .replace(/^go[-_.]|[-_.]go$/, '')
    .replace(/[-_.]/g, '')
    .replaceAll('0', 'o')
    .replace(/[1i]/g, 'l')
    .replaceAll('5', 's')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
    .replace(/(.)\1+/gu, '$1');
}

/** Whether one letter too many, too few, another one, or two neighbours swapped make one name into the other. */
export function oneEditApart(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (long.length - short.length > 1 || long.length > MAX_NAME || short === long) return false;
  let i = 0;
  while (i < short.length && short[i] === long[i]) i++;
  if (short.length < long.length) return short.slice(i) === long.slice(i + 1);
  if (short.slice(i + 1) === long.slice(i + 1)) return true;
  return short[i] === long[i + 1] && short[i + 1] === long[i] && short.slice(i + 2) === long.slice(i + 2);
}

/** The name without each of its letters in turn: two names one edit apart have one of these, or a name, in common. */
export function shortened(name: string): readonly string[] {
  if (name.length > MAX_NAME) return [];
  return Array.from(name, (_, i) => name.slice(0, i) + name.slice(i + 1));
}
