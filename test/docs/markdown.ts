import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Text of a file of the repository. */
export async function read(file: string): Promise<string> {
  return await readFile(path.join(ROOT, file), 'utf8');
}

/** The text below a heading, up to the next one of the same or a higher level. Throws when it is not there. */
export function section(markdown: string, heading: string): string {
  const level = /^#+/.exec(heading)?.[0].length ?? 0;
  const lines = markdown.split('\n');
  const start = lines.indexOf(heading);
  if (start < 0) throw new Error(`there is no heading "${heading}"`);
  const rest = lines.slice(start + 1);
  const inCode = codeLines(rest);
  const end = rest.findIndex((line, i) => !inCode[i] && new RegExp(`^#{1,${level}} `).test(line));
  return (end < 0 ? rest : rest.slice(0, end)).join('\n');
}

/** Rows of all tables in a text without their heads; cells are trimmed, and `\|` in them is `|`. */
export function tableRows(text: string): string[][] {
  const lines = text.split('\n');
  return lines
    .filter((line, i) => /^\|/.test(line) && !isRule(line) && !isRule(lines[i + 1] ?? ''))
    .map(line =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map(cell => cell.trim().replaceAll('\\|', '|')),
    );
}

function isRule(line: string): boolean {
  return /^\|(?:\s*:?-+:?\s*\|)+$/.test(line);
}

/** What stands in back quotes, in order. */
export function codeSpans(text: string): string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}

/** The first code span of each row's first cell, which is the name of what the row is about. */
export function names(rows: readonly string[][]): string[] {
  return rows.map(([first = '']) => codeSpans(first)[0] ?? '').filter(Boolean);
}

/** Contents of the fenced blocks of one language. */
export function fenced(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, code = '']) => code,
  );
}

/** The anchors that a forge makes of the headings of a page. */
export function anchors(markdown: string): Set<string> {
  const lines = markdown.split('\n');
  const inCode = codeLines(lines);
  const headings = lines.filter((line, i) => !inCode[i] && /^#{1,6} /.test(line));
  return new Set(
    headings.map(line =>
      line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Targets of the links of a page that stay in the repository. */
export function relativeLinks(markdown: string): string[] {
  const text = markdown.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter(target => !/^[a-z][a-z0-9+.-]*:/i.test(target));
}

function codeLines(lines: readonly string[]): boolean[] {
  let open = false;
  return lines.map(line => {
    const fence = line.startsWith('```');
    if (fence) open = !open;
    return open || fence;
  });
}
