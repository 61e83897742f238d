// A cache service of GitHub's v2 protocol as one repository sees it, in a process of its own: every answer waits,
// all transfers together share one bandwidth, bodies lie on disk. It speaks to the real client and nothing more:
// faults are the trade of test/support/github/cache-service.ts.
//   node scripts/bench/cache-service.mjs --dir DIR [--latency MS] [--bandwidth BYTES]
// Prints one JSON line with its URL. A line `entries` on standard input prints the entries, `keep N` forgets all but
// the first N, `traffic` prints the bytes up and down since it was last asked. Ends with its input.
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Bandwidth } from '../../test/support/upstream/send.ts';

const TWIRP = '/twirp/github.actions.results.api.v1.CacheService/';
/** Small enough that a transfer is smooth, large enough that a timer of one millisecond can keep 100 MB/s. */
const PIECE = 256 * 1024;

const { values } = parseArgs({
  options: {
    dir: { type: 'string' },
    latency: { type: 'string', default: '0' },
    bandwidth: { type: 'string' },
  },
});
await mkdir(values.dir, { recursive: true });

const latencyMs = Number(values.latency);
const bandwidth = new Bandwidth(values.bandwidth ? Number(values.bandwidth) : undefined);
let base = '';
let order = 0;
/** {key, version, order, bytes, finished, blocks: Map<id, {file, bytes}>, parts: [{file, bytes}]}; oldest first. */
let entries = [];
const traffic = { up: 0, down: 0 };

const server = createServer((request, response) => {
  handle(request, response).catch(error => {
    process.stderr.write(`cache service: ${error.stack}\n`);
    response.destroy();
  });
});

async function handle(request, response) {
  const url = new URL(request.url, base);
  await sleep(latencyMs);
  if (url.pathname.startsWith(TWIRP)) {
    const text = Buffer.concat(await Array.fromAsync(request)).toString();
    return call(response, url.pathname.slice(TWIRP.length), JSON.parse(text));
  }
  const entry = entries.find(e => `/blob/${e.order}` === url.pathname);
  if (!entry) return reply(response, 404, { message: 'no such entry' });
  if (request.method === 'PUT') return upload(request, response, entry, url.searchParams);
  return download(request, response, entry);
}

function call(response, method, message) {
  const { key, version } = message;
  if (method === 'GetCacheEntryDownloadURL') {
    const found = find([key, ...(message.restore_keys ?? [])], version);
    if (!found) return reply(response, 200, { ok: false });
    return reply(response, 200, {
      ok: true,
      signed_download_url: `${base}blob/${found.order}`,
      matched_key: found.key,
    });
  }
  if (method === 'CreateCacheEntry') {
    if (entries.some(e => e.key === key && e.version === version)) {
      return reply(response, 409, { code: 'already_exists', msg: 'cache entry already exists' });
    }
    const entry = {
      key,
      version,
      order: ++order,
      bytes: 0,
      finished: false,
      blocks: new Map(),
      parts: [],
    };
    entries.push(entry);
    return reply(response, 200, { ok: true, signed_upload_url: `${base}blob/${entry.order}` });
  }
  const entry = entries.find(e => e.key === key && e.version === version && !e.finished);
  if (!entry || String(entry.bytes) !== message.size_bytes) {
    return reply(response, 200, { ok: false, message: `no upload of ${message.size_bytes} bytes` });
  }
  entry.finished = true;
  return reply(response, 200, { ok: true, entry_id: String(entry.order) });
}

function find(keys, version) {
  const newest = entries.filter(e => e.finished && e.version === version).reverse();
  for (const key of keys) {
    const found = newest.find(e => e.key === key) ?? newest.find(e => e.key.startsWith(key));
    if (found) return found;
  }
  return undefined;
}

async function upload(request, response, entry, query) {
  if (query.get('comp') === 'blocklist') {
    const text = Buffer.concat(await Array.fromAsync(request)).toString();
    const ids = [...text.matchAll(/<Latest>([^<]*)<\/Latest>/g)].map(match => match[1]);
    entry.parts = ids.map(id => entry.blocks.get(id));
  } else {
    const id = query.get('blockid') ?? '';
    const part = { file: path.join(values.dir, `${entry.order}-${entry.blocks.size}`), bytes: 0 };
    entry.blocks.set(id, part);
    const file = createWriteStream(part.file);
    for await (const chunk of request) {
      await bandwidth.take(chunk.length);
      part.bytes += chunk.length;
      traffic.up += chunk.length;
      if (!file.write(chunk)) await once(file, 'drain');
    }
    file.end();
    await once(file, 'close');
    if (query.get('comp') !== 'block') entry.parts = [part];
  }
  entry.bytes = entry.parts.reduce((sum, part) => sum + part.bytes, 0);
  response.writeHead(201, { etag: '"0x1"', 'x-ms-request-id': '1' }).end();
}

async function download(request, response, entry) {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = range ? Number(range[1]) : 0;
  const end = range?.[2] ? Math.min(Number(range[2]), entry.bytes - 1) : entry.bytes - 1;
  if (start > end) return reply(response, 416, { message: 'no such range' });
  response.writeHead(range ? 206 : 200, {
    'content-length': end - start + 1,
    'accept-ranges': 'bytes',
    ...(range ? { 'content-range': `bytes ${start}-${end}/${entry.bytes}` } : {}),
  });
  let at = 0;
  for (const part of entry.parts) {
    const [from, to] = [Math.max(start - at, 0), Math.min(end - at, part.bytes - 1)];
    at += part.bytes;
    if (from > to) continue;
    const bytes = createReadStream(part.file, { start: from, end: to, highWaterMark: PIECE });
    for await (const chunk of bytes) {
      await bandwidth.take(chunk.length);
      traffic.down += chunk.length;
      if (response.destroyed) return;
      if (!response.write(chunk)) await drained(response);
    }
  }
  response.end();
}

/** Resolves when more can be written, or nobody is left to write to. */
function drained(response) {
  return new Promise(resolve => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}

function reply(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

server.listen(0, '127.0.0.1');
await once(server, 'listening');
base = `http://127.0.0.1:${server.address().port}/`;
const say = value => process.stdout.write(`${JSON.stringify(value)}\n`);
say({ url: base });

for await (const line of createInterface({ input: process.stdin })) {
  const [word, count] = line.split(' ');
  if (word === 'entries') {
    say(entries.filter(e => e.finished).map(({ key, version, bytes }) => ({ key, version, bytes })));
  } else if (word === 'keep') {
    const gone = entries.slice(Number(count));
    entries = entries.slice(0, Number(count));
    for (const entry of gone) for (const part of entry.blocks.values()) await rm(part.file, { force: true });
    say({ kept: entries.length });
  } else if (word === 'traffic') {
    say({ ...traffic });
    traffic.up = 0;
    traffic.down = 0;
  }
}
server.closeAllConnections();
server.close();
