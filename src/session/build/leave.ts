import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { entryPath, SUBDIRECTORIES } from '../../store/build/layout.ts';
import { formatManifest } from '../../store/build/manifest.ts';
import { changeOf, isWorthSaving } from '../../store/build/plan.ts';
import { type UsedBuilds, usedBuilds } from '../../store/build/used.ts';
import { archiveName, MANIFEST_FILE } from './open.ts';
import { keptBuildState } from './state.ts';

/**
 * Leaves what the job used of its GOCACHE where the runner takes what it archives, or nothing there, and then it uploads
 * nothing. The GOCACHE is gone. Undefined where there is none; else one sentence. Never rejects.
 */
export async function leaveBuilds(sessionDir: string, now: number): Promise<string | undefined> {
  const state = await keptBuildState(sessionDir);
  if (state?.dir === undefined || state.archived === undefined || state.keys === undefined) return undefined;
  const { dir, archived, keys, since, began, restored, saves } = state;
  try {
    if (saves !== true) return 'not saved for later jobs: this job may not write what they read';
    const used = usedBuilds(dir, since);
    if (used.actions.length === 0) return 'not saved for later jobs: nothing was compiled';
    const change = changeOf(used, restored?.manifest.bytes, began);
    if (!isWorthSaving(change, restored?.manifest, now)) return 'nothing new to save';
    await moveUsed(dir, used, `${archived}.new`, archiveName(keys));
    const manifest = { v: 1, created: now, bytes: used.bytes, others: [] } as const;
    await writeFile(join(`${archived}.new`, MANIFEST_FILE), formatManifest(manifest));
    await rm(archived, { recursive: true, force: true });
    await rename(`${archived}.new`, archived);
    return `${used.actions.length} objects, ${used.bytes} bytes, are left for later jobs`;
  } catch (error) {
    return `not saved for later jobs: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    for (const path of [dir, `${archived}.new`]) {
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

async function moveUsed(dir: string, used: UsedBuilds, to: string, name: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  for (const sub of SUBDIRECTORIES) await mkdir(join(to, name, sub), { recursive: true });
  const paths = [
    ...used.actions.map(({ id }) => entryPath(id, 'action')),
    ...[...used.outputs.keys()].map(out => entryPath(out, 'output')),
  ];
  for (const path of paths) await rename(join(dir, path), join(to, name, path));
}
