import { countsOf } from './encode.ts';
import type { AuditFinding, Inventory, Phase, Request } from './record.ts';
import type { ReadBatch } from './seal.ts';

/** What a batch tells, without what its place in the chain adds. */
export interface Piece {
  readonly phase: Phase;
  readonly requests: readonly Request[];
  readonly inventories: readonly Inventory[];
  readonly findings?: readonly AuditFinding[];
  readonly reason?: string;
  /** Beside what follows from requests and findings. */
  readonly counts?: Readonly<Record<string, number>>;
  /** The batch tells of all numbers up to this one; those without a request are lost. */
  readonly lastSeq: number;
  readonly dropReason?: string;
}

/** Inventories of one batch, bytes of JSON: it has to pass web servers that take 1 MiB. */
const CHUNK_BYTES = 512 * 1024;

/** Parts of an inventory in the groups in which they go out; no group is empty. */
export function chunksOf(inventories: readonly Inventory[]): Inventory[][] {
  const chunks: Inventory[][] = [];
  let room = 0;
  for (const inventory of inventories) {
    const bytes = JSON.stringify(inventory).length;
    const last = chunks.at(-1);
    if (last === undefined || bytes > room) {
      chunks.push([inventory]);
      room = CHUNK_BYTES - bytes;
    } else {
      last.push(inventory);
      room -= bytes;
    }
  }
  return chunks;
}

/** What a sealed batch tells, to be sealed anew in another place of the chain. */
export function contentOf({
  header,
  footer,
  requests,
  inventories,
}: ReadBatch): Piece & { firstSeq: number } {
  const { findings, reason, drop_reason: dropReason } = footer;
  const derived = countsOf(requests);
  const counts = Object.entries(footer.counts).filter(
    ([name]) => name !== 'findings' && !Object.hasOwn(derived, name),
  );
  return {
    phase: header.phase,
    requests,
    inventories,
    ...(findings.length === 0 ? {} : { findings }),
    ...(reason === undefined ? {} : { reason }),
    ...(counts.length === 0 ? {} : { counts: Object.fromEntries(counts) }),
    firstSeq: footer.first_seq,
    lastSeq: footer.last_seq,
    ...(dropReason === undefined ? {} : { dropReason }),
  };
}

/** Two pieces that tell the same as one, in its order; undefined for what cannot be halved. */
export function halves(piece: Piece & { firstSeq: number }): [Piece, Piece] | undefined {
  const { firstSeq, phase, requests, inventories, dropReason, ...rest } = piece;
  if (requests.length + inventories.length < 2) return undefined;
  const half = Math.ceil(requests.length / 2);
  // Requests go before inventories; once there are none left to part, those are.
  const cut = requests.length > 1 || inventories.length === 0 ? half : requests.length;
  const parted = requests.length === 0 ? Math.ceil(inventories.length / 2) : 0;
  const why = dropReason === undefined ? {} : { dropReason };
  const before = {
    phase: phase === 'open' ? phase : 'data',
    requests: requests.slice(0, cut),
    inventories: inventories.slice(0, parted),
    lastSeq: requests[cut - 1]?.seq ?? firstSeq - 1,
    ...why,
  } as const;
  const after = {
    ...rest,
    phase: phase === 'open' ? 'data' : phase,
    requests: requests.slice(cut),
    inventories: inventories.slice(parted),
    ...why,
  } as const;
  return [before, after];
}
