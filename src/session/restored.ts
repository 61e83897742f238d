import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatManifest, parseManifest } from '../store/bundle/manifest.ts';
import type { RestoredBundle } from '../store/bundle/plan.ts';
import { writeWhole } from './directory.ts';

/** File of a session directory with what the shared cache brought, for the one who saves at the end of the job. */
const FILE = 'restored.json';

/** Writes down what was restored. Never rejects: without it the job saves everything anew. */
export async function keepRestored(sessionDir: string, restored: RestoredBundle): Promise<void> {
  const { manifest, ...rest } = restored;
  const text = `${JSON.stringify(rest)}\n${formatManifest(manifest).toString('utf8')}`;
  await writeWhole(join(sessionDir, FILE), text).catch(() => undefined);
}

/** What the session restored, or undefined when it restored nothing. */
export async function readRestored(sessionDir: string): Promise<RestoredBundle | undefined> {
  try {
    const bytes = await readFile(join(sessionDir, FILE));
    const end = bytes.indexOf(10);
    const rest = JSON.parse(bytes.subarray(0, end).toString('utf8')) as Omit<RestoredBundle, 'manifest'>;
    return { ...rest, manifest: parseManifest(bytes.subarray(end + 1)) };
  } catch {
    return undefined;
  }
}
