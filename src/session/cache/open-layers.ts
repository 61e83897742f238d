import { createHttp } from '../../platform/http.ts';
import { BucketLayer } from '../../store/bucket/layer.ts';
import { resolvePlace } from '../../store/bucket/place.ts';
import { openS3Bucket } from '../../store/bucket/s3.ts';
import { type DiskStore, openDiskStore } from '../../store/disk.ts';
import type { Hasher } from '../../store/hasher.ts';
import type { Damage } from '../../store/index-files.ts';
import { DiskLayer } from '../../store/layers/disk-layer.ts';
import { LayeredStore } from '../../store/layers/layered.ts';
import type { Layer } from '../../store/layers/types.ts';
import { readAuthorities } from '../network/authorities.ts';
import { targetOf } from '../network/host-name.ts';
import { mayWriteShared } from '../settings/configure.ts';
import type { DaemonRequest, LayerPlace } from '../types.ts';

/** Connections to one bucket: those of calls, and of bodies that are read. */
const CONNECTIONS = 96;

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
  const { env, storeEnv, config, workspace, authorityFiles, version } = request;
  const { endpoint } = resolvePlace(place.place, storeEnv);
  const authorities = async () => {
    const { ca } = config.proxy;
    const read = await readAuthorities({ ca, workspace, files: authorityFiles, env, warn });
    const target = targetOf(new URL(endpoint));
    return target === undefined ? [] : read.forHost(target);
  };
  const send = createHttp(env, version, authorities, CONNECTIONS);
  const bucket = openS3Bucket(place.place, { env: storeEnv, send, log });
  return new BucketLayer(bucket, { writable: writes && !place.place.readOnly, onDamage });
}
