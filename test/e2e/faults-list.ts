import type { Fault } from '../support/upstream/upstream.ts';

/** What an upstream can do wrong, each on the first and the second request of every single path; slowest first. */
export const FAULTS: readonly (readonly [string, Fault])[] = [
  ['stall in mid-body', { kind: 'stall' }],
  ['429 with Retry-After', { kind: 'status', status: 429, retryAfter: '1' }],
  ['connection reset', { kind: 'reset' }],
  ['body cut with Content-Length', { kind: 'cut' }],
  ['chunked body that ends early and cleanly', { kind: 'cut-chunked', end: 'clean' }],
  ['chunked body that is aborted', { kind: 'cut-chunked', end: 'abort' }],
  ['500', { kind: 'status', status: 500 }],
  ['502', { kind: 'status', status: 502 }],
  ['503', { kind: 'status', status: 503 }],
  ['stray 403', { kind: 'status', status: 403 }],
  ['HTML page with 200', { kind: 'html' }],
  ['one flipped byte', { kind: 'flip-byte' }],
  ['empty body', { kind: 'empty' }],
  ['redirect loop', { kind: 'redirect-loop' }],
  ['Content-Encoding: gzip on a plain body', { kind: 'encoding', real: false }],
  ['Content-Encoding: gzip nobody asked for', { kind: 'encoding', real: true }],
];
