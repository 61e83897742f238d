import type { NamedStore } from '../settings/named-store.ts';
import type { OpenStore } from './prune.ts';

export interface OpenNamedStore {
  readonly store: OpenStore;
  /** Ends the connections to a bucket. */
  close(): Promise<void>;
}

/** Makes a store ready that was found by `namedStore`. Throws SessionError `usage`, BucketError `invalid`. */
export async function openNamed(
  { at, config, platform, authorityFiles }: NamedStore,
  env: Readonly<Record<string, string | undefined>>,
  warn: (line: string) => void,
): Promise<OpenNamedStore> {
  const found = at();
  if (found.kind === 'directory') return { store: found, close: async () => undefined };
  const { openBucket } = await import('./open-bucket.ts');
  const { place } = found;
  const { workspace } = platform;
  const bucket = openBucket({ place, env, storeEnv: env, config, workspace, authorityFiles, warn });
  return { store: { kind: 'bucket', bucket, readOnly: place.readOnly }, close: () => bucket.close() };
}
