import * as fs from 'node:fs';
import path from 'node:path';
import { type HashLine, hashGoMod } from '../../gomod/dirhash.ts';
import { readModuleZip, ZipError } from '../../gomod/zip.ts';
import { fileByteSource } from '../byte-source.ts';
import { errnoOf } from '../errors.ts';
import { isAbsent } from '../files.ts';
import { MAX_SIZE } from '../layout.ts';
import { compareTrees, differenceInWords, shownName, shownText } from './compare.ts';
import { hashTree, TreeError } from './hash-tree.ts';
import { modcachePaths } from './paths.ts';
import type { ModcachePart, ModcacheProblem, ModuleAnswer, ModuleQuestion } from './types.ts';

/** A `.ziphash` is 47 bytes long, and a line break more when a person wrote it. */
const MAX_ZIPHASH = 1024;

/** Thrown by a check whose file is not what it has to be; the text goes on after the file's name. */
class Changed extends Error {
  /** What is wrong, when it is not the file itself. */
  readonly at: string | undefined;
  constructor(message: string, at?: string) {
    super(message);
    this.at = at;
  }
}

/**
 * Compares what a GOMODCACHE has of one version with go.sum. Each part is judged for itself, because go uses a
 * directory without looking at the zip, and a zip without hashing it when `.ziphash` is there. Reads only, and
 * follows no link below the root. Synchronous file access: for worker threads only. Never rejects.
 */
export async function examine(question: ModuleQuestion): Promise<ModuleAnswer> {
  const { root, h1s, goModH1s } = question;
  const paths = modcachePaths(question);
  const looked: ModcachePart[] = [];
  const problems: ModcacheProblem[] = [];
  if (paths === undefined) return { looked, problems };
  const part = async (
    name: ModcachePart,
    look: (file: string) => Promise<Looked> | Looked,
  ): Promise<void> => {
    const file = path.join(root, paths[name]);
    try {
      const odd = oddAbove(root, paths[name]);
      if (odd !== undefined) throw new Changed(BEHIND_LINK, odd);
      if (isThere(file) && (await look(file)) === 'compared') looked.push(name);
    } catch (error) {
      // It was there a moment ago: somebody cleans up.
      if (errnoOf(error) === 'ENOENT') return;
      looked.push(name);
      const why = whyOf(error, file);
      problems.push({ part: name, kind: kindOf(why.path), ...why });
    }
  };

  if (goModH1s.length > 0) {
    await part('mod', file => mustBe(hashGoMod(contentOf(file, MAX_SIZE.mod)), goModH1s));
  }
  if (h1s.length === 0) return { looked, problems };

  let lines: readonly HashLine[] | undefined;
  await part('zip', async (file): Promise<Looked> => {
    const zip = await readZip(file, question);
    mustBe(zip.h1, h1s);
    lines = zip.lines;
    return 'compared';
  });
  await part('tree', dir => {
    const partial = path.join(root, paths.partial);
    const unpacking = () => isThere(partial);
    if (!fs.lstatSync(dir).isDirectory()) throw new Changed('is no directory');
    if (unpacking()) return 'unused';
    try {
      return checkTree(dir, question, lines);
    } catch (error) {
      if (unpacking()) return 'unused';
      throw error;
    }
  });
  const file = path.join(root, paths.ziphash);
  const ziphash = { part: 'ziphash', what: 'missing', path: file, kind: 'file' } as const;
  await part('ziphash', () => {
    const text = contentOf(file, MAX_ZIPHASH).toString('latin1').trim();
    if (text !== '') return mustBe(text, h1s);
    problems.push({ ...ziphash, detail: 'is empty' });
    return 'compared';
  });
  if (!looked.includes('ziphash') && (looked.includes('zip') || looked.includes('tree'))) {
    problems.push({ ...ziphash, detail: 'is not there' });
  }
  return { looked, problems };
}

/** `unused`: go itself does not use it as it is. */
type Looked = 'compared' | 'unused';

const BEHIND_LINK =
  'is no directory of its own, as go makes them, so that what lies behind it was not looked at';

/** The first thing above a file, below the root, that is a link or no directory. */
function oddAbove(root: string, relative: string): string | undefined {
  let dir = root;
  for (const name of path.dirname(relative).split(path.sep)) {
    dir = path.join(dir, name);
    const found = fs.lstatSync(dir, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    if (!found.isDirectory()) return dir;
  }
  return undefined;
}

function isThere(file: string): boolean {
  try {
    return fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

function kindOf(file: string): ModcacheProblem['kind'] {
  try {
    return fs.lstatSync(file).isDirectory() ? 'directory' : 'file';
  } catch {
    return 'file';
  }
}

function contentOf(file: string, max: number): Buffer {
  const source = open(file);
  try {
    if (source.size > max) throw new Changed(`is ${source.size} bytes long, and go takes at most ${max}`);
    return Buffer.from(source.read(0, source.size));
  } finally {
    source.close();
  }
}

async function readZip(file: string, question: ModuleQuestion): ReturnType<typeof readModuleZip> {
  const source = open(file);
  try {
    return await readModuleZip(source, question);
  } finally {
    source.close();
  }
}

function open(file: string): ReturnType<typeof fileByteSource> {
  if (!fs.lstatSync(file).isFile()) throw new Changed('is no regular file');
  return fileByteSource(file);
}

function checkTree(dir: string, question: ModuleQuestion, zip: readonly HashLine[] | undefined): Looked {
  const prefix = `${question.path}@${question.version}`;
  const { h1, lines } = hashTree(dir, prefix);
  if (question.h1s.every(expected => expected === h1)) return 'compared';
  const words = zip === undefined ? undefined : differenceInWords(compareTrees(prefix, zip, lines));
  // The names of directories are part of the hash of a zip that has them, and of no unpacked one's.
  if (words === '') return 'compared';
  if (words !== undefined) throw new Changed(`differs from the zip that go.sum vouches for: ${words}`);
  return mustBe(h1, question.h1s);
}

/** All of them: go stops at the first line of go.sum that differs from what it has. */
function mustBe(actual: string, expected: readonly string[]): Looked {
  const other = expected.find(h1 => h1 !== actual);
  if (other === undefined) return 'compared';
  const disagree = expected.includes(actual) ? ', and the go.sum files of this checkout disagree' : '';
  throw new Changed(`has the hash ${shownName(actual)}, but go.sum has ${other}${disagree}`);
}

function whyOf(error: unknown, file: string): Pick<ModcacheProblem, 'what' | 'path' | 'detail'> {
  const message = shownText(error instanceof Error ? error.message : String(error));
  const changed = (detail: string, at = file) => ({ what: 'changed', path: at, detail }) as const;
  if (error instanceof Changed) return changed(error.message, error.at);
  if (error instanceof TreeError) return changed(`is not as go unpacked it: ${message}`);
  if (error instanceof ZipError) return changed(`is no zip that go takes: ${message}`);
  const code = errnoOf(error) ?? '';
  // go could not use it either; but what else lies there must not get through for that.
  if (code === 'EACCES' || code === 'EPERM') return changed(`cannot be read (${code})`);
  return { what: 'unread', path: file, detail: `could not be read: ${message}` };
}
