import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { decodeBatch } from '../../src/audit/decode.ts';
import type { Batch } from '../../src/audit/record.ts';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What a server says next; a function answers by itself. */
export type Say =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  | ((asked: Asked, res: ServerResponse) => void);

/** A collector's front on loopback: takes batches as one does, unless it is told what to say. */
export interface StoreServer extends AsyncDisposable {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** What was taken, by digest. */
  readonly batches: ReadonlyMap<string, Batch>;
  /** Answers to the next requests, in order. */
  say(...answers: readonly Say[]): void;
}

/** @param clock the server's, ms since 1970 */
export async function startStoreServer(clock: () => number = Date.now): Promise<StoreServer> {
  const asked: Asked[] = [];
  const batches = new Map<string, Batch>();
  const next: Say[] = [];
  const take = (one: Asked, res: ServerResponse) => {
    const batch = decodeBatch(one.body, { digest: String(one.headers['modgate-batch']) });
    const dup = batches.has(batch.digest);
    batches.set(batch.digest, batch);
    res.writeHead(dup ? 200 : 201, { 'content-type': 'application/json' });
    const time = new Date(clock()).toISOString();
    res.end(JSON.stringify({ digest: batch.digest, dup, refused: batch.refused, time }));
  };
  const server = createServer((req, res) => {
    void buffer(req).then(
      body => {
        const one = { method: req.method ?? '', path: req.url ?? '', headers: req.headers, body };
        asked.push(one);
        const say = next.shift() ?? take;
        if (typeof say === 'function') return say(one, res);
        res.writeHead(say.status, say.headers);
        res.end(say.body);
      },
      () => res.destroy(),
    );
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    batches,
    say: (...answers) => next.push(...answers),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
