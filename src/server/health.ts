import type { EngineState } from '../collector/engine.ts';

/** Body of GET /healthz; it names no repository, file or address, because it asks for no token. */
export interface Health {
  /**
   * `ok`; `catching-up` until the index has what lay in raw when the collector started; `degraded`: batches are
   * taken, the index is behind or away, or their log cannot be written; `failing`: no batch can be stored.
   */
  readonly status: 'ok' | 'catching-up' | 'degraded' | 'failing';
  readonly version: string;
  readonly engine: 'sqlite' | 'postgres';
  readonly index: EngineState['state'];
  /** Batches that are in raw and wait for the index, as far as it is known. */
  readonly waiting: number;
  /** Batches that the index could not take. */
  readonly setAside: number;
  readonly rawWritable: boolean;
  /** `broken`: see the collector's log. Batches are taken, and nothing proves that they stay. */
  readonly batchLog: EngineState['batchLog'];
}

/** What a state means; `ready` is whether the index had everything once. */
export function healthOf(
  state: EngineState,
  about: { readonly version: string; readonly engine: Health['engine']; readonly ready: boolean },
): Health {
  const { version, engine, ready } = about;
  const status = !state.rawWritable
    ? 'failing'
    : state.state === 'current' && state.batchLog === 'current'
      ? 'ok'
      : ready
        ? 'degraded'
        : 'catching-up';
  const { waiting, setAside, rawWritable, batchLog } = state;
  return { status, version, engine, index: state.state, waiting, setAside, rawWritable, batchLog };
}
