import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** As the session starts its daemon. */
const FLAGS = ['--single-threaded-gc', '--max-semi-space-size=2'];

/**
 * A session's proxy in a process of its own, with all of its files in `dir`; without a journal, its answers are numbered
 * and written nowhere.
 *
 * @param {{dist: string, dir: string, world: object, store: string, keepsJournal: boolean, auditStore?: string}} options
 */
export async function startDaemon({ dist, dir, world, store, keepsJournal, auditStore }) {
  mkdirSync(dir, { recursive: true });
  const witness = path.join(dir, 'witness.mjs');
  const module = JSON.stringify(pathToFileURL(path.join(dist, 'lib', 'audit.js')).href);
  // Loaded either way, so that both processes begin alike.
  writeFileSync(
    witness,
    `import { isMainThread } from 'node:worker_threads';
if (isMainThread) {
  const { JournalWriter } = await import(${module});
  ${keepsJournal ? '' : 'JournalWriter.prototype.append = () => {};'}
}
`,
  );
  const args = [...FLAGS, '--import', witness, path.join(dist, 'cli.js'), 'start', '--foreground'];
  const flags = ['--store', store, '--format', 'json', ...(auditStore ? ['--audit-store', auditStore] : [])];
  const env = { ...world.goEnv, GOPROXY: world.upstream.url, TMPDIR: dir };
  const child = spawn(process.execPath, [...args, ...flags], {
    cwd: world.project,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text;
  });
  const exit = new Promise(resolve => child.once('exit', resolve));
  const given = await new Promise((resolve, reject) => {
    let out = '';
    child.stdout.setEncoding('utf8').on('data', text => {
      out += text;
      if (out.trimEnd().endsWith('}')) resolve(JSON.parse(out));
    });
    exit.then(code => reject(new Error(`the proxy ended with ${code}:\n${stderr.slice(-3000)}`)));
  });
  return {
    goproxy: given.GOPROXY,
    base: given.GOPROXY.split(/[,|]/)[0],
    cpuMs: () => exactProcessorTime(child.pid),
    requests: () =>
      readFileSync(path.join(given.MODGATE_SESSION, 'journal'), 'utf8')
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line.slice(line.indexOf('{'))))
        .filter(({ kind }) => kind === 'req'),
    stop: async () => {
      child.kill();
      await exit;
    },
  };
}

/** Processor time of all threads that a process has, ms: by the scheduler, which counts finer than ticks of 10 ms. */
async function exactProcessorTime(pid) {
  const threads = await readdir(`/proc/${pid}/task`);
  const lines = await Promise.all(
    threads.map(thread => readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8')),
  );
  return lines.reduce((sum, line) => sum + Number(line.split(' ')[0]), 0) / 1e6;
}
