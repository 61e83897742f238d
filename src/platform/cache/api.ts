import type { HttpAnswer, HttpRequest } from '../http.ts';
import { failure, type Step } from './failure.ts';
import { get } from './redirect.ts';
import { withRetry } from './retry.ts';
import { type Service, within } from './service.ts';

/** An answer that was read whole. `json` is null for an empty body, undefined for one that is no JSON. */
export interface ApiAnswer extends Pick<HttpAnswer, 'status' | 'header'> {
  readonly json: unknown;
}

/** Longest answer of the service that is read, bytes. */
const MAX_ANSWER = 1024 * 1024;

/** One request to the service with its retry and its limit of time. Rejects with CacheError. */
export function callService(
  service: Service,
  step: Exclude<Step, 'download' | 'upload'>,
  request: Omit<HttpRequest, 'signal'> & { readonly body?: string },
): Promise<ApiAnswer> {
  return within(service, step, request.url.host, service.limits.callMs, signal =>
    withRetry(service, step, signal, async () => {
      const answer =
        request.method === 'GET'
          ? await get(service, step, { ...request, signal })
          : await service.send({ ...request, signal });
      return await readAnswer(answer, step, request.url.host);
    }),
  );
}

/** Reads an answer of at most 1 MiB. Rejects with `bad-answer` for more. */
export async function readAnswer(answer: HttpAnswer, step: Step, host: string): Promise<ApiAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER) {
      throw failure(step, 'bad-answer', `an answer of more than ${MAX_ANSWER} bytes`, host);
    }
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  return { status: answer.status, header: answer.header, json: text === '' ? null : parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
