import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatManifest, parseManifest } from '../../store/bundle/manifest.ts';
import { fileName, type RestoredBundle } from '../../store/bundle/plan.ts';
import type { FileKind, ModVer } from '../../store/types.ts';
import { FILES, writeWhole } from '../directory.ts';

/** Notes that a file of the store was wrong: whoever saves must not count on the entry that brought it. Never rejects. */
export async function noteDamaged(sessionDir: string, mv: ModVer, kind: FileKind): Promise<void> {
  const line = `${fileName(mv, kind)}\n`;
  await appendFile(join(sessionDir, FILES.damaged), line, { mode: 0o600 }).catch(() => undefined);
}

/** Writes down what was restored. Never rejects: without it the job saves everything anew. */
export async function keepRestored(sessionDir: string, restored: RestoredBundle): Promise<void> {
  const { manifest, ...rest } = restored;
  const text = `${JSON.stringify(rest)}\n${formatManifest(manifest).toString('utf8')}`;
  await writeWhole(join(sessionDir, FILES.restored), text).catch(() => undefined);
}

/** What the session restored, or undefined when it restored nothing. */
export async function readRestored(sessionDir: string): Promise<RestoredBundle | undefined> {
  try {
    const bytes = await readFile(join(sessionDir, FILES.restored));
    const end = bytes.indexOf(10);
    const rest = JSON.parse(bytes.subarray(0, end).toString('utf8')) as Omit<RestoredBundle, 'manifest'>;
    const damaged = await readFile(join(sessionDir, FILES.damaged), 'utf8').catch(() => '');
    const lostFiles = [...rest.lostFiles, ...damaged.split('\n').filter(name => name !== '')];
    return { ...rest, lostFiles, manifest: parseManifest(bytes.subarray(end + 1)) };
  } catch {
    return undefined;
  }
}
