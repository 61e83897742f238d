import type { ApiAnswer } from './api.ts';
import { failure, type Step } from './failure.ts';
import type { Service } from './service.ts';
import type { CacheError, CacheErrorCode } from './types.ts';
import { shown } from './words.ts';

/** A field of an answer by any of its names, when it is a text. */
export function textField(json: unknown, ...names: readonly string[]): string | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  for (const name of names) {
    const value = (json as Record<string, unknown>)[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

/**
 * The error for an answer that is not what was hoped for: a status of 4xx or 5xx, or a refusal inside a 200. The
 * service's own words decide where they are known, the status elsewhere.
 */
export function refused(service: Service, step: Step, answer: ApiAnswer, host: string): CacheError {
  const words = textField(answer.json, 'msg', 'message') ?? '';
  const quote = words === '' ? '' : ` "${shown(words, service.secrets)}"`;
  const said = answer.status === 200 ? `it was refused${quote}` : `status ${answer.status}${quote}`;
  return failure(step, refusalCode(step, answer, words), said, host);
}

function refusalCode(step: Step, answer: ApiAnswer, words: string): CacheErrorCode {
  const { status } = answer;
  if (/insufficient usage/i.test(words)) return 'quota';
  if (/cache (?:read|write) denied/i.test(words)) return 'denied';
  if (step === 'reserve') {
    if (status === 409 || /already exists/i.test(words)) return 'taken';
    // A bare `{"ok":false}` is how the service says that another job holds the key.
    if (status === 200 && words === '') return 'taken';
  }
  if (status === 401 || status === 403) return 'denied';
  if (status === 429) return 'limited';
  if (status >= 500) return 'unavailable';
  if ((status === 404 || status === 410) && step !== 'lookup' && step !== 'reserve') return 'gone';
  return 'bad-answer';
}
