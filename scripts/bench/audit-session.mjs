import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { startServe } from './audit-serve.mjs';
import { median, processorTime, timed } from './measure.mjs';
import { makeWorld } from './world.mjs';

/**
 * A real session of some 650 requests, everything in its store, with and without an audit store in turn: how long
 * `modgate stop` takes, and the processor time of the daemon until then. Medians, ms.
 */
export async function closeBench({ cli, rounds, log }) {
  const world = await makeWorld({ latencyMs: 0 });
  const data = path.join(world.dir, 'collector');
  const store = path.join(world.dir, 'store');
  let serve;
  try {
    await mkdir(data, { recursive: true });
    serve = await startServe({ cli, dir: data });
    await oneSession({ cli, world, store });
    const runs = { without: [], with: [] };
    for (let round = 0; round < rounds; round++) {
      const order = round % 2 === 0 ? ['without', 'with'] : ['with', 'without'];
      for (const name of order) {
        const run = await oneSession({ cli, world, store, serve: name === 'with' ? serve : undefined });
        runs[name].push(run);
        log(`round ${round + 1}/${rounds}  stop ${name} audit.store: ${Math.round(run.stopMs)} ms`);
      }
    }
    const of = (name, key) => median(runs[name].map(run => run[key]));
    const extra = runs.with.map(({ stopMs }, i) => stopMs - runs.without[i].stopMs);
    return {
      requests: runs.with[0].requests,
      stopWithMs: of('with', 'stopMs'),
      stopWithoutMs: of('without', 'stopMs'),
      extraMs: median(extra),
      daemonWithMs: of('with', 'cpuMs'),
      daemonWithoutMs: of('without', 'cpuMs'),
      requestMs: of('with', 'requestMs'),
    };
  } finally {
    await serve?.stop();
    await world.close();
  }
}

async function oneSession({ cli, world, store, serve }) {
  const modcache = path.join(world.dir, 'modcache-session');
  const audit = serve && { MODGATE_AUDIT_TOKEN: serve.writeToken };
  const env = { ...world.goEnv, ...audit, GOPROXY: world.upstream.url, GOMODCACHE: modcache };
  const at = { cwd: world.project, env };
  const flags = serve ? ['--audit-store', serve.url] : [];
  const started = await timed(
    process.execPath,
    [cli, 'start', '--store', store, '--format', 'json', ...flags],
    at,
  );
  const given = JSON.parse(started.stdout);
  const session = given.MODGATE_SESSION;
  const inSession = { cwd: world.project, env: { ...env, ...given } };
  let cpuMs;
  try {
    await timed('go', ['mod', 'download'], inSession);
    const { pid } = JSON.parse(await readFile(path.join(session, 'session.json'), 'utf8'));
    cpuMs = await processorTime(pid);
  } finally {
    inSession.stopped = await timed(process.execPath, [cli, 'stop', '--format', 'json'], inSession);
    await rm(modcache, { recursive: true, force: true });
  }
  const summary = JSON.parse(inSession.stopped.stdout);
  if (serve !== undefined && !(summary.audit?.sent > 0 && summary.audit.left === 0)) {
    throw new Error(`the session did not send its records: ${JSON.stringify(summary.audit)}`);
  }
  const lines = (await readFile(path.join(session, 'journal'), 'utf8')).trimEnd().split('\n');
  const requests = lines
    .map(line => JSON.parse(line.slice(line.indexOf('{'))))
    .filter(({ kind }) => kind === 'req');
  return {
    stopMs: inSession.stopped.ms,
    cpuMs,
    requests: requests.length,
    requestMs: requests.reduce((sum, { ms }) => sum + ms, 0) / requests.length,
  };
}
