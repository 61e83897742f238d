import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDaemon } from './journal-daemon.mjs';
import { median } from './measure.mjs';
import { makeWorld } from './world.mjs';

/** The first time that a proxy answers the requests of a job is what a job sees; the rest is code that is compiled. */
const REPLAYS = 3;
/** Behind the last answer, ms: until its record is on the disk. */
const SETTLE_MS = 200;

/**
 * What the journal costs a proxy: the requests of a real warm `go mod download`, at the pace at which go made them, to
 * three proxies in turn, request for request. One has no journal, one has it, and one also seals and sends its records to
 * a directory. What else the machine does meets all three alike, so that their difference is what the journal adds.
 *
 * @param {{dist: string, dir: string, rounds: number, log: (line: string) => void}} options `dir` on the disk that
 *   sessions lie on: what a sync costs is part of it
 * @returns {Promise<{requests: number, spanMs: number, first: Replay, later: Replay}>} go made the requests within
 *   `spanMs`; Replay: medians of milliseconds for all requests, `{cpuMs, wallMs}` of the proxy without a journal,
 *   `journal` and `sending` what the others take more
 */
export async function journalBench({ dist, dir, rounds, log }) {
  if (!existsSync('/proc/self/task'))
    throw new Error('Processor time is read from /proc, which is not here.');
  const world = await makeWorld({ latencyMs: 0 });
  const store = path.join(world.dir, 'store');
  try {
    const requests = await recordRequests({ dist, dir, world, store });
    const first = [];
    const later = [];
    for (let round = 0; round < rounds; round++) {
      const place = path.join(dir, `journal-${round}`);
      const proxies = {
        none: await startDaemon({ dist, dir: path.join(place, 'n'), world, store, keepsJournal: false }),
        journal: await startDaemon({ dist, dir: path.join(place, 'j'), world, store, keepsJournal: true }),
        sending: await startDaemon({
          dist,
          dir: path.join(place, 's'),
          world,
          store,
          keepsJournal: true,
          auditStore: path.join(place, 'records'),
        }),
      };
      try {
        for (const proxy of Object.values(proxies)) {
          await get(`${proxy.base}/${requests[0].path}`);
          await rested(proxy);
        }
        for (let replay = 0; replay < REPLAYS; replay++) {
          const took = await replayed(requests, proxies);
          (replay === 0 ? first : later).push(took);
          log(
            `round ${round + 1}/${rounds}, ${replay === 0 ? 'first' : 'again'}: ${took.none.cpuMs.toFixed(0)} ms of processor time, ` +
              `journal ${plus(took, 'journal', 'cpuMs')}, with sending ${plus(took, 'sending', 'cpuMs')} ms; ` +
              `${took.none.wallMs.toFixed(0)} ms until answered, journal ${plus(took, 'journal', 'wallMs')} ms`,
          );
        }
      } finally {
        for (const proxy of Object.values(proxies)) await proxy.stop();
        await rm(place, { recursive: true, force: true });
      }
    }
    return {
      requests: requests.length,
      spanMs: requests.at(-1).at,
      first: summed(first),
      later: summed(later),
    };
  } finally {
    await world.close();
  }
}

/** What go asks of a proxy whose store has everything, and when: `{path, at}`, ms from the first. */
async function recordRequests({ dist, dir, world, store }) {
  for (const name of ['fill', 'record']) {
    const daemon = await startDaemon({ dist, dir: path.join(dir, name), world, store, keepsJournal: true });
    await world.download(daemon.goproxy);
    await daemon.stop();
    if (name === 'fill') continue;
    const records = daemon.requests();
    // A record is written when the answer is through.
    const began = records.map(({ t, ms }) => Date.parse(t) - ms);
    const zero = Math.min(...began);
    return records
      .map((record, i) => ({ path: pathOf(record), at: began[i] - zero }))
      .sort((a, b) => a.at - b.at);
  }
}

function pathOf({ op, module, version, query }) {
  if (op === 'sumdb') return `sumdb/${query}`;
  const escaped = text => text.replace(/[A-Z]/g, letter => `!${letter.toLowerCase()}`);
  if (op === 'list') return `${escaped(module)}/@v/list`;
  if (op === 'latest') return `${escaped(module)}/@latest`;
  return `${escaped(module)}/@v/${escaped(version ?? query)}.${op}`;
}

/** Most of a processor that a proxy at rest takes: it looks at its event loop a hundred times a second. */
const AT_REST = 0.03;
const LOOKS = { quiet: 3, most: 100 };

/** Resolves when a proxy has done what it does at its start: one that gets no processor for a moment only looks so. */
async function rested(proxy) {
  let quiet = 0;
  let before = await proxy.cpuMs();
  for (let look = 0; quiet < LOOKS.quiet; look++) {
    if (look === LOOKS.most) throw new Error('A proxy that nobody asks does not come to rest.');
    await sleep(SETTLE_MS);
    const now = await proxy.cpuMs();
    quiet = now - before > AT_REST * SETTLE_MS ? 0 : quiet + 1;
    before = now;
  }
}

/** Each request to every proxy at the time at which go made it, each time another one first. Resolves with `{cpuMs, wallMs}` by name. */
async function replayed(requests, proxies) {
  const names = Object.keys(proxies);
  const before = {};
  const took = {};
  for (const name of names) {
    took[name] = { cpuMs: 0, wallMs: 0 };
    before[name] = await proxies[name].cpuMs();
  }
  const began = performance.now();
  for (const [i, { path: wanted, at }] of requests.entries()) {
    const early = at - (performance.now() - began);
    if (early > 1) await sleep(early);
    for (let n = 0; n < names.length; n++) {
      const name = names[(i + n) % names.length];
      took[name].wallMs += await get(`${proxies[name].base}/${wanted}`);
    }
  }
  await sleep(SETTLE_MS);
  for (const name of names) took[name].cpuMs = (await proxies[name].cpuMs()) - before[name];
  return took;
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

/** Milliseconds until an answer is there whole. */
function get(url) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const request = http.get(url, { agent }, response => {
      response.on('end', () => resolve(performance.now() - began));
      response.on('error', reject);
      response.resume();
    });
    request.on('error', reject);
  });
}

function summed(replays) {
  const of = key => median(replays.map(({ none }) => none[key]));
  const more = (name, key) => median(replays.map(replay => replay[name][key] - replay.none[key]));
  const both = name => ({ cpuMs: more(name, 'cpuMs'), wallMs: more(name, 'wallMs') });
  return { cpuMs: of('cpuMs'), wallMs: of('wallMs'), journal: both('journal'), sending: both('sending') };
}

function plus(took, name, key) {
  return `+${(took[name][key] - took.none[key]).toFixed(1)}`;
}
