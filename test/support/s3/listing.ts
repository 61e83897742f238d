import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A service that has nothing but a listing. A real one would need minutes to get as many objects. */
export interface Listing extends AsyncDisposable {
  readonly endpoint: string;
  /** Pages that were asked for. */
  readonly pages: number;
}

/**
 * Lists `count` keys below a prefix as ListObjectsV2 does: pages of 1,000, StartAfter, continuation tokens, keys encoded
 * where that is asked for.
 * @param keyOf the key of an index, prefix included; in order
 */
export async function startListing(count: number, keyOf: (index: number) => string): Promise<Listing> {
  let pages = 0;
  const server = createServer((req, res) => {
    const { searchParams: query } = new URL(req.url ?? '/', 'http://none.example.test');
    pages++;
    const token = query.get('continuation-token');
    const after = query.get('start-after');
    let at = token === null ? 0 : Number(token);
    if (token === null && after !== null) while (at < count && keyOf(at) <= after) at++;
    const end = Math.min(at + 1000, count);
    const prefix = query.get('prefix') ?? '';
    const encode = query.get('encoding-type') === 'url';
    const shown: string[] = [];
    for (let index = at; index < end; index++) {
      const key = keyOf(index);
      if (!key.startsWith(prefix)) continue;
      const text = encode ? encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+') : key;
      shown.push(
        `<Contents><Key>${text}</Key><LastModified>2026-11-01T00:00:00.000Z</LastModified>` +
          `<ETag>&quot;${String(index).padStart(32, '0')}&quot;</ETag><Size>${index}</Size></Contents>`,
      );
    }
    res.writeHead(200, { 'content-type': 'application/xml' });
    res.end(
      `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` +
        `<Name>b</Name><KeyCount>${shown.length}</KeyCount><MaxKeys>1000</MaxKeys>` +
        `${encode ? '<EncodingType>url</EncodingType>' : ''}<IsTruncated>${end < count}</IsTruncated>` +
        `${end < count ? `<NextContinuationToken>${end}</NextContinuationToken>` : ''}${shown.join('')}</ListBucketResult>`,
    );
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get pages() {
      return pages;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
