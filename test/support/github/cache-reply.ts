import type { ServerResponse } from 'node:http';

/** An answer: JSON, or nothing. */
export interface Reply {
  readonly status: number;
  readonly json?: unknown;
}

/** Writes a short answer. */
export function reply(response: ServerResponse, { status, json }: Reply): void {
  if (json === undefined) {
    response.writeHead(status, status === 201 ? { etag: '"0x1"', 'x-ms-request-id': '1' } : {}).end();
  } else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
}
