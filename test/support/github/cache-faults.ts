import type { ServerResponse } from 'node:http';
import { type Reply, reply } from './cache-reply.ts';

/** The steps of an exchange at which a fault can happen. */
export type CacheStep = 'lookup' | 'reserve' | 'upload' | 'finalize' | 'download';

/**
 * What goes wrong: `rate-limited` 429 for 7 s, `rate-limited-short` for 1 s; `unavailable` 503; `denied` 403;
 * `denied-200` a refusal with status 200; `quota-full` a refusal in the words of a full quota; `missing` 404;
 * `not-json` a page instead of an answer; `huge` an answer without end; `redirect` (to the same
 * place), `redirect-loop`; `reset` no answer and no
 * connection; `hang` no answer at all; `cut` a body that ends half-way; `stall` a body that stops half-way;
 * `garbage` other bytes of the same length; `wrong-range` a part that begins one byte late.
 */
export type CacheFault =
  | 'rate-limited'
  | 'rate-limited-short'
  | 'unavailable'
  | 'denied'
  | 'denied-200'
  | 'quota-full'
  | 'missing'
  | 'not-json'
  | 'huge'
  | 'redirect'
  | 'redirect-loop'
  | 'reset'
  | 'hang'
  | 'cut'
  | 'stall'
  | 'garbage'
  | 'wrong-range';

/** Answers with a fault; those of a body are not for here, and end the connection. */
export function answerFault(response: ServerResponse, fault: CacheFault, step: CacheStep, url: URL): void {
  const answer = replyOf(fault, step, url);
  if (fault === 'rate-limited' || fault === 'rate-limited-short') {
    response.setHeader('retry-after', fault === 'rate-limited' ? '7' : '1');
  }
  if (answer !== undefined) reply(response, answer);
  else if (fault === 'redirect-loop' || fault === 'redirect')
    response.writeHead(302, { location: url.href }).end();
  else if (fault === 'not-json') response.writeHead(200).end('<html>sign in</html>');
  else if (fault === 'huge') pour(response);
  else if (fault !== 'hang') response.destroy();
}

function replyOf(fault: CacheFault, step: CacheStep, url: URL): Reply | undefined {
  const verb = step === 'lookup' || step === 'download' ? 'read' : 'write';
  const refusal = (words: string): unknown => ({ code: 'permission_denied', msg: words, message: words });
  const denied = `cache ${verb} denied: ${verb === 'read' ? 'no readable scope' : 'read-only token'}`;
  switch (fault) {
    case 'rate-limited':
    case 'rate-limited-short':
      return { status: 429, json: { code: 'resource_exhausted', msg: 'too many requests' } };
    case 'unavailable':
      return { status: 503, json: { message: 'the service is down' } };
    case 'denied':
      return { status: 403, json: refusal(denied) };
    case 'denied-200':
      return { status: 200, json: { ok: false, message: denied } };
    case 'quota-full':
      return { status: 403, json: refusal('insufficient usage to create a cache entry') };
    case 'missing':
      return { status: 404, json: { msg: `no such path: ${url.href}`, message: url.pathname } };
    default:
      return undefined;
  }
}

function pour(response: ServerResponse): void {
  const chunk = Buffer.alloc(65_536, 0x20);
  response.writeHead(200, { 'content-type': 'application/json' });
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', more);
  more();
}
