import { BucketLayer } from '../../store/bucket/layer.ts';
import { type DiskStore, openDiskStore } from '../../store/disk.ts';
import type { Hasher } from '../../store/hasher.ts';
import type { Damage } from '../../store/index-files.ts';
import { DiskLayer } from '../../store/layers/disk-layer.ts';
import { LayeredStore } from '../../store/layers/layered.ts';
import type { Layer } from '../../store/layers/types.ts';
import { mayWriteShared } from '../settings/configure.ts';
import type { DaemonRequest, LayerPlace } from '../types.ts';
import { openBucket } from './open-bucket.ts';

export interface LayersDeps {
  readonly request: DaemonRequest;
  readonly hasher: Hasher;
  readonly log: (line: string) => void;
  readonly warn: (line: string) => void;
}

/**
 * The store of a job with the layers behind it. A layer that cannot be opened is left out with a warning: no trouble of
 * a layer is the job's.
 * @param first layers that are read before those of the configuration
 */
export async function openLayers(
  local: DiskStore,
  first: readonly Layer[],
  deps: LayersDeps,
): Promise<LayeredStore> {
  const { request, hasher, log, warn } = deps;
  const layers = [...first];
  for (const place of request.store.layers ?? []) {
    try {
      layers.push(await openLayer(place, deps));
    } catch (error) {
      warn(
        `${error instanceof Error ? error.message : String(error)}; this job does without it, and fetches what it lacks`,
      );
    }
  }
  return new LayeredStore({ local, layers, hasher, log, warn });
}

async function openLayer(place: LayerPlace, { request, hasher, log, warn }: LayersDeps): Promise<Layer> {
  const writes = mayWriteShared(request);
  const onDamage = ({ path, what }: Damage) => warn(`store: ${path}: ${what}`);
  if (place.kind === 'directory') {
    const { dir, readOnly } = place;
    const purpose = readOnly || !writes ? 'look' : 'serve';
    return new DiskLayer(await openDiskStore(dir, { hasher, onDamage, purpose }), writes && !readOnly);
  }
  const { env, storeEnv, config, workspace, authorityFiles } = request;
  const bucket = openBucket({
    place: place.place,
    env,
    storeEnv,
    config,
    workspace,
    authorityFiles,
    warn,
    log,
  });
  return new BucketLayer(bucket, { writable: writes && !place.place.readOnly, onDamage });
}
