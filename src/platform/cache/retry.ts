import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpAnswer } from '../http.ts';
import { DOING, type Step } from './failure.ts';
import type { Service } from './service.ts';
import { CacheError } from './types.ts';
import { networkWords } from './words.ts';

/** Most seconds of a Retry-After that are waited for. */
const MAX_RETRY_AFTER = 2;

/** Milliseconds that a 429 asks to wait, undefined when that is too long or not said. */
export function shortWait(answer: Pick<HttpAnswer, 'status' | 'header'>): number | undefined {
  const seconds = /^\d{1,3}$/.exec(answer.header('retry-after')?.trim() ?? '')?.[0];
  if (answer.status !== 429 || seconds === undefined) return undefined;
  return Number(seconds) <= MAX_RETRY_AFTER ? Number(seconds) * 1000 : undefined;
}

/** A pause that jobs which started together do not take together, milliseconds. */
export function pause(): number {
  return 200 + Math.random() * 300;
}

/**
 * Does `once`, and once more after a 5xx, network trouble or a 429 that asks for a short wait. A CacheError is
 * final, and so is the end of `signal`.
 */
export async function withRetry<T extends Pick<HttpAnswer, 'status' | 'header'>>(
  service: Service,
  step: Step,
  signal: AbortSignal,
  once: () => Promise<T>,
): Promise<T> {
  let wait: number | undefined;
  let why: string;
  try {
    const answer = await once();
    wait = answer.status >= 500 ? pause() : shortWait(answer);
    if (wait === undefined) return answer;
    why = `status ${answer.status}`;
  } catch (error) {
    if (error instanceof CacheError || signal.aborted) throw error;
    wait = pause();
    why = networkWords(error, service.secrets);
  }
  service.log(`${DOING[step]}: ${why}; once more in ${Math.round(wait)} ms`);
  await sleep(wait, undefined, { signal });
  return await once();
}
