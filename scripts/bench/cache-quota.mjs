import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { hasZips, runJob } from './cache-jobs.mjs';
import { madeModule } from './made-module.mjs';
import { startUpstream } from './peers.mjs';

const MODULES = 40;
/** Bytes of one zip; all together they are what the bench project needs. */
const ZIP_BYTES = 5e6;

/**
 * Jobs one after another, each with one more dependency in a newer version, all within the days after which a service
 * forgets what nobody reads: what lies at the service after each job, and the most that ever did.
 *
 * @returns {Promise<{jobs: number, setBytes: number, peakBytes: number, lastBytes: number, entries: number, uploaded: number, setupGoBytes: number}>}
 */
export async function quotaFigures({ world, setupGo, modgate, jobs, log, quick }) {
  const tree = path.join(world.dir, 'made-tree');
  const project = path.join(world.dir, 'made');
  await mkdir(project, { recursive: true });
  const upstream = await startUpstream({ latencyMs: 0, moduleCache: tree });
  const versions = Array.from({ length: MODULES }, () => 0);
  const sums = new Map();
  const put = async module => {
    const name = `example.com/made/m${module}`;
    const version = `v1.${versions[module]}.0`;
    // Real zips are compressed already: bytes of chance are what a cache can do least about.
    const made = madeModule(name, version, [{ name: 'data.bin', bytes: randomBytes(ZIP_BYTES) }]);
    const dir = path.join(tree, name, '@v');
    await mkdir(dir, { recursive: true });
    for (const kind of ['info', 'mod', 'zip'])
      await writeFile(path.join(dir, `${version}.${kind}`), made[kind]);
    sums.set(module, `${name} ${version} ${made.h1}\n${name} ${version}/go.mod ${made.goModH1}\n`);
  };
  const write = async () => {
    const requires = versions.map((minor, module) => `require example.com/made/m${module} v1.${minor}.0\n`);
    await writeFile(
      path.join(project, 'go.mod'),
      `module example.com/made\n\ngo 1.24\n\n${requires.join('')}`,
    );
    await writeFile(path.join(project, 'go.sum'), [...sums.values()].join(''));
  };
  try {
    for (let module = 0; module < MODULES; module++) await put(module);
    await write();
    const job = { project, look: hasZips(MODULES), goproxy: upstream.url };
    const peer = await quick();
    await runJob(world, { ...job, method: setupGo, service: peer });
    const setupGoBytes = total(await peer.entries());

    const service = await quick();
    const held = [];
    let uploaded = 0;
    for (let done = 0; done <= jobs; done++) {
      if (done > 0) {
        versions[(done - 1) % MODULES]++;
        await put((done - 1) % MODULES);
        await write();
      }
      const result = await runJob(world, { ...job, method: modgate, service });
      uploaded += result.uploaded;
      const entries = await service.entries();
      held.push(total(entries));
      log(
        `quota, job ${done}/${jobs}: ${entries.length} entries, ${held.at(-1)} bytes, ${Math.round(result.modulesMs)} ms`,
      );
    }
    const entries = (await service.entries()).length;
    return {
      jobs,
      setBytes: MODULES * ZIP_BYTES,
      peakBytes: Math.max(...held),
      lastBytes: held.at(-1),
      entries,
      uploaded,
      setupGoBytes: setupGoBytes * (jobs + 1),
    };
  } finally {
    await upstream.stop();
    await rm(tree, { recursive: true, force: true });
  }
}

function total(entries) {
  return entries.reduce((bytes, entry) => bytes + entry.bytes, 0);
}
