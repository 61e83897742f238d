import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Body, BodyBudget, type BodyLimits, readBody } from '../../src/server/body.ts';
import { failureOf } from '../../src/server/errors.ts';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** Sends bytes to a real server, which reads them by these limits. */
async function reading(
  limits: BodyLimits,
  ...parts: readonly string[]
): Promise<{ body: Promise<Body>; socket: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const socket = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1');
  open.push(
    () => server.close(),
    () => server.closeAllConnections(),
    () => socket.destroy(),
  );
  socket.on('error', () => {});
  for (const part of parts) socket.write(part);
  const [request] = (await once(server, 'request')) as [IncomingMessage];
  const body = readBody(request, limits);
  body.catch(() => {});
  return { body, socket };
}

const statusOf = async (body: Promise<Body>): Promise<number> =>
  await body.then(
    () => 200,
    error => failureOf(error).status,
  );

const limitsOf = (bytes: number, budget = new BodyBudget(1000), ms = 60_000): BodyLimits => ({
  bytes,
  budget,
  ms,
});

describe('a body', () => {
  it('is read whole, with and without a length, and gives back its memory once', async () => {
    const budget = new BodyBudget(10);
    const plain = await reading(
      limitsOf(10, budget),
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n01234',
      '56789',
    );
    const body = await plain.body;
    expect(body.bytes.toString()).toBe('0123456789');
    expect(budget.take(1)).toBe(false);
    body.release();
    body.release();
    const chunked = await reading(
      limitsOf(10, budget),
      'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n',
      '5\r\nfghij\r\n0\r\n\r\n',
    );
    expect((await chunked.body).bytes.toString()).toBe('abcdefghij');
    expect(budget.take(1)).toBe(false);
  });

  it('that says it is too long is refused before it is read, one that does not say so when it is', async () => {
    const told = await reading(limitsOf(10), 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n');
    expect(await statusOf(told.body)).toBe(413);
    const chunked = await reading(
      limitsOf(10),
      'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n0123456789a\r\n',
    );
    expect(await statusOf(chunked.body)).toBe(413);
  });

  it('that finds no memory is put off', async () => {
    const budget = new BodyBudget(10);
    const first = await reading(
      limitsOf(10, budget),
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n01',
    );
    const second = await reading(
      limitsOf(10, budget),
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n01',
    );
    expect(await statusOf(second.body)).toBe(503);
    first.socket.destroy();
    expect(await statusOf(first.body)).toBe(400);
    const third = await reading(
      limitsOf(10, budget),
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n01',
    );
    expect(await statusOf(third.body)).toBe(200);
  });

  it('that trickles in is given up, and gives back its memory', async () => {
    const budget = new BodyBudget(10);
    const slow = await reading(
      limitsOf(10, budget, 50),
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n01',
    );
    expect(await statusOf(slow.body)).toBe(408);
    expect(budget.take(10)).toBe(true);
  });
});
