import * as fs from 'node:fs';
import path from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { modcachePaths } from './paths.ts';
import type { ModuleQuestion } from './types.ts';

/** What a go.sum says of a version; one version may come more than once. */
export interface VersionSums {
  readonly module: string;
  readonly version: string;
  /** Hash of the zip, `h1:` included. */
  readonly h1?: string;
  /** Hash of the go.mod file, `h1:` included. */
  readonly goModH1?: string;
}

/** Versions looked for between two breaths. */
const STEP = 100;

/** What to ask of those versions that a GOMODCACHE has, each once, in the order of the sums. */
export async function questionsFor(
  root: string,
  sums: Iterable<VersionSums>,
  signal?: AbortSignal,
): Promise<ModuleQuestion[]> {
  const byVersion = new Map<string, { h1s: string[]; goModH1s: string[] } & ModuleQuestion>();
  for (const { module, version, h1, goModH1 } of sums) {
    const key = `${module}@${version}`;
    let known = byVersion.get(key);
    if (known === undefined) {
      known = { root, path: module, version, h1s: [], goModH1s: [] };
      byVersion.set(key, known);
    }
    if (h1 !== undefined && !known.h1s.includes(h1)) known.h1s.push(h1);
    if (goModH1 !== undefined && !known.goModH1s.includes(goModH1)) known.goModH1s.push(goModH1);
  }
  const questions: ModuleQuestion[] = [];
  let count = 0;
  for (const question of byVersion.values()) {
    if (signal?.aborted === true) break;
    if (isKept(question)) questions.push(question);
    count += 1;
    if (count % STEP === 0) await breathe();
  }
  return questions;
}

function isKept(question: ModuleQuestion): boolean {
  const paths = modcachePaths(question);
  if (paths === undefined) return false;
  const code = question.h1s.length === 0 ? [] : [paths.tree, paths.zip, paths.ziphash];
  const names = question.goModH1s.length === 0 ? code : [...code, paths.mod];
  return names.some(name => {
    try {
      return fs.lstatSync(path.join(question.root, name), { throwIfNoEntry: false }) !== undefined;
    } catch {
      // What cannot be looked at is not nothing.
      return true;
    }
  });
}
