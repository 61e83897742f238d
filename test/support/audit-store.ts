import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { decodeBatch } from '../../src/audit/decode.ts';
import type { Batch } from '../../src/audit/record.ts';

/** How the store answers one batch: as it should, with a status of its own, or never. */
export type Answer =
  | 'take'
  | 'hang'
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly message?: string;
    };

export interface AuditStore extends AsyncDisposable {
  readonly url: string;
  /** What it has, in the order of arrival, each batch once. */
  readonly batches: Batch[];
  /** Every request: its credential and the status that it got (0: none). */
  readonly asked: { readonly authorization: string | undefined; status: number }[];
  /** How it answers from now on; given how many requests it had before. */
  answer: (n: number) => Answer;
}

/**
 * A store that takes batches as the collector does, validated by the same code, and that can be told to fail. What the
 * real collector does is tested with the real one; this stands in for stores that are ill.
 */
export async function auditStore(token?: string): Promise<AuditStore> {
  const batches: Batch[] = [];
  const asked: AuditStore['asked'] = [];
  const store = { batches, asked, answer: (): Answer => 'take' } as unknown as {
    -readonly [K in keyof AuditStore]: AuditStore[K];
  };
  const reply = (res: ServerResponse, status: number, body: unknown, headers = {}) => {
    res.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    res.end(JSON.stringify(body));
  };
  const take = async (req: IncomingMessage, res: ServerResponse) => {
    const seen = { authorization: req.headers.authorization, status: 0 };
    const n = asked.push(seen) - 1;
    const bytes = await buffer(req);
    const answer = store.answer(n);
    if (answer === 'hang') return;
    const refuse = (status: number, message: string, headers = {}) => {
      seen.status = status;
      reply(res, status, { error: { code: 'test', message } }, headers);
    };
    if (answer !== 'take') return refuse(answer.status, answer.message ?? 'as told', answer.headers);
    if (req.method !== 'POST' || req.url !== '/v1/batches') return refuse(404, 'no such place');
    if (token !== undefined && seen.authorization !== `Bearer ${token}`) return refuse(401, 'who are you');
    const batch = decodeBatch(bytes, { digest: String(req.headers['modgate-batch']) });
    const dup = batches.some(({ digest }) => digest === batch.digest);
    if (!dup) batches.push(batch);
    seen.status = dup ? 200 : 201;
    reply(res, seen.status, {
      digest: batch.digest,
      dup,
      refused: batch.refused,
      time: new Date().toISOString(),
    });
  };
  const server = createServer((req, res) => {
    take(req, res).catch((error: unknown) =>
      reply(res, 400, { error: { code: 'test', message: String(error) } }),
    );
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  store.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  store[Symbol.asyncDispose] = async () => {
    server.closeAllConnections();
    await new Promise(done => server.close(done));
  };
  return store;
}
