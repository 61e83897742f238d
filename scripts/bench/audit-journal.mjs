import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from './measure.mjs';

/**
 * What writing down an answer costs the proxy: processor time of journal, batcher, spool and delivery to a directory for
 * the requests of one job, in a process that is as cold as a daemon; and of the journal alone.
 *
 * @returns {Promise<{appendUs: number, auditUs: number}>} microseconds a request, medians
 */
export async function journalBench({ dir, rounds, log }) {
  const runs = [];
  for (let round = 0; round < rounds; round++) {
    const program = fileURLToPath(new URL('audit-journal-run.mjs', import.meta.url));
    const run = JSON.parse(await output(program, path.join(dir, `journal-${round}`)));
    runs.push(run);
    log(
      `round ${round + 1}/${rounds}  journal ${run.appendUs.toFixed(0)} us, with sealing and sending ${run.auditUs.toFixed(0)} us a request`,
    );
  }
  return { appendUs: median(runs.map(r => r.appendUs)), auditUs: median(runs.map(r => r.auditUs)) };
}

function output(program, dir) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', text => {
      out += text;
    });
    child.on('error', reject);
    child.on('exit', code =>
      code === 0 ? resolve(out) : reject(new Error(`${program} ended with ${code}`)),
    );
  });
}
