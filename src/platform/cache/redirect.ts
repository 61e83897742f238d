import type { HttpAnswer, HttpRequest } from '../http.ts';
import { failure, type Step } from './failure.ts';
import type { Service } from './service.ts';

const MAX_REDIRECTS = 3;

/** A GET that follows redirects, from http to https but never back. Other hosts get no `authorization`. */
export async function get(
  service: Service,
  step: Step,
  request: Pick<HttpRequest, 'url' | 'headers' | 'signal'>,
): Promise<HttpAnswer> {
  let { url, headers } = request;
  for (let hop = 0; ; hop++) {
    const answer = await service.send({ method: 'GET', url, headers, signal: request.signal });
    if (![301, 302, 303, 307, 308].includes(answer.status)) return answer;
    answer.body.on('error', () => {}).destroy();
    if (hop >= MAX_REDIRECTS) {
      throw failure(step, 'bad-answer', `more than ${MAX_REDIRECTS} redirects`, request.url.host);
    }
    const location = answer.header('location');
    const target = location && URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (target === undefined || !/^https?:$/.test(target.protocol)) {
      throw failure(step, 'bad-answer', 'a redirect to no web address', url.host);
    }
    if (url.protocol === 'https:' && target.protocol === 'http:') {
      throw failure(step, 'bad-answer', `a redirect from https to http at ${target.host}`, url.host);
    }
    if (target.origin !== url.origin) {
      const { authorization: _, ...rest } = headers;
      headers = rest;
    }
    url = target;
  }
}
