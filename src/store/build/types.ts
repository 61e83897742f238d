import type { Readable } from 'node:stream';
import type { BuildManifest } from './manifest.ts';
import type { UsedBuilds } from './used.ts';

export const ACTIONS_NAME = 'build/actions';
export const OUTPUT_PREFIX = 'build/outputs/';

export interface PackBuildsRequest {
  /** The GOCACHE. */
  readonly dir: string;
  readonly used: UsedBuilds;
  readonly manifest: BuildManifest;
  /** File that is written; it must not be there. */
  readonly file: string;
}

export interface UnpackBuildsRequest {
  /** The archive's bytes as they come; destroyed when unpacking ends early. */
  readonly stream: Readable;
  /** Directory that is made; it must not be there. */
  readonly dir: string;
  /** Modification time that all entries get, milliseconds since the epoch: at least an hour ago, see `usedBuilds`. */
  readonly usedMs: number;
  /** Most bytes that its outputs may take. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface UnpackedBuilds {
  readonly manifest: BuildManifest;
  readonly actions: number;
  /** Bytes of the outputs. */
  readonly bytes: number;
}
