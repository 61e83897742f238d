import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../support/process.ts';
import { ROOT, read } from './markdown.ts';

/** The pages of the repository, without what other people wrote. Throws when there are none. */
export async function pages(): Promise<string[]> {
  const listed = await run('git', ['ls-files', '-co', '--exclude-standard', '-z', '--', '*.md'], {
    cwd: ROOT,
  });
  const found = listed.stdout.split('\0').filter(file => file !== '' && !file.startsWith('dist/'));
  if (!found.includes('README.md')) throw new Error('git does not list the pages of the repository');
  return found;
}

/** All source text, in which messages are looked up. */
export async function sources(): Promise<string> {
  const files = await readdir(path.join(ROOT, 'src'), { recursive: true });
  const texts = files.filter(file => file.endsWith('.ts')).map(file => read(path.join('src', file)));
  return (await Promise.all(texts)).join('\n');
}

/**
 * The pieces of a quoted message, apart by `...`, that no source has. A message without a piece of twelve characters
 * could be anything: it is returned as a whole.
 */
export function unknownPieces(message: string, source: string): string[] {
  const pieces = message
    .split('...')
    .map(piece => piece.trim())
    .filter(Boolean);
  if (!pieces.some(piece => piece.length >= 12)) return [message];
  return pieces.filter(piece => !source.includes(piece));
}
