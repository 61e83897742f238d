import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ListedFile } from '../../src/store/export/manifest.ts';
import { ManifestLines, parseHead } from '../../src/store/export/manifest.ts';

/** A manifest, every line of it judged. */
export function parseLines(text: string): ListedFile[] {
  const [first = '', ...lines] = text.replace(/\n$/, '').split('\n');
  const manifest = new ManifestLines(parseHead(first));
  const files = lines.map(line => manifest.take(line));
  manifest.end();
  return files;
}

/** Keys of all files below a directory, sorted; rejects when one is no regular file. */
export async function keysOf(root: string): Promise<string[]> {
  const keys: string[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const key = path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/');
    if (entry.isDirectory()) continue;
    if (!entry.isFile()) throw new Error(`${key} is no regular file`);
    keys.push(key);
  }
  return keys.sort();
}

/** The files of an exported tree, after every one was compared with its manifest; rejects when they differ. */
export async function auditExport(root: string): Promise<ListedFile[]> {
  const files = parseLines(await readFile(path.join(root, 'modgate', 'export.jsonl'), 'utf8'));
  const there = (await keysOf(root)).filter(key => key !== 'modgate/export.jsonl');
  const told = files.map(file => file.key).sort();
  if (JSON.stringify(there) !== JSON.stringify(told)) {
    throw new Error(`the tree has ${there.join(' ')}, its manifest ${told.join(' ')}`);
  }
  for (const { key, sha256 } of files) {
    const found = createHash('sha256')
      .update(await readFile(path.join(root, key)))
      .digest('hex');
    if (found !== sha256) throw new Error(`${key} is not what the manifest says`);
  }
  return files;
}
