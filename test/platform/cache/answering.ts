import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

interface Recorded {
  readonly method: string;
  readonly status: number;
  readonly response: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface Answering extends AsyncDisposable {
  readonly url: string;
  readonly env: Record<string, string>;
  readonly requests: {
    readonly path: string;
    readonly authorization?: string | undefined;
    readonly json: unknown;
  }[];
}

/** A service that gives one recorded answer to one method, takes reservations, and swallows whatever is uploaded. */
export async function answering(recorded: Recorded): Promise<Answering> {
  const requests: Answering['requests'] = [];
  let url = '';
  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    const body = await text(request);
    const { authorization } = request.headers;
    const isCall = path.startsWith('/twirp/');
    requests.push({ path, authorization, json: isCall ? JSON.parse(body) : undefined });
    const upload = { ok: true, signed_upload_url: `${url}blob/1?sig=abc` };
    const mine = path.endsWith(`/${recorded.method}`);
    response.writeHead(mine ? recorded.status : 200, mine ? recorded.headers : {});
    response.end(mine ? JSON.stringify(recorded.response) : isCall ? JSON.stringify(upload) : '');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    env: { ACTIONS_CACHE_SERVICE_V2: '1', ACTIONS_RESULTS_URL: url, ACTIONS_RUNTIME_TOKEN: 'a.b.c' },
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
