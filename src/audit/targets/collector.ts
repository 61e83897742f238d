import { DeliveryError } from '../errors.ts';
import type { RefusedLine } from '../record.ts';
import type { Ack, AuditTarget, SealedBatch } from '../types.ts';
import { errorOf, type Send, type WebAnswer } from './http.ts';
import type { IdToken } from './id-token.ts';

/** Where a collector takes batches, below its URL. */
const PATH = '/v1/batches';

/** Longest checkpoint that is kept, characters. */
const MAX_NOTE = 4096;

export interface CollectorOptions {
  /** URL of the collector without a slash at the end. */
  readonly url: string;
  readonly send: Send;
  /** Asked before each batch, and once more after a 401: it may have been renewed. */
  readonly token: () => string | undefined;
  /** Asked where there is no other token; undefined where none of the forge is to be shown. */
  readonly idToken?: IdToken | undefined;
  readonly now: () => number;
}

/** A `modgate serve` that takes batches by HTTP. */
export function collectorTarget({ url, send, token, idToken, now }: CollectorOptions): AuditTarget {
  const name = `the audit store ${url}`;
  const place = new URL(`${url}${PATH}`);
  const post = async (batch: SealedBatch, signal: AbortSignal): Promise<WebAnswer> => {
    const secret = token() ?? (await idToken?.(batch.digest, signal));
    return await send({
      method: 'POST',
      url: place,
      headers: {
        'content-type': 'application/x-ndjson',
        'content-encoding': 'gzip',
        'modgate-batch': batch.digest,
        ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
      },
      body: batch.gzip,
      signal,
    });
  };
  return {
    name,
    ownClock: true,
    put: async (batch, signal) => {
      let answer = await post(batch, signal);
      if (answer.status === 401) answer = await post(batch, signal);
      if (answer.status !== 200 && answer.status !== 201) throw errorOf(name, answer, now());
      const ack = parseAck(answer.body);
      if (ack !== undefined) return ack;
      throw new DeliveryError(
        'target',
        `${name} answered ${answer.status} and no acknowledgement: no collector of modgate is there; see audit.store`,
      );
    },
  };
}

function parseAck(body: Buffer): Ack | undefined {
  try {
    const { digest, dup, refused, time, checkpoint } = JSON.parse(body.toString()) as Partial<
      Record<keyof Ack, unknown>
    >;
    if (typeof digest !== 'string' || typeof time !== 'string' || !Array.isArray(refused)) return undefined;
    return {
      digest,
      dup: dup === true,
      refused: refused.filter(isRefusedLine),
      time,
      ...(typeof checkpoint === 'string' && checkpoint.length <= MAX_NOTE ? { checkpoint } : {}),
    };
  } catch {
    return undefined;
  }
}

function isRefusedLine(value: unknown): value is RefusedLine {
  const { line, why } = (value ?? {}) as Partial<RefusedLine>;
  return Number.isSafeInteger(line) && typeof why === 'string';
}
