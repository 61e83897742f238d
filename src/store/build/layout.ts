/**
 * The layout of a GOCACHE, as cmd/go/internal/cache writes it since Go 1.10: `xx/<id>-a` says which output an action
 * had, `xx/<output>-d` holds it and is named after its SHA-256; xx are the first two digits. Cached executables are
 * directories of the second form. Pure.
 */

/** What an action file says. */
export interface BuildAction {
  /** 64 lower-case hex digits; go's digest of everything that decides the output, with the version of Go in front. */
  readonly id: string;
  /** SHA-256 of the output. */
  readonly out: string;
  /** Bytes of the output. */
  readonly size: number;
  /** When go wrote it, milliseconds since the epoch. */
  readonly madeMs: number;
}

/** Every action file has this length. */
export const ACTION_BYTES = 175;

/** Most actions of a cache that is kept; a large project with its tests has some ten thousand. */
export const MAX_ACTIONS = 150_000;
/** Most bytes of outputs of a cache that is kept. */
export const MAX_OUTPUT_BYTES = 8 * 1024 ** 3;

/** Beginning of the list of inputs under which go finds the result of an earlier test run. */
export const TEST_LOG = Buffer.from('# test log\n');

const ACTION = /^v1 ([0-9a-f]{64}) ([0-9a-f]{64}) ( *\d{1,20}) ( *\d{1,20})\n$/;
const ENTRY = /^([0-9a-f]{64})-([ad])$/;

/** The names of the directories of a cache, `00` to `ff`. */
export const SUBDIRECTORIES: readonly string[] = Array.from({ length: 256 }, (_, at) =>
  at.toString(16).padStart(2, '0'),
);

/** What a file name in one of the directories means; undefined for anything that go does not write there. */
export function parseEntryName(
  subdirectory: string,
  name: string,
): { readonly digest: string; readonly kind: 'action' | 'output' } | undefined {
  const [, digest, kind] = ENTRY.exec(name) ?? [];
  if (digest === undefined || !digest.startsWith(subdirectory)) return undefined;
  return { digest, kind: kind === 'a' ? 'action' : 'output' };
}

/** Relative path of an entry, with forward slashes. */
export function entryPath(digest: string, kind: 'action' | 'output'): string {
  return `${digest.slice(0, 2)}/${digest}-${kind === 'action' ? 'a' : 'd'}`;
}

/** Reads an action file; undefined when it is none, as go itself would find. */
export function parseAction(bytes: Buffer): BuildAction | undefined {
  if (bytes.length !== ACTION_BYTES) return undefined;
  const [, id, out, size, time] = ACTION.exec(bytes.toString('latin1')) ?? [];
  if (id === undefined || out === undefined || size?.length !== 20 || time?.length !== 20) return undefined;
  const length = Number(size.trim());
  if (!Number.isSafeInteger(length) || length > MAX_OUTPUT_BYTES) return undefined;
  return { id, out, size: length, madeMs: Number(time.trim()) / 1e6 };
}
