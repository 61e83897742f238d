import { readFileSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import type { Probe } from './types.ts';

/** Larger files are none that a platform writes for its jobs. */
const MAX_FILE = 32 * 2 ** 20;

/** What this machine says to platform detection. */
export function systemProbe(cwd: string): Probe {
  return {
    cwd,
    tmpdir: tmpdir(),
    homedir: homedir(),
    uid: process.getuid?.(),
    readFile: path => {
      try {
        const about = statSync(path);
        return about.isFile() && about.size <= MAX_FILE ? readFileSync(path, 'utf8') : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
